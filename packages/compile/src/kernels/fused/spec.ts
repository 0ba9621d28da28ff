import type { DType } from '@tikhonov/core';
import type { Emission } from '../../math/emission.ts';
import type { Lanes } from '../../math/lanes.ts';
import type { Width } from '../map/elements.ts';

/** How a fused kernel walks through an operand: in elements, per axis of its domain. */
export interface Walk {
  readonly dtype: DType;
  readonly strides: readonly number[];
  readonly offset: number;
}

/** What a reduction does. `norm` is the root of the sum of squares. */
export type Reduction = 'sum' | 'max' | 'norm';

/** One operation of a fused kernel; arguments are positions of earlier ones. */
export type Node =
  | { readonly kind: 'input'; readonly dtype: DType; readonly input: number }
  | { readonly kind: 'constant'; readonly dtype: DType; readonly value: number }
  | {
      readonly kind: 'map';
      readonly dtype: DType;
      readonly args: readonly number[];
      /** Whether computing it again is dearer than reading it back. */
      readonly dear: boolean;
      readonly emit: (args: readonly Lanes[], into: Emission, width: Width) => Lanes;
    }
  | {
      readonly kind: 'reduce';
      readonly dtype: DType;
      readonly arg: number;
      readonly op: Reduction;
      /** Whether no value has its sign bit set, not even NaN: as after `abs`. @defaultValue false */
      readonly unsigned?: boolean;
    };

/** A result of a fused kernel. */
export interface Target extends Walk {
  readonly node: number;
}

/**
 * A loop nest that computes several elementwise results and reductions in one go. Reductions all run
 * over the same axes of the domain; what is computed from them holds for a whole row of the domain.
 */
export interface FusedSpec {
  /** Sizes of the domain's axes. */
  readonly axes: readonly number[];
  /** For each axis whether reductions run over it. */
  readonly reduced: readonly boolean[];
  readonly width: Width;
  readonly inputs: readonly Walk[];
  readonly outputs: readonly Target[];
  readonly nodes: readonly Node[];
  /** Whether results of reductions are kept in lanes side by side, because the kept axis is the innermost. */
  readonly columns: boolean;
}

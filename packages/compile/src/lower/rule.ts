import type { DType } from '@tikhonov/core';
import type { Aval } from '@tikhonov/core/engine';
import type { Width } from '../kernels/map/elements.ts';
import type { Layout } from '../layout/layout.ts';
import type { Emission } from '../math/emission.ts';
import type { Lanes } from '../math/lanes.ts';
import type { ModuleWriter } from '../wasm/module.ts';

/** Where the lanes of a map's results come from. */
export interface MapContext {
  readonly into: Emission;
  /** Four lanes of 32 bits, or two of float64: see `Width`. */
  readonly width: Width;
  readonly inputs: readonly Aval[];
  readonly output: Aval;
}

/**
 * A primitive whose result's elements depend on the elements at the same place of its inputs, which
 * have its shape.
 */
export interface MapRule<Attrs = unknown> {
  readonly kind: 'map';
  /**
   * The result's lanes. With four lanes, float32 values are lanes of float32, int32 and uint32 the 32
   * bits of each lane, bools masks. With two, everything is a lane of float64: float32 values are such
   * values (the caller rounds what the rule returns), integers exact (the rule wraps them), bools masks
   * of 64 bits.
   */
  readonly emit: (inputs: readonly Lanes[], attrs: Attrs, context: MapContext) => Lanes;
}

/** What a loop kernel reads: an input's storage, and where the elements lie in it. */
export interface Operand {
  readonly dtype: DType;
  readonly layout: Layout;
}

/** One use of a primitive, for which a kernel of its own is written. */
export interface LoopSpec<Attrs = unknown> {
  readonly inputs: readonly Operand[];
  /** Results are dense. */
  readonly outputs: readonly Aval[];
  readonly attrs: Attrs;
}

/**
 * A primitive with a kernel of its own. In a program's memory an element takes the bytes that
 * `bytesOf` says; bools are masks of 32 bits, all of them 0 or 1.
 */
export interface LoopRule<Attrs = unknown> {
  readonly kind: 'loop';
  /** Whether inputs may have any layout, or must be copied so that they are dense from offset 0. */
  readonly layouts: 'any' | 'dense';
  /** Bytes that the kernel needs beside its operands. @defaultValue none */
  readonly scratch?: (spec: LoopSpec<Attrs>) => number;
  /**
   * Set if the function returns an i32 that is not 0 where the eager kernel would throw. What it has
   * written by then does not matter.
   */
  readonly fallible?: true;
  /**
   * Writes the kernel and returns the function's index. It takes the addresses (i32) of the inputs'
   * storage, of the results, and of the scratch bytes if there are any; all are multiples of 16.
   * Results do not overlap inputs.
   */
  readonly emit: (writer: ModuleWriter, spec: LoopSpec<Attrs>) => number;
}

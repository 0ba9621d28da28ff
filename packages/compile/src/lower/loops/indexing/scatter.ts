import type { DType } from '@tikhonov/core';
import { bytesOf } from '../../../kernels/map/elements.ts';
import { type Nest, nestOf } from '../../../kernels/map/nest.ts';
import { dense, type Layout } from '../../../layout/layout.ts';
import type { Code } from '../../../wasm/code.ts';
import type { LoopSpec } from '../../rule.ts';
import { indexed } from './gather.ts';
import { axesOf, move, type Pointer, times } from './walk.ts';

/** What both ways of adding need to know. Locals 1 to 4 are index, source, result and scratch. */
export interface Scatter {
  readonly dtype: DType;
  readonly bytes: 4 | 8;
  /** Places along the axis, and bytes from one to the next in the result. */
  readonly size: number;
  readonly step: number;
  /** Indices along the axis, and bytes from one to the next in index and source. */
  readonly picks: number;
  readonly indexStep: number;
  readonly sourceStep: number;
  /** The loops around the axis, over index, source and result. */
  readonly lines: Nest;
  /** Neighbours behind the axis that share their index; `null` unless they lie side by side. */
  readonly row: number | null;
}

/** The plan of one use of `scatterAdd`. */
export function scatterOf({
  inputs,
  attrs: { axis },
}: LoopSpec<{ readonly axis: number }>): Scatter {
  const [base, index, source] = inputs.map(({ layout }) => layout) as [Layout, Layout, Layout];
  const { dtype } = inputs[0]!;
  const bytes = bytesOf(dtype);
  const rank = index.shape.length;
  const result = dense(base.shape);
  const target = indexed(result, index, axis);
  const axes = Array.from({ length: rank }, (_, k) => k);
  const [before, behind] = [axes.slice(0, axis), axes.slice(axis + 1)];
  const nest = (some: readonly number[]): Nest =>
    nestOf([index, source, target].map((layout) => axesOf(layout, some)));
  const inner = nest(behind);
  const row =
    inner.sizes.length === 1 &&
    inner.sizes[0]! > 1 &&
    inner.strides[0]![0] === 0 &&
    inner.strides[1]![0] === 1
      ? inner.sizes[0]!
      : null;
  return {
    dtype,
    bytes,
    size: base.shape[axis]!,
    step: result.strides[axis]! * bytes,
    picks: index.shape[axis]!,
    indexStep: index.strides[axis]! * 4,
    sourceStep: source.strides[axis]! * bytes,
    lines: nest(row === null ? [...before, ...behind] : before),
    row,
  };
}

/** The addresses that walk along the lines. */
export const pointersOf = ({ bytes }: Scatter): Pointer[] => [
  { local: 1, bytes: 4 },
  { local: 2, bytes },
  { local: 3, bytes },
];

/** Repeats `body` for the indices along the axis, with the addresses of index and source. */
export function eachPick(
  code: Code,
  { picks, indexStep, sourceStep }: Scatter,
  body: (index: number, source: number) => void,
): void {
  const [index, source] = [code.local('i32'), code.local('i32')];
  code.get(1).set(index).get(2).set(source);
  times(code, picks, () => {
    body(index, source);
    move(code, index, indexStep);
    move(code, source, sourceStep);
  });
}

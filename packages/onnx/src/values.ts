import type { DType } from '@tikhonov/core';

/** An element type of a value in a graph; indices and shapes are int64. */
export type OnnxDType = DType | 'int64';

/** A value's sizes when the axes that vary have one set of sizes, and when they have another. */
export type Trials = readonly [readonly number[], readonly number[]];

/** A value of the graph that is being built: the input, or an output of a node. */
export interface OnnxValue {
  readonly name: string;
  readonly dtype: OnnxDType;
  /** Sizes; `null` where it depends on an axis that varies. */
  readonly shape: readonly (number | null)[];
  /** The sizes in two trials: where they differ, the shape has `null`. */
  readonly trials: Trials;
}

/** A value of given sizes. */
export const makeValue = (name: string, dtype: OnnxDType, trials: Trials): OnnxValue => ({
  name,
  dtype,
  shape: trials[0].map((size, axis) => (size === trials[1][axis] ? size : null)),
  trials,
});

/** Sizes that are the same in both trials. */
export const fixed = (shape: readonly number[]): Trials => [shape, shape];

/** Both trials, each changed in the same way. */
export const mapTrials = (
  [first, second]: Trials,
  change: (sizes: readonly number[]) => readonly number[],
): Trials => [change(first), change(second)];

/** Whether two values have the same sizes in both trials. */
export const sameTrials = (a: Trials, b: Trials): boolean =>
  String(a[0]) === String(b[0]) && String(a[1]) === String(b[1]);

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DType, type Tensor, tensor } from '@tikhonov/core';

/** A tensor as the files store it: row-major, floating unless `dtype` says otherwise. */
export interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly dtype?: 'int32' | 'bool';
}

/** The reference files. */
export type GoldenName = 'ops.json' | 'objective.json' | 'structure.json';

/** A scalar function of `ops.json` with its gradients and Hessian-vector products along `v`. */
export interface SecondOrderCase {
  readonly id: string;
  readonly op: string;
  readonly inputs: readonly Stored[];
  readonly value: number;
  readonly grads: readonly Stored[];
  readonly v: readonly Stored[];
  readonly hvp: readonly Stored[];
}

/** The floating dtypes with the tolerance that the files promise for them. */
export const precisions: readonly (readonly [DType, number])[] = [
  ['float64', 1e-9],
  ['float32', 1e-4],
];

/**
 * How many cases the test must have seen, so that an empty loop cannot pass: `count` of this package's
 * own files, whose contents are known, and one of files from elsewhere.
 */
export const expectedCount = (count: number): number =>
  process.env.TIKHONOV_GOLDEN ? Math.min(count, 1) : count;

const pathOf = (name: GoldenName): string => {
  const own = fileURLToPath(new URL('../fixtures/', import.meta.url));
  return join(process.env.TIKHONOV_GOLDEN || own, name);
};

/** Whether the folder has the file: one from elsewhere may have only some. */
export const hasGolden = (name: GoldenName): boolean => existsSync(pathOf(name));

/** A reference file, from the folder in TIKHONOV_GOLDEN if that is set; the caller knows its layout. */
export const goldenFile = <Layout>(name: GoldenName): Layout =>
  JSON.parse(readFileSync(pathOf(name), 'utf8'));

/** The stored tensor; floating values in the given dtype. */
export const loadTensor = (stored: Stored, dtype: DType): Tensor =>
  tensor(Float64Array.from(stored.data), {
    shape: stored.shape,
    dtype: stored.dtype ?? dtype,
  });

/**
 * What is wrong with a result by the rule `|got - want| <= tolerance (1 + |want|)`: the worst element,
 * or a shape or dtype that differs; `null` if nothing is.
 */
export function mismatch(got: Tensor, want: Stored, tolerance: number): string | null {
  if (String(got.shape) !== String(want.shape)) {
    return `shape [${got.shape.join(', ')}] instead of [${want.shape.join(', ')}]`;
  }
  if (want.dtype !== undefined && got.dtype !== want.dtype) {
    return `dtype ${got.dtype} instead of ${want.dtype}`;
  }
  const values = got.data();
  let [worst, text]: [number, string | null] = [1, null];
  for (const [i, w] of want.data.entries()) {
    const g = values[i]!;
    const error = g === w ? 0 : Math.abs(g - w);
    const allowed = tolerance * (1 + Math.abs(w));
    const ratio = Number.isNaN(error) ? Infinity : error / allowed;
    if (ratio > worst) {
      worst = ratio;
      text = `element ${i}: ${g} instead of ${w}, error ${error}, allowed ${allowed}`;
    }
  }
  return text;
}

/** Throws with the worst element unless the result is within the tolerance; `what` names it. */
export function expectClose(got: Tensor, want: Stored, tolerance: number, what: string): void {
  const problem = mismatch(got, want, tolerance);
  if (problem !== null) throw new Error(`${what}: ${problem}`);
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import { type DType, type Tensor, tensor } from '@tikhonov/core';

/** A tensor as the files store it. */
export interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly dtype?: 'int32' | 'bool';
}

/** The floating dtypes with the tolerance that the files promise for them. */
export const precisions: readonly (readonly [DType, number])[] = [
  ['float64', 1e-9],
  ['float32', 1e-4],
];

/** A reference file, from the folder in TIKHONOV_GOLDEN if that is set. */
export function golden<T>(name: string): T {
  const here = fileURLToPath(new URL('golden/', import.meta.url));
  const folder = process.env.TIKHONOV_GOLDEN || here;
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as T;
}

/** The stored tensor; floating values in the given dtype. */
export const load = (stored: Stored, dtype: DType): Tensor =>
  tensor(Float64Array.from(stored.data), {
    shape: stored.shape,
    dtype: stored.dtype ?? dtype,
  });

/** `|got - want| <= tolerance (1 + |want|)`, and the worst element if not. */
export function expectClose(got: Tensor, want: Stored, tolerance: number, what: string): void {
  expect({ what, shape: got.shape }).toEqual({ what, shape: want.shape });
  const data = got.data();
  let worst = { what, index: -1, got: 0, want: 0, excess: 0 };
  for (const [index, w] of want.data.entries()) {
    const g = data[index]!;
    const error = g === w ? 0 : Math.abs(g - w) / (1 + Math.abs(w));
    const excess = Number.isNaN(error) ? Infinity : error / tolerance;
    if (excess > worst.excess) worst = { what, index, got: g, want: w, excess };
  }
  if (worst.excess > 1) expect(worst).toEqual({ ...worst, excess: 'at most 1' });
}

import { type Tensor, tensor } from '@tikhonov/core';

/** A float64 tensor. */
export const double = (values: Parameters<typeof tensor>[0]): Tensor =>
  tensor(values, { dtype: 'float64' });

/** Pseudo-random float64 values in [-1, 1] from a seed, by Lehmer's generator. */
export function noise(shape: readonly number[], seed: number): Tensor {
  let state = (seed * 7919 + 12345) % 2147483647;
  const size = shape.reduce((product, n) => product * n, 1);
  const data = Float64Array.from({ length: size }, () => {
    state = (state * 48271) % 2147483647;
    return (2 * state) / 2147483647 - 1;
  });
  return tensor(data, { shape });
}

/** The numbers of a tensor. */
export const numbers = (x: Tensor): number[] => Array.from(x.data());

/** Largest distance between two tensors, relative to `1 + |want|`. */
export function distance(got: Tensor, want: Tensor): number {
  const [a, b] = [numbers(got), numbers(want)];
  if (String(got.shape) !== String(want.shape)) return Infinity;
  return a.reduce((worst, x, i) => {
    const error = Math.abs(x - b[i]!) / (1 + Math.abs(b[i]!));
    return Number.isNaN(error) ? Infinity : Math.max(worst, error);
  }, 0);
}

/** What a function throws. */
export function thrown(body: () => unknown): Error {
  try {
    body();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

import { random, type Tensor, tensor } from '@tikhonov/core';

/** Standard normal float64 draws. */
export const normal = (seed: number, shape: readonly number[]): Tensor =>
  random.normal(random.key(seed), shape, { dtype: 'float64' });

/** Uniform float64 draws. */
export const uniform = (
  seed: number,
  shape: readonly number[],
  [min, max]: readonly [number, number] = [0, 1],
): Tensor => random.uniform(random.key(seed), shape, { dtype: 'float64', min, max });

/** int32 values. */
export const int = (values: Parameters<typeof tensor>[0]): Tensor =>
  tensor(values, { dtype: 'int32' });

/** float64 values. */
export const double = (values: Parameters<typeof tensor>[0]): Tensor =>
  tensor(values, { dtype: 'float64' });

/** Largest difference; NaN counts as infinite. */
export function gap(a: Tensor, b: Tensor): number {
  if (String(a.shape) !== String(b.shape)) return Infinity;
  const other = b.data();
  return Array.from(a.data()).reduce((most, x, i) => {
    const error = x === other[i] ? 0 : Math.abs(x - other[i]!);
    return Number.isNaN(error) ? Infinity : Math.max(most, error);
  }, 0);
}

/** Whether every element is finite. */
export const finite = (x: Tensor): boolean => Array.from(x.data()).every(Number.isFinite);

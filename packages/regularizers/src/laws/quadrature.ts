import { type Tensor, tensor } from '@tikhonov/core';

/** Points of the standard normal distribution with weights that add up to 1. */
export interface Quadrature {
  readonly points: readonly number[];
  readonly weights: readonly number[];
}

/** Gauss-Hermite with three points: exact for polynomials up to degree 5. */
export const threePoints: Quadrature = {
  points: [-Math.sqrt(3), 0, Math.sqrt(3)],
  weights: [1 / 6, 2 / 3, 1 / 6],
};

/** Equal steps of 1/2: for entire functions such as the cosine the error is far below rounding. */
export const equalSteps: Quadrature = {
  points: Array.from({ length: 37 }, (_, i) => (i - 18) / 2),
  weights: Array.from({ length: 37 }, (_, i) => {
    const x = (i - 18) / 2;
    return (0.5 * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
  }),
};

/** All combinations of the points in `d` dimensions, `[m, d]`, and their weights, `[m]`. */
export function grid(
  { points, weights }: Quadrature,
  d: number,
): { readonly noise: Tensor; readonly weight: Tensor } {
  let rows: readonly (readonly number[])[] = [[]];
  let shares: readonly number[] = [1];
  for (let k = 0; k < d; k++) {
    rows = rows.flatMap((row) => points.map((point) => [...row, point]));
    shares = shares.flatMap((share) => weights.map((weight) => share * weight));
  }
  return {
    noise: tensor(Float64Array.from(rows.flat()), { shape: [rows.length, d] }),
    weight: tensor(Float64Array.from(shares)),
  };
}

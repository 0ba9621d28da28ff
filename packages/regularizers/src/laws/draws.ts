import { expandDims, eye, matmul, type Tensor, where } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';

/** A float64 number in `[min, max]`. */
export const real = (draw: CaseDraw, min: number, max: number): number =>
  draw.tensor([], { min, max }).item();

/** One to three tensors of any shapes, empty ones included. */
export const parametersOf = (draw: CaseDraw): Tensor[] =>
  Array.from({ length: draw.integer(1, 3) }, () => draw.tensor(draw.shape()));

/** The same tensors with some elements exactly 0. */
export const withZeros = (draw: CaseDraw, tensors: readonly Tensor[]): Tensor[] =>
  tensors.map((x) => where(draw.booleans(x.shape), x, 0));

/** An orthogonal matrix: a product of `n` Householder reflections `I - 2 h h^T / h^T h`. */
export function orthogonalOf(draw: CaseDraw, n: number): Tensor {
  let q = eye(n, { dtype: 'float64' });
  for (let k = 0; k < n; k++) {
    const h = draw.tensor([n], { avoid: [0] });
    const column = expandDims(h, 1);
    const projection = matmul(column, expandDims(h, 0)).mul(2).div(h.mul(h).sum());
    q = q.sub(matmul(projection, q));
  }
  return q;
}

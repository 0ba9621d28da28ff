import { type Shape, sizeOf } from '@tikhonov/array';
import { reshape } from '../primitives/reshape.ts';
import { permute } from '../primitives/transpose.ts';
import type { Tensor } from '../tensor.ts';

/** The named axes moved to the end and merged: `[...rest, product of the sizes]`. */
export function axesLast(x: Tensor, axes: readonly number[]): Tensor {
  const rest = x.shape.map((_, k) => k).filter((k) => !axes.includes(k));
  const order = [...rest, ...axes];
  const moved = order.every((axis, k) => axis === k) ? x : permute(x, order);
  return reshape(moved, [...rest.map((k) => x.shape[k]!), sizeOf(axes.map((k) => x.shape[k]!))]);
}

/** The shape that is left of `shape` when `axes` are reduced. */
export const restoreAxes = (shape: Shape, axes: readonly number[], keepdims: boolean): number[] =>
  keepdims
    ? shape.map((n, k) => (axes.includes(k) ? 1 : n))
    : shape.filter((_, k) => !axes.includes(k));

import { permute, ShapeError, type Tensor } from '@tikhonov/core';
import { showShape } from '@tikhonov/core/engine';

/** The tensor with its axis of classes moved to the end. */
export function classesLast(name: string, x: Tensor, axis: number): Tensor {
  const { rank } = x;
  if (axis === -1 || rank === 0) return x;
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ShapeError(`${name}: axis ${axis} is out of range for shape ${showShape(x.shape)}.`);
  }
  const from = axis < 0 ? axis + rank : axis;
  if (from === rank - 1) return x;
  const others = x.shape.map((_, k) => k).filter((k) => k !== from);
  return permute(x, [...others, from]);
}

import { astype, norm, ShapeError, type Tensor } from '@tikhonov/core';
import { showShape } from '@tikhonov/core/engine';

/** An axis of a tensor, an error naming both unless there is one. */
export function requireAxis(name: string, x: Tensor, axis: number): void {
  if (!Number.isInteger(axis) || axis < -x.rank || axis >= x.rank) {
    throw new ShapeError(
      `${name}: there is no axis ${axis} in shape ${showShape(x.shape)}.\n  Select other parameters, or another axis.`,
    );
  }
}

/**
 * The length of every slice along `axis` (of every output unit's incoming weights, for axis 0), float64;
 * the other axes have size 1.
 */
export function unitNorms(name: string, x: Tensor, axis: number): Tensor {
  requireAxis(name, x, axis);
  const own = axis < 0 ? axis + x.rank : axis;
  const others = x.shape.map((_, i) => i).filter((i) => i !== own);
  return norm(astype(x, 'float64'), { axis: others, keepdims: true });
}

import { reshape, ShapeError, type Tensor } from '@tikhonov/core';
import { showShape } from '@tikhonov/core/engine';
import { type ForwardContext, requireContext } from '../context.ts';
import { Module } from '../module.ts';

/**
 * Rows as images: `[n, c * h * w]` or `[n, c, h, w]` to `[n, c, h, w]`. What image networks begin with, so
 * that they take data sets of flat rows as they are.
 *
 * @throws ShapeError from `forward` for other shapes
 * @example
 * ```ts
 * new nn.ImageRows([1, 2, 3]).forward(ones([4, 6])).shape; // => [4, 1, 2, 3]
 * ```
 */
export class ImageRows extends Module {
  readonly imageShape: readonly [number, number, number];

  /** @param imageShape  `[channels, height, width]` */
  constructor(imageShape: readonly [number, number, number]) {
    super();
    this.imageShape = [...imageShape];
  }

  override describe(): string {
    return `ImageRows(${this.imageShape.join(' x ')})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const { imageShape: shape } = this;
    const size = shape[0] * shape[1] * shape[2];
    if (x.rank === 4 && shape.every((n, i) => x.shape[i + 1] === n)) return x;
    if (x.rank === 2 && x.shape[1] === size) return reshape(x, [x.shape[0]!, ...shape]);
    throw new ShapeError(
      `ImageRows: x must be [n, ${size}] or [n, ${shape.join(', ')}], got ${showShape(x.shape)}.`,
    );
  }
}

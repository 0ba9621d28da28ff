import { reshape, ShapeError, type Tensor } from '@tikhonov/core';
import { showShape, showValue } from '@tikhonov/core/engine';
import { type ForwardContext, requireContext } from './context.ts';
import { Module } from './module.ts';

/**
 * The axes from `startDim` to `endDim` as one, by default all but the batch: what leads from
 * convolutions to a linear layer. `[N, C, H, W] -> [N, C * H * W]`.
 *
 * @throws RangeError unless the axes are integers; ShapeError from `forward` if `x` does not have them
 * @example
 * ```ts
 * new nn.Flatten().forward(ones([4, 3, 2, 2])).shape; // => [4, 12]
 * ```
 */
export class Flatten extends Module {
  readonly startDim: number;
  readonly endDim: number;

  /**
   * @param startDim  @defaultValue 1
   * @param endDim  @defaultValue -1
   */
  constructor(startDim = 1, endDim = -1) {
    super();
    if (!Number.isInteger(startDim) || !Number.isInteger(endDim)) {
      throw new RangeError(
        `Flatten: startDim and endDim must be integers, got ${startDim} and ${endDim}.`,
      );
    }
    this.startDim = startDim;
    this.endDim = endDim;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const { startDim, endDim } = this;
    const start = startDim < 0 ? startDim + x.rank : startDim;
    const end = endDim < 0 ? endDim + x.rank : endDim;
    if (start < 0 || end >= x.rank || start > end) {
      throw new ShapeError(
        `Flatten: there are no axes ${startDim} to ${endDim} in shape ${showShape(x.shape)}.\n` +
          '  Give x a batch axis, or choose other axes.',
      );
    }
    // Not -1: with an empty batch it could not be computed.
    const joined = x.shape.slice(start, end + 1).reduce((product, n) => product * n, 1);
    return reshape(x, [...x.shape.slice(0, start), joined, ...x.shape.slice(end + 1)]);
  }
}

/**
 * One axis as several, the inverse of `Flatten`: `[n, c * h * w] -> [n, c, h, w]`.
 *
 * @throws RangeError unless `dim` is an integer and the sizes are integers >= 1 (one may be -1: what is
 * left); ShapeError from `forward` if `x` has no such axis or its size is not their product
 * @example
 * ```ts
 * new nn.Unflatten(1, [3, -1]).forward(ones([4, 12])).shape; // => [4, 3, 4]
 * ```
 */
export class Unflatten extends Module {
  readonly dim: number;
  readonly sizes: readonly number[];

  /**
   * @param dim  the axis; negative counts from the end
   * @param sizes  what it becomes
   */
  constructor(dim: number, sizes: readonly number[]) {
    super();
    const open = Array.isArray(sizes) ? sizes.filter((n) => n === -1).length : 2;
    const valid = open < 2 && sizes.length > 0;
    if (
      !Number.isInteger(dim) ||
      !valid ||
      sizes.some((n) => !Number.isInteger(n) || (n < 1 && n !== -1))
    ) {
      throw new RangeError(
        `Unflatten: needs an axis and sizes >= 1, of which one may be -1, got ${showValue(dim)} and ${showValue(sizes)}.\n  For example new Unflatten(1, [3, 8, 8]).`,
      );
    }
    this.dim = dim;
    this.sizes = [...sizes];
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const axis = this.dim < 0 ? this.dim + x.rank : this.dim;
    const length = x.shape[axis] ?? -1;
    const known = this.sizes.reduce((product, n) => (n === -1 ? product : product * n), 1);
    const fits = this.sizes.includes(-1) ? length % known === 0 : length === known;
    if (length < 0 || !fits) {
      throw new ShapeError(
        `Unflatten: axis ${this.dim} of ${showShape(x.shape)} does not become ${showShape(this.sizes)}.`,
      );
    }
    const sizes = this.sizes.map((n) => (n === -1 ? length / known : n));
    return reshape(x, [...x.shape.slice(0, axis), ...sizes, ...x.shape.slice(axis + 1)]);
  }
}

import { add, ShapeError, type Tensor } from '@tikhonov/core';
import { requireOptions, showShape } from '@tikhonov/core/engine';
import { type ForwardContext, requireContext } from './context.ts';
import { Module } from './module.ts';
import { callLayer, type LayerLike, requireLayer } from './sequential.ts';

/** What it gets: itself. For a place where a layer is expected. */
export class Identity extends Module {
  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    return x;
  }
}

/**
 * `x + body(x)`, or `projection(x) + body(x)` where the body changes the shape. Parameters are named
 * `body...` and `projection...`.
 *
 * @param body  a module or a function of a tensor
 * @param options  `projection`, likewise @defaultValue the identity
 * @throws TypeError for other kinds; ShapeError from `forward` if the two shapes differ
 * @see He, Zhang, Ren & Sun, "Deep residual learning for image recognition", CVPR 2016, arXiv 1512.03385
 * @example
 * ```ts
 * const block = new nn.Residual((x) => x.mul(2));
 * block.forward(tensor([1, 2])).toArray(); // => [3, 6]
 * ```
 */
export class Residual extends Module {
  readonly body: LayerLike;
  readonly projection: LayerLike | null;

  constructor(body: LayerLike, options: { readonly projection?: LayerLike } = {}) {
    super();
    requireOptions('Residual', options, { projection: true });
    const { projection = null } = options;
    requireLayer('Residual: body', body);
    if (projection !== null) requireLayer('Residual: projection', projection);
    this.body = body;
    this.projection = projection;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    const { body, projection } = this;
    const change = callLayer(body, 'body', x, context);
    const base = projection === null ? x : callLayer(projection, 'projection', x, context);
    if (showShape(base.shape) !== showShape(change.shape)) {
      throw new ShapeError(
        projection === null
          ? `Residual: the body turns ${showShape(x.shape)} into ${showShape(change.shape)}, which cannot be added.\n  Pass { projection } with a layer that does so too.`
          : `Residual: the body gives ${showShape(change.shape)}, the projection ${showShape(base.shape)}.`,
      );
    }
    return add(base, change);
  }
}

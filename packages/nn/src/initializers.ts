import {
  type DType,
  full,
  type Parameter,
  parameter,
  type Shape,
  ShapeError,
  Tensor,
  zeros,
} from '@tikhonov/core';
import { kindOf, requireOptions, showShape } from '@tikhonov/core/engine';
import * as random from '@tikhonov/core/random';

/** Draws the initial value of a parameter. The same key, shape and dtype give the same bits everywhere. */
export type Initializer = (
  key: Tensor,
  shape: Shape,
  options?: { readonly dtype?: DType },
) => Tensor;

/**
 * Number of inputs and outputs of one unit: `[out, in]` gives `in` and `out`, a kernel
 * `[out, in, ...k]` both times the kernel's size.
 *
 * @throws ShapeError for fewer than two axes
 */
export function fans(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  const isShape = Array.isArray(shape) && shape.every((n) => Number.isInteger(n) && n >= 0);
  if (!isShape || shape.length < 2) {
    throw new ShapeError(
      Array.isArray(shape)
        ? `fans: a weight needs at least two axes [out, in, ...kernel], got ${showShape(shape)}.\n  For biases use nn.init.zeros or nn.init.uniform.`
        : `fans: an initializer needs a shape, got ${kindOf(shape)}.\n  Pass the function itself, uncalled: { weightInit: nn.init.kaimingNormal }.`,
    );
  }
  const [out, into, ...kernel] = shape;
  const field = kernel.reduce((product, n) => product * n, 1);
  return { fanIn: into! * field, fanOut: out! * field };
}

/** A parameter drawn by an initializer, from the key with the parameter's name folded in. */
export function draw(
  layer: string,
  key: Tensor,
  name: string,
  init: Initializer,
  shape: Shape,
  dtype: DType,
): Parameter {
  const title = `${layer}: the initializer of ${name}`;
  if (typeof init !== 'function') {
    throw new TypeError(
      `${title} is ${kindOf(init)}, not a function.\n  For example nn.init.normal.`,
    );
  }
  const value = init(random.foldIn(key, name), shape, { dtype });
  const got = value instanceof Tensor ? showShape(value.shape) : kindOf(value);
  if (got !== showShape(shape)) {
    throw new ShapeError(`${title} returned ${got}, asked for ${showShape(shape)}.`);
  }
  return parameter(value, { name });
}

const kind = (dtype: DType | undefined): { dtype: DType } => ({ dtype: dtype ?? 'float32' });

function symmetric(key: Tensor, shape: Shape, bound: number, dtype: DType | undefined): Tensor {
  // A unit without inputs has nothing to draw for; PyTorch, too, uses 0 then.
  if (!(bound > 0 && Number.isFinite(bound))) return zeros(shape, kind(dtype));
  return random.uniform(key, shape, { min: -bound, max: bound, ...kind(dtype) });
}

/**
 * `U(-1 / sqrt(fanIn), 1 / sqrt(fanIn))`, what PyTorch's `Linear` and convolutions do by default.
 *
 * @throws ShapeError for fewer than two axes
 * @example
 * ```ts
 * nn.init.torchLinear(random.key(0), [10, 784]).shape; // => [10, 784]
 * ```
 */
export const torchLinear: Initializer = (key, shape, options = {}) => {
  requireOptions('torchLinear', options, { dtype: true });
  return symmetric(key, shape, 1 / Math.sqrt(fans(shape).fanIn), options.dtype);
};

/**
 * `U(-bound, bound)`, for any shape.
 *
 * @throws RangeError unless `bound` is finite and >= 0
 */
export function uniformInit(bound: number): Initializer {
  if (!(bound >= 0 && Number.isFinite(bound))) {
    throw new RangeError(`uniformInit: bound must be finite and >= 0, got ${bound}.`);
  }
  return (key, shape, options = {}) => symmetric(key, shape, bound, options.dtype);
}

/**
 * Every element `value`, for any shape.
 *
 * @throws RangeError unless `value` is finite
 */
export function constantInit(value: number): Initializer {
  if (!Number.isFinite(value)) {
    throw new RangeError(`constantInit: value must be finite, got ${value}.`);
  }
  return (_key, shape, options = {}) => full(shape, value, kind(options.dtype));
}

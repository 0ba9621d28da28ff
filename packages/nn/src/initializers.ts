import {
  type DType,
  full,
  random,
  type Shape,
  ShapeError,
  showShape,
  type Tensor,
  zeros,
} from '@tikhonov/core';

/** Draws the initial value of a parameter. The same key, shape and dtype give the same bits everywhere. */
export type Initializer = (
  key: Tensor,
  shape: Shape,
  options?: { readonly dtype?: DType },
) => Tensor;

/** Options of the initializers that look at a weight's fan. */
export interface InitOptions {
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
  /** Factor for what the nonlinearity loses; see each initializer for its default. */
  readonly gain?: number;
}

/**
 * Number of inputs and outputs of one unit: `[out, in]` gives `in` and `out`, a kernel
 * `[out, in, ...k]` both times the kernel's size.
 *
 * @throws ShapeError for fewer than two axes
 */
export function fans(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  if (shape.length < 2) {
    throw new ShapeError(
      `fans: a weight needs at least two axes [out, in, ...kernel], got ${showShape(shape)}.\n` +
        '  For biases use constantInit or uniformInit.',
    );
  }
  const [out, into, ...kernel] = shape;
  const field = kernel.reduce((product, n) => product * n, 1);
  return { fanIn: into! * field, fanOut: out! * field };
}

function checkGain(name: string, gain: number): void {
  if (!(gain >= 0 && Number.isFinite(gain))) {
    throw new RangeError(`${name}: gain must be finite and >= 0, got ${gain}.`);
  }
}

const kind = (dtype: DType | undefined): { dtype: DType } => ({ dtype: dtype ?? 'float32' });

function symmetric(key: Tensor, shape: Shape, bound: number, dtype: DType | undefined): Tensor {
  // A unit without inputs has nothing to draw for; PyTorch, too, uses 0 then.
  if (!(bound > 0 && Number.isFinite(bound))) return zeros(shape, kind(dtype));
  return random.uniform(key, shape, { min: -bound, max: bound, ...kind(dtype) });
}

function centred(key: Tensor, shape: Shape, std: number, dtype: DType | undefined): Tensor {
  if (!(std > 0 && Number.isFinite(std))) return zeros(shape, kind(dtype));
  return random.normal(key, shape, { std, ...kind(dtype) });
}

/**
 * `U(-a, a)` with `a = gain * sqrt(6 / (fanIn + fanOut))`; keeps the variance of activations and
 * gradients in linear and tanh networks. `gain` 1 by default; PyTorch suggests 5/3 for tanh.
 *
 * @see Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks",
 * AISTATS 2010
 */
export function glorotUniform(key: Tensor, shape: Shape, options: InitOptions = {}): Tensor {
  const { gain = 1, dtype } = options;
  checkGain('glorotUniform', gain);
  const { fanIn, fanOut } = fans(shape);
  return symmetric(key, shape, gain * Math.sqrt(6 / (fanIn + fanOut)), dtype);
}

/**
 * `N(0, s^2)` with `s = gain * sqrt(2 / (fanIn + fanOut))`, `gain` 1 by default.
 *
 * @see Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks",
 * AISTATS 2010
 */
export function glorotNormal(key: Tensor, shape: Shape, options: InitOptions = {}): Tensor {
  const { gain = 1, dtype } = options;
  checkGain('glorotNormal', gain);
  const { fanIn, fanOut } = fans(shape);
  return centred(key, shape, gain * Math.sqrt(2 / (fanIn + fanOut)), dtype);
}

/**
 * `U(-a, a)` with `a = gain * sqrt(3 / fanIn)`; keeps the variance through ReLUs. `gain` is `sqrt(2)`
 * by default, that of ReLU.
 *
 * @see He, Zhang, Ren & Sun, "Delving deep into rectifiers", ICCV 2015, arXiv 1502.01852
 */
export function heUniform(key: Tensor, shape: Shape, options: InitOptions = {}): Tensor {
  const { gain = Math.SQRT2, dtype } = options;
  checkGain('heUniform', gain);
  return symmetric(key, shape, gain * Math.sqrt(3 / fans(shape).fanIn), dtype);
}

/**
 * `N(0, s^2)` with `s = gain / sqrt(fanIn)`; `gain` is `sqrt(2)` by default, that of ReLU.
 *
 * @see He, Zhang, Ren & Sun, "Delving deep into rectifiers", ICCV 2015, arXiv 1502.01852
 * @example
 * ```ts
 * nn.heNormal(random.key(0), [10, 784]).shape; // => [10, 784]
 * ```
 */
export function heNormal(key: Tensor, shape: Shape, options: InitOptions = {}): Tensor {
  const { gain = Math.SQRT2, dtype } = options;
  checkGain('heNormal', gain);
  return centred(key, shape, gain / Math.sqrt(fans(shape).fanIn), dtype);
}

/** `U(-1 / sqrt(fanIn), 1 / sqrt(fanIn))`, what PyTorch's `Linear` does by default. */
export const torchLinear: Initializer = (key, shape, options = {}) =>
  symmetric(key, shape, 1 / Math.sqrt(fans(shape).fanIn), options.dtype);

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

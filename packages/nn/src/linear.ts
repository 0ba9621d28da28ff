import {
  add,
  type DType,
  DTypeError,
  isFloating,
  matmul,
  type Parameter,
  reshape,
  ShapeError,
  Tensor,
  type TensorLike,
  transpose,
} from '@tikhonov/core';
import {
  asTensor,
  kindOf,
  type OptionNames,
  requireOptions,
  showShape,
} from '@tikhonov/core/engine';
import { type ForwardContext, requireContext } from './context.ts';
import { draw, type Initializer, torchLinear, uniformInit } from './initializers.ts';
import { initialKey, type KeySource, requireSize } from './keys.ts';
import { Module } from './module.ts';

/**
 * Options of `Linear`. One of `key` and `seed` is needed: there is no hidden generator. Equal seeds give
 * equal weights; see `KeySource`.
 */
export interface LinearOptions extends KeySource {
  /** Whether there is a bias. @defaultValue true */
  readonly bias?: boolean;
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
  /** @defaultValue `init.torchLinear` */
  readonly weightInit?: Initializer;
  /** @defaultValue `U(-1 / sqrt(inFeatures), 1 / sqrt(inFeatures))`, as PyTorch */
  readonly biasInit?: Initializer;
}

const known: OptionNames<LinearOptions> = {
  seed: true,
  key: true,
  bias: 'boolean',
  dtype: true,
  weightInit: true,
  biasInit: true,
};

/**
 * `y = x W^T + b` on the last axis. `[...s, in] -> [...s, out]`.
 *
 * @throws ShapeError from `forward` if the last axis of `x` is not `inFeatures`
 * @throws RangeError for sizes that are not integers >= 1; TypeError without `seed` or `key`
 * @example
 * ```ts
 * const layer = new nn.Linear(3, 2, { seed: 0 });
 * layer.weight.shape; // => [2, 3]
 * layer.forward(ones([5, 3])).shape; // => [5, 2]
 * ```
 */
export class Linear extends Module {
  /** `[out, in]` */
  readonly weight: Parameter;
  /** `[out]` */
  readonly bias: Parameter | null;
  readonly inFeatures: number;
  readonly outFeatures: number;

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    super();
    requireSize('Linear', 'inFeatures', inFeatures);
    requireSize('Linear', 'outFeatures', outFeatures);
    requireOptions('Linear', options, known);
    const key = initialKey('Linear', options);
    const { bias = true, dtype = 'float32', weightInit = torchLinear } = options;
    const { biasInit = uniformInit(1 / Math.sqrt(inFeatures)) } = options;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    const shape = [outFeatures, inFeatures];
    this.weight = draw('Linear', key, 'weight', weightInit, shape, dtype);
    this.bias = bias ? draw('Linear', key, 'bias', biasInit, [outFeatures], dtype) : null;
  }

  override describe(): string {
    return `Linear(${this.inFeatures} -> ${this.outFeatures})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    if (!(x instanceof Tensor)) {
      throw new TypeError(
        `${this.describe()}: x must be a Tensor, got ${kindOf(x)}.\n  Make one with tensor(...).`,
      );
    }
    if (x.shape.at(-1) !== this.inFeatures) {
      const flat = x.rank > 1 && x.size === x.shape[0]! * this.inFeatures;
      throw new ShapeError(
        `${this.describe()}: the last axis of x must be ${this.inFeatures}, got shape ${showShape(x.shape)}.\n` +
          (flat
            ? `  Did you mean x.reshape(${showShape([x.shape[0]!, this.inFeatures])})?`
            : `  Give x the shape [..., ${this.inFeatures}], or build the layer for ${x.shape.at(-1) ?? 0} inputs.`),
      );
    }
    return linear(x, this.weight, this.bias ?? undefined);
  }
}

/**
 * `x W^T + b` as a function: `x` `[...s, in]`, `weight` `[out, in]`, `bias` `[out]`.
 *
 * @throws ShapeError if the sizes do not fit
 * @example
 * ```ts
 * nn.linear(tensor([1, 2]), tensor([[3, 4]]), tensor([1])).toArray(); // => [12]
 * ```
 */
export function linear(x: TensorLike, weight: TensorLike, bias?: TensorLike): Tensor {
  const [source, w] = [asTensor(x, 'linear'), asTensor(weight, 'linear')];
  if (w.rank !== 2 || source.rank === 0 || source.shape.at(-1) !== w.shape[1]) {
    throw new ShapeError(
      `linear: x ${showShape(source.shape)} and weight ${showShape(w.shape)} do not fit.\n` +
        '  The weight is [out, in], and the last axis of x must have size in.',
    );
  }
  if (source.dtype !== w.dtype || !isFloating(w.dtype)) {
    throw new DTypeError(
      `linear: x and the weight must be of one floating dtype, got ${source.dtype} and ${w.dtype}.\n  Cast with astype.`,
    );
  }
  // One product of two matrices, whatever the leading axes are.
  const leading = source.shape.slice(0, -1);
  const rows = leading.reduce((product, n) => product * n, 1);
  const flat = source.rank === 2 ? source : reshape(source, [rows, w.shape[1]!]);
  const product = matmul(flat, transpose(w));
  const y = bias === undefined ? product : add(product, biasOf(bias, w));
  return source.rank === 2 ? y : reshape(y, [...leading, w.shape[0]!]);
}

function biasOf(bias: TensorLike, weight: Tensor): TensorLike {
  if (typeof bias === 'number') return bias;
  const given = asTensor(bias, 'linear');
  if (given.rank > 0 && (given.rank > 1 || given.size !== weight.shape[0])) {
    throw new ShapeError(
      `linear: the bias must be [${weight.shape[0]}], got ${showShape(given.shape)}.`,
    );
  }
  if (given.dtype === weight.dtype) return given;
  throw new DTypeError(
    `linear: the bias is ${given.dtype}, the weight ${weight.dtype}.\n  Cast it with astype('${weight.dtype}').`,
  );
}

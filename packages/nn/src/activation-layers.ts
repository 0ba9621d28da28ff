import {
  celu,
  type DType,
  div,
  type EluOptions,
  elu,
  full,
  type GeluOptions,
  gelu,
  glu,
  type HardtanhOptions,
  hardsigmoid,
  hardswish,
  hardtanh,
  type LeakyReluOptions,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  mul,
  type Parameter,
  parameter,
  prelu,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  type Tensor,
  tanh,
} from '@tikhonov/core';
import { requireOptions, showValue } from '@tikhonov/core/engine';
import type { ActivationFunction } from './activations.ts';
import { type ForwardContext, requireContext } from './context.ts';
import { requireSize } from './keys.ts';
import { Module } from './module.ts';

/** What activations without options are constructed with. */
type NoOptions = Readonly<Record<string, never>>;

/** A function of a tensor as a layer without parameters: what the activation layers have in common. */
export abstract class ActivationLayer<
  Options extends object = Readonly<Record<string, unknown>>,
> extends Module {
  /** What the layer was constructed with, as the function of core takes it. */
  readonly options: Options;
  readonly #f: ActivationFunction;

  protected constructor(f: ActivationFunction, options: Options) {
    super();
    this.#f = f;
    this.options = options;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    return this.#f(x);
  }
}

/** An elementwise one: it is tried on a 0, so that bad options are refused where they are given. */
abstract class Elementwise<Options extends object> extends ActivationLayer<Options> {
  protected constructor(f: ActivationFunction, options: Options) {
    super(f, options);
    f(full([], 0));
  }
}

/** An elementwise one without options, such as PyTorch's `inplace`. */
abstract class Plain extends ActivationLayer<NoOptions> {
  protected constructor(name: string, f: ActivationFunction, options: NoOptions) {
    super(f, options);
    const given = typeof options === 'object' && options !== null ? Object.keys(options) : [''];
    if (given.length === 0) return;
    throw new TypeError(
      `${name}: takes no options, got ${given[0] === '' ? showValue(options) : given.join(', ')}.\n  Use new ${name}().`,
    );
  }
}

/**
 * `relu` as a layer.
 *
 * @example
 * ```ts
 * new nn.ReLU().forward(tensor([-1, 2])).toArray(); // => [0, 2]
 * ```
 */
export class ReLU extends Plain {
  constructor(options: NoOptions = {}) {
    super('ReLU', relu, options);
  }
}

/** `relu6` as a layer. */
export class ReLU6 extends Plain {
  constructor(options: NoOptions = {}) {
    super('ReLU6', relu6, options);
  }
}

/** `leakyRelu` as a layer. */
export class LeakyReLU extends Elementwise<LeakyReluOptions> {
  /** @throws RangeError for a slope that is not finite */
  constructor(options: LeakyReluOptions = {}) {
    super((x) => leakyRelu(x, options), options);
  }
}

/** `elu` as a layer. */
export class ELU extends Elementwise<EluOptions> {
  /** @throws RangeError for an alpha that is not finite */
  constructor(options: EluOptions = {}) {
    super((x) => elu(x, options), options);
  }
}

/** `celu` as a layer. */
export class CELU extends Elementwise<EluOptions> {
  /** @throws RangeError unless alpha is finite and positive */
  constructor(options: EluOptions = {}) {
    super((x) => celu(x, options), options);
  }
}

/** `selu` as a layer. */
export class SELU extends Plain {
  constructor(options: NoOptions = {}) {
    super('SELU', selu, options);
  }
}

/**
 * `gelu` as a layer.
 *
 * @example
 * ```ts
 * new nn.GELU({ approximate: 'tanh' }).forward(tensor([0, 100])).toArray(); // => [0, 100]
 * ```
 */
export class GELU extends Elementwise<GeluOptions> {
  constructor(options: GeluOptions = {}) {
    super((x) => gelu(x, options), options);
  }
}

/** `silu` as a layer. */
export class SiLU extends Plain {
  constructor(options: NoOptions = {}) {
    super('SiLU', silu, options);
  }
}

/** `mish` as a layer. */
export class Mish extends Plain {
  constructor(options: NoOptions = {}) {
    super('Mish', mish, options);
  }
}

/** Options of `Softplus`. */
export interface SoftplusOptions {
  /** Sharpness, finite and > 0: the limit of a large one is `relu`. @defaultValue 1 */
  readonly beta?: number;
}

/**
 * `softplus` as a layer, `log(1 + exp(beta x)) / beta`. Large arguments need no threshold.
 *
 * @example
 * ```ts
 * new nn.Softplus({ beta: 2 }).forward(tensor([0])).toArray(); // => [Math.LN2 / 2]
 * ```
 */
export class Softplus extends Elementwise<SoftplusOptions> {
  /** @throws RangeError unless beta is finite and positive */
  constructor(options: SoftplusOptions = {}) {
    requireOptions('Softplus', options, { beta: true });
    const { beta = 1 } = options;
    if (!(beta > 0 && Number.isFinite(beta))) {
      throw new RangeError(`Softplus: beta must be finite and > 0, got ${showValue(beta)}.`);
    }
    super(beta === 1 ? softplus : (x) => div(softplus(mul(x, beta)), beta), options);
  }
}

/** `softsign` as a layer. */
export class Softsign extends Plain {
  constructor(options: NoOptions = {}) {
    super('Softsign', softsign, options);
  }
}

/** `tanh` as a layer. */
export class Tanh extends Plain {
  constructor(options: NoOptions = {}) {
    super('Tanh', tanh, options);
  }
}

/** `hardtanh` as a layer. */
export class Hardtanh extends Elementwise<HardtanhOptions> {
  /** @throws RangeError unless `minVal < maxVal` */
  constructor(options: HardtanhOptions = {}) {
    super((x) => hardtanh(x, options), options);
  }
}

/** `sigmoid` as a layer. */
export class Sigmoid extends Plain {
  constructor(options: NoOptions = {}) {
    super('Sigmoid', sigmoid, options);
  }
}

/** `logSigmoid` as a layer. */
export class LogSigmoid extends Plain {
  constructor(options: NoOptions = {}) {
    super('LogSigmoid', logSigmoid, options);
  }
}

/** `hardsigmoid` as a layer. */
export class Hardsigmoid extends Plain {
  constructor(options: NoOptions = {}) {
    super('Hardsigmoid', hardsigmoid, options);
  }
}

/** `hardswish` as a layer. */
export class Hardswish extends Plain {
  constructor(options: NoOptions = {}) {
    super('Hardswish', hardswish, options);
  }
}

/** Options of the activations along one axis. */
export interface AxisActivationOptions {
  /** @defaultValue -1 */
  readonly axis?: number;
}

function requireAxis(name: string, options: AxisActivationOptions): void {
  requireOptions(name, options, { axis: true });
  const { axis = -1 } = options;
  if (Number.isInteger(axis)) return;
  throw new RangeError(`${name}: axis must be an integer, got ${showValue(axis)}.`);
}

/** `softmax` along an axis as a layer. */
export class Softmax extends ActivationLayer<AxisActivationOptions> {
  constructor(options: AxisActivationOptions = {}) {
    super((x) => softmax(x, options), options);
    requireAxis('Softmax', options);
  }
}

/** `logSoftmax` along an axis as a layer. */
export class LogSoftmax extends ActivationLayer<AxisActivationOptions> {
  constructor(options: AxisActivationOptions = {}) {
    super((x) => logSoftmax(x, options), options);
    requireAxis('LogSoftmax', options);
  }
}

/** `glu` along an axis as a layer: it halves the axis. */
export class GLU extends ActivationLayer<AxisActivationOptions> {
  constructor(options: AxisActivationOptions = {}) {
    super((x) => glu(x, options), options);
    requireAxis('GLU', options);
  }
}

/** Options of `PReLU`. */
export interface PreluLayerOptions {
  /** 1 for one slope, or one per channel (axis 1). @defaultValue 1 */
  readonly numParameters?: number;
  /** What the slopes start from. @defaultValue 0.25 */
  readonly init?: number;
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
}

/**
 * `prelu` with slopes that are trained. They should not decay: a penalty on them pulls towards `relu`.
 *
 * @throws RangeError unless `numParameters` is an integer >= 1 and `init` is finite
 * @see He, Zhang, Ren & Sun, "Delving deep into rectifiers", ICCV 2015, arXiv 1502.01852
 * @example
 * ```ts
 * new nn.PReLU().forward(tensor([-4, 4])).toArray(); // => [-1, 4]
 * ```
 */
export class PReLU extends Module {
  /** `[numParameters]` */
  readonly weight: Parameter;

  constructor(options: PreluLayerOptions = {}) {
    super();
    requireOptions('PReLU', options, { numParameters: true, init: true, dtype: true });
    const { numParameters = 1, init = 0.25, dtype = 'float32' } = options;
    requireSize('PReLU', 'numParameters', numParameters);
    if (!Number.isFinite(init)) throw new RangeError(`PReLU: init must be finite, got ${init}.`);
    this.weight = parameter(full([numParameters], init, { dtype }), { name: 'weight' });
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    return prelu(x, this.weight);
  }
}

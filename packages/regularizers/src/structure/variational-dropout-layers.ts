import {
  add,
  full,
  greater,
  type Parameter,
  parameter,
  stopGradient,
  sum,
  type Tensor,
  where,
} from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { Conv2d, type ForwardContext, Linear, type Module } from '@tikhonov/nn';
import { type EvaluationForm, requireContext } from '@tikhonov/nn/engine';
import type { StepTerm } from '@tikhonov/train';
import { gated, requireStrength, type Strength, scaled } from '../strength.ts';
import { drawing } from './keep-mask.ts';
import { blank, plainLinear, requirePlainLayer } from './plain-layer.ts';
import {
  type LogAlphaSettings,
  requireForm,
  requireLimits,
  type VariationalKlForm,
  type VariationalKlOptions,
  variationalDropout,
  variationalKl,
} from './variational-dropout-functions.ts';

/** Options of `VariationalLinear` and `VariationalConv2d`. */
export interface VariationalLayerOptions extends LogAlphaSettings {
  /** What every `logAlpha` begins with, finite. @defaultValue -4 */
  readonly logAlphaInit?: number;
}

const known: OptionNames<VariationalLayerOptions> = {
  limit: true,
  threshold: true,
  logAlphaInit: true,
};

/** The options with their defaults; a RangeError for bad ones. */
function requireLayerOptions(
  name: string,
  options: VariationalLayerOptions,
): Required<VariationalLayerOptions> {
  requireOptions(name, options, known);
  const { logAlphaInit = -4 } = options;
  if (!Number.isFinite(logAlphaInit)) {
    throw new RangeError(
      `${name}: logAlphaInit must be finite, got ${String(logAlphaInit)}.\n  It is the logarithm of the relative variance, such as the default -4.`,
    );
  }
  return { logAlphaInit, ...requireLimits(name, options) };
}

/** A `logAlpha` for each weight. */
const startOf = (weight: Parameter, logAlphaInit: number): Parameter =>
  parameter(full(weight.shape, logAlphaInit, { dtype: weight.dtype }));

/**
 * A linear layer with variational dropout: it takes the place of one and has its parameters under the same names,
 * and a `logAlpha` for each weight. Add `variationalDropoutTerm` to the objective, or noise only dies out, and make the
 * optimizer when the layer is in the model: one of before does not train its `logAlpha`.
 *
 * @throws TypeError for another layer than a plain `nn.Linear`; RangeError for a `logAlphaInit` that is not finite
 *   and for bad settings; from `forward` as `variationalDropout`
 * @see Molchanov, Ashukha & Vetrov, "Variational Dropout Sparsifies Deep Neural Networks", ICML 2017, arXiv
 *   1701.05369
 * @example
 * ```ts
 * const layer = new reg.VariationalLinear(new nn.Linear(3, 2, { seed: 0 }));
 * Object.keys(layer.stateDict()); // => ['weight', 'bias', 'logAlpha']
 * layer.forward(ones([4, 3]), { training: true, rng: random.key(1) }).shape; // => [4, 2]
 * ```
 */
export class VariationalLinear extends Linear implements EvaluationForm {
  /** `[out, in]` */
  readonly logAlpha: Parameter;
  readonly limit: number;
  readonly threshold: number;

  constructor(layer: Linear, options: VariationalLayerOptions = {}) {
    const name = 'VariationalLinear';
    const { inFeatures, outFeatures, weight, bias } = requirePlainLayer(name, layer, Linear);
    const { logAlphaInit, limit, threshold } = requireLayerOptions(name, options);
    super(inFeatures, outFeatures, {
      seed: 0,
      bias: bias !== null,
      dtype: weight.dtype,
      weightInit: blank,
      biasInit: blank,
    });
    Object.assign(this, { weight, bias });
    this.logAlpha = startOf(weight, logAlphaInit);
    this.limit = limit;
    this.threshold = threshold;
  }

  override describe(): string {
    return `VariationalLinear(${this.inFeatures} -> ${this.outFeatures})`;
  }

  override forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    return variationalDropout(x, this.weight, this.logAlpha, settingsOf(this, context));
  }

  /** An `nn.Linear` whose weights are those that are left, as they are now. */
  inEvaluation(): Linear {
    const { inFeatures, outFeatures, bias } = this;
    return plainLinear({ inFeatures, outFeatures, weight: meansOf(this), bias });
  }
}

/**
 * A convolution of images with variational dropout; otherwise as `VariationalLinear`.
 *
 * @throws TypeError for another layer than a plain `nn.Conv2d`; otherwise as `VariationalLinear`
 * @example
 * ```ts
 * const layer = new reg.VariationalConv2d(new nn.Conv2d(1, 2, 3, { seed: 0, padding: 'same' }));
 * const rng = random.key(1);
 * layer.forward(ones([4, 1, 8, 8]), { training: true, rng }).shape; // => [4, 2, 8, 8]
 * ```
 */
export class VariationalConv2d extends Conv2d implements EvaluationForm {
  /** `[out, in / groups, kh, kw]` */
  readonly logAlpha: Parameter;
  readonly limit: number;
  readonly threshold: number;

  constructor(layer: Conv2d, options: VariationalLayerOptions = {}) {
    const name = 'VariationalConv2d';
    const {
      inChannels,
      outChannels,
      kernelSize,
      weight,
      bias,
      options: settings,
    } = requirePlainLayer(name, layer, Conv2d);
    const { logAlphaInit, limit, threshold } = requireLayerOptions(name, options);
    super(inChannels, outChannels, kernelSize, {
      ...settings,
      seed: 0,
      bias: bias !== null,
      dtype: weight.dtype,
      weightInit: blank,
      biasInit: blank,
    });
    Object.assign(this, { weight, bias });
    this.logAlpha = startOf(weight, logAlphaInit);
    this.limit = limit;
    this.threshold = threshold;
  }

  override describe(): string {
    return `VariationalConv2d(${this.inChannels} -> ${this.outChannels})`;
  }

  override forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const options = { ...settingsOf(this, context), convolution: this.options };
    return variationalDropout(x, this.weight, this.logAlpha, options);
  }

  /** An `nn.Conv2d` whose weights are those that are left, as they are now. */
  inEvaluation(): Conv2d {
    const { inChannels, outChannels, kernelSize, bias, options } = this;
    const weight = meansOf(this);
    const layer = new Conv2d(inChannels, outChannels, kernelSize, {
      ...options,
      seed: 0,
      bias: bias !== null,
      dtype: weight.dtype,
      weightInit: blank,
      biasInit: blank,
    });
    return Object.assign(layer, { weight, bias });
  }
}

/** A layer with variational dropout. */
export type VariationalLayer = VariationalLinear | VariationalConv2d;

/** The weights of evaluation. */
const meansOf = ({ weight, logAlpha, threshold }: VariationalLayer): Parameter =>
  parameter(stopGradient(where(greater(logAlpha, threshold), 0, weight)));

/** What both layers hand to the function. */
const settingsOf = ({ limit, threshold, bias }: VariationalLayer, context: ForwardContext) => ({
  ...drawing(context),
  limit,
  threshold,
  ...(bias === null ? {} : { bias }),
});

/** The layers of a model with variational dropout; a TypeError if there are none. */
function layersOf(name: string, model: Module): readonly VariationalLayer[] {
  const layers = model
    .modules()
    .filter((part) => part instanceof VariationalLinear || part instanceof VariationalConv2d);
  if (layers.length > 0) return layers;
  throw new TypeError(
    `${name}: the model has no layer with variational dropout.\n  Put new VariationalLinear(layer) in the places of layers.`,
  );
}

/** Options of `variationalDropoutTerm`. */
export interface VariationalDropoutTermOptions extends Pick<VariationalKlOptions, 'form'> {
  /** Strength, >= 0: 1 / rows of the training set for a mean loss, as the bound has it. */
  readonly lambda: Strength;
}

/**
 * `lambda` times the divergence of all weights with variational dropout from their prior, for `penalties` of
 * `fit`. With a mean loss over rows, the variational bound has `lambda = 1 / rows`; a cell can warm it up from 0.
 *
 * @throws TypeError if the model has no such layers; RangeError for a negative `lambda` or another form
 * @example
 * ```ts
 * const layer = new reg.VariationalLinear(new nn.Linear(3, 2, { seed: 0 }));
 * typeof reg.variationalDropoutTerm(layer, { lambda: 1 / 300 }); // => 'function'
 * ```
 */
export function variationalDropoutTerm(
  model: Module,
  options: VariationalDropoutTermOptions,
): StepTerm {
  const name = 'variationalDropoutTerm';
  requireOptions(name, options, { lambda: true, form: true });
  const { lambda, form = 'molchanov' as VariationalKlForm } = options;
  requireStrength(`${name}: lambda`, lambda);
  requireForm(name, form);
  const layers = layersOf(name, model);
  return () => {
    const strength = requireStrength(`${name}: lambda`, lambda);
    const total = layers
      .map(({ logAlpha, limit }) =>
        sum(variationalKl(gated(strength, logAlpha.read()), { form, limit })),
      )
      .reduce((all, one): Tensor => add(all, one));
    return scaled(strength, total);
  };
}

/**
 * The share of weights that evaluation leaves out, among the layers of a model with variational dropout.
 *
 * @throws TypeError if there are none
 * @example
 * ```ts
 * const layer = new reg.VariationalLinear(new nn.Linear(2, 1, { seed: 0 }));
 * layer.logAlpha.write(tensor([[4, 0]]));
 * reg.variationalSparsity(layer); // => 0.5
 * ```
 */
export function variationalSparsity(model: Module): number {
  const layers = layersOf('variationalSparsity', model);
  const pruned = layers.map(({ logAlpha, threshold }) =>
    sum(greater(logAlpha, threshold).astype('float64')).item(),
  );
  const all = layers.map(({ logAlpha }) => logAlpha.shape.reduce((a, b) => a * b, 1));
  const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  return total(pruned) / total(all);
}

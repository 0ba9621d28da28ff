import {
  add,
  div,
  mean,
  mul,
  ShapeError,
  sqrt,
  square,
  sub,
  type Tensor,
  type TensorLike,
} from '@tikhonov/core';
import { type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import type { Module } from '../module.ts';
import {
  contextFor,
  layersWithWeight,
  Parametrization,
  type ParametrizeOptions,
  parametrize,
} from './parametrized.ts';
import { floatingWeight, otherAxes } from './weight-norm.ts';

/** How weights are standardized. */
export interface StandardizeWeightOptions {
  /** Added to the variance, > 0. @defaultValue 1e-5 */
  readonly eps?: number;
  /** The axis of the output units. @defaultValue 0 */
  readonly dim?: number;
  /**
   * Whether the variance is 1 / n for the n weights of a unit instead of 1, so that outputs are about as large
   * as inputs without a norm (Brock, De & Smith 2021). @defaultValue false
   */
  readonly scaled?: boolean;
}

const known: OptionNames<StandardizeWeightOptions> = { eps: true, dim: true, scaled: 'boolean' };

/** Options of `weightStandardization`. */
export interface WeightStandardizationOptions
  extends StandardizeWeightOptions,
    ParametrizeOptions {}

function requireEps(caller: string, eps: number): void {
  if (typeof eps === 'number' && eps > 0 && eps < Infinity) return;
  throw new RangeError(`${caller}: eps must be finite and > 0, got ${String(eps)}.`);
}

/**
 * Weight standardization, `(w - mean) / sqrt(var + eps)` of each output unit, with the biased variance.
 *
 * @param w  rank >= 2
 * @throws RangeError for a bad `eps` or `dim`; ShapeError below rank 2
 * @see Qiao, Wang, Liu, Shen & Yuille, "Micro-Batch Training with Batch-Channel Normalization and Weight
 *   Standardization" (2019)
 * @see Brock, De & Smith, "Characterizing Signal Propagation to Close the Performance Gap in Unnormalized
 *   ResNets" (2021), for `scaled`
 * @example
 * ```ts
 * const w = nn.standardizedWeight(tensor([[0, 2, 4, 6]]));
 * Math.abs(w.mean().item()) < 1e-6; // => true
 * Math.abs(w.mul(w).mean().item() - 1) < 1e-4; // => true
 * ```
 */
export function standardizedWeight(w: TensorLike, options: StandardizeWeightOptions = {}): Tensor {
  requireOptions('standardizedWeight', options, known);
  const { eps = 1e-5, dim = 0, scaled = false } = options;
  requireEps('standardizedWeight', eps);
  const weight = floatingWeight('standardizedWeight', w);
  const axis = otherAxes('standardizedWeight', weight, dim);
  if (weight.size === 0) {
    throw new ShapeError(
      `standardizedWeight: nothing to standardize in ${showShape(weight.shape)}.`,
    );
  }
  const centered = sub(weight, mean(weight, { axis, keepdims: true }));
  const variance = mean(square(centered), { axis, keepdims: true });
  const y = div(centered, sqrt(add(variance, eps)));
  return scaled ? mul(y, 1 / Math.sqrt(axis.reduce((n, k) => n * weight.shape[k]!, 1))) : y;
}

class WeightStandardization extends Parametrization {
  readonly settings: StandardizeWeightOptions;

  constructor(settings: StandardizeWeightOptions) {
    super();
    this.settings = settings;
  }

  override get caller(): string {
    return 'weightStandardization';
  }

  forward(weight: Tensor): Tensor {
    return standardizedWeight(weight, this.settings);
  }
}

/**
 * Weight standardization of the layers of a model: every layer sees its weight with mean 0 and variance 1 in
 * each output unit. What is trained, `parametrizations.weight.original`, may drift and grow without effect. The
 * outputs are larger than before, about by the root of the number of inputs: a norm should follow the layer, or
 * `scaled` take it back.
 *
 * @param model  or a single layer; changed in place, and undone by `removeParametrizations`
 * @returns the model
 * @throws TypeError if no layer is selected; RangeError for a bad `eps` or `dim`
 * @see Qiao, Wang, Liu, Shen & Yuille, "Micro-Batch Training with Batch-Channel Normalization and Weight
 *   Standardization" (2019)
 * @example
 * ```ts
 * const layer = nn.weightStandardization(new nn.Conv2d(1, 2, 3, { seed: 0, bias: false }));
 * Object.keys(layer.namedParameters()); // => ['parametrizations.weight.original']
 * layer.weight.shape; // => [2, 1, 3, 3]
 * ```
 */
export function weightStandardization<Model extends Module>(
  model: Model,
  options: WeightStandardizationOptions = {},
): Model {
  const caller = 'weightStandardization';
  requireOptions(caller, options, { ...known, filter: 'function' });
  const { eps = 1e-5, dim = 0, scaled = false } = options;
  requireEps(caller, eps);
  const targets = layersWithWeight(caller, model, options);
  const shared = contextFor(model);
  for (const target of targets) {
    parametrize(caller, target, shared, (weight) => {
      otherAxes(caller, weight, dim);
      return new WeightStandardization({ eps, dim, scaled });
    });
  }
  return model;
}

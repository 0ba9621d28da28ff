import {
  add,
  expandDims,
  type Parameter,
  parameter,
  sigmoid,
  squeeze,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import { kindOf, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { childContext, type ForwardContext, Linear, Module } from '@tikhonov/nn';
import { type EvaluationForm, requireContext } from '@tikhonov/nn/engine';
import type { StepTerm } from '@tikhonov/train';
import { type GatedLayer, isGateable } from '../objective/l0-gates.ts';
import { requireStrength, type Strength } from '../strength.ts';
import {
  type ConcreteDropoutSettings,
  concreteDropout,
  concreteDropoutPenalty,
  requireConcrete,
} from './concrete-dropout-functions.ts';
import { drawing } from './keep-mask.ts';

/** Options of `ConcreteDropout`. */
export interface ConcreteDropoutLayerOptions extends ConcreteDropoutSettings {
  /** The probability of dropping that training begins with, inside (0, 1). @defaultValue 0.1 */
  readonly p?: number;
}

const known: OptionNames<ConcreteDropoutLayerOptions> = {
  p: true,
  temperature: true,
  eps: true,
  perChannel: 'boolean',
};

/**
 * A layer with concrete dropout on its inputs. The probability is the parameter `pLogit`, beside those of the layer
 * under `layer`. For convolutions, decisions are for whole channels. Add `concreteDropoutTerm` to the objective.
 *
 * @throws TypeError unless the layer is linear or a convolution; RangeError if `p` is outside (0, 1) or for bad
 *   settings; from `forward` as `concreteDropout`
 * @see Gal, Hron & Kendall, "Concrete Dropout", NIPS 2017, arXiv 1705.07832
 * @example
 * ```ts
 * const layer = new reg.ConcreteDropout(new nn.Linear(3, 2, { seed: 0 }), { p: 0.2 });
 * Object.keys(layer.namedParameters()); // => ['layer.weight', 'layer.bias', 'pLogit']
 * layer.p().item(); // => 0.2
 * layer.forward(ones([4, 3]), { training: true, rng: random.key(1) }).shape; // => [4, 2]
 * ```
 */
export class ConcreteDropout extends Module implements EvaluationForm {
  readonly layer: GatedLayer;
  /** `[]`, the logit of the probability of dropping. */
  readonly pLogit: Parameter;
  readonly temperature: number;
  readonly eps: number;
  readonly perChannel: boolean;

  constructor(layer: GatedLayer, options: ConcreteDropoutLayerOptions = {}) {
    super();
    requireOptions('ConcreteDropout', options, known);
    if (!(layer instanceof Module && isGateable(layer))) {
      const seen: unknown = layer;
      throw new TypeError(
        `ConcreteDropout: needs a Linear, Conv1d, Conv2d or Conv3d, got ${seen instanceof Module ? seen.describe() : kindOf(seen)}.\n  Its regularizer is of the layer's weight.`,
      );
    }
    const { p = 0.1, perChannel = !(layer instanceof Linear) } = options;
    if (!(typeof p === 'number' && p > 0 && p < 1)) {
      throw new RangeError(
        `ConcreteDropout: p must lie inside (0, 1), got ${String(p)}.\n  It is where the learned rate starts, such as 0.1.`,
      );
    }
    const { temperature, eps } = requireConcrete('ConcreteDropout', options);
    const { dtype } = layer.weight;
    this.layer = layer;
    this.pLogit = parameter(tensor(Math.log(p) - Math.log1p(-p), { dtype }));
    this.temperature = temperature;
    this.eps = eps;
    this.perChannel = perChannel;
  }

  /** Inputs that are dropped one by one: features, or channels. */
  get inputDim(): number {
    const { layer } = this;
    return layer instanceof Linear ? layer.inFeatures : layer.inChannels;
  }

  override describe(): string {
    return `ConcreteDropout(${this.inputDim})`;
  }

  /** The present probability of dropping, `[]`. */
  p(): Tensor {
    return sigmoid(this.pLogit);
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const { layer, pLogit, temperature, eps, perChannel } = this;
    const options = { temperature, eps, perChannel, ...drawing(context) };
    // A single image is a batch of one, whose channels come second.
    const isSingle = perChannel && x.rank === layer.weight.rank - 1;
    const soft = concreteDropout(isSingle ? expandDims(x, 0) : x, pLogit, options);
    return layer.forward(isSingle ? squeeze(soft, 0) : soft, childContext(context, 'layer'));
  }

  /** The layer. */
  inEvaluation(): GatedLayer {
    return this.layer;
  }
}

/** Options of `concreteDropoutTerm`. */
export interface ConcreteDropoutTermOptions {
  /** Strength for the weights, >= 0. @defaultValue 1e-6 */
  readonly weightRegularizer?: Strength;
  /** Strength for the probabilities, >= 0. @defaultValue 1e-5 */
  readonly dropoutRegularizer?: Strength;
}

/**
 * `concreteDropoutPenalty` of all layers with concrete dropout in a model, for `penalties` of `fit`.
 *
 * @throws TypeError if there are none; RangeError for negative strengths
 * @example
 * ```ts
 * const layer = new reg.ConcreteDropout(new nn.Linear(3, 2, { seed: 0 }));
 * typeof reg.concreteDropoutTerm(layer, { dropoutRegularizer: 1 / 300 }); // => 'function'
 * ```
 */
export function concreteDropoutTerm(
  model: Module,
  options: ConcreteDropoutTermOptions = {},
): StepTerm {
  const name = 'concreteDropoutTerm';
  requireOptions(name, options, { weightRegularizer: true, dropoutRegularizer: true });
  const { weightRegularizer = 1e-6, dropoutRegularizer = 1e-5 } = options;
  requireStrength(`${name}: weightRegularizer`, weightRegularizer);
  requireStrength(`${name}: dropoutRegularizer`, dropoutRegularizer);
  const layers = model.modules().filter((part) => part instanceof ConcreteDropout);
  if (layers.length === 0) {
    throw new TypeError(
      `${name}: the model has no concrete dropout.\n  Put new ConcreteDropout(layer) in the places of layers.`,
    );
  }
  return () =>
    layers
      .map(({ layer, pLogit, inputDim }) =>
        concreteDropoutPenalty(layer.weight, pLogit, {
          weightRegularizer,
          dropoutRegularizer,
          inputDim,
        }),
      )
      .reduce((total, one): Tensor => add(total, one));
}

import type { Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import {
  type ActivationFunction,
  type ForwardContext,
  type LayerLike,
  Linear,
  Sequential,
  type Strength,
} from '@tikhonov/nn';
import { type EvaluationForm, type MissingForm, requireContext } from '@tikhonov/nn/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import {
  type DropConnectSettings,
  dropConnect,
  dropConnectGaussian,
  requireSampleCount,
} from './dropconnect-functions.ts';
import { describeRate, drawing, unitStrength } from './keep-mask.ts';
import { insteadOf } from './places.ts';
import { blank, plainLinear, replaceLayer, requirePlainLayer } from './plain-layer.ts';

/** Options of `DropConnect`. */
export interface DropConnectLayerOptions extends DropConnectSettings {
  /**
   * `'mean'` evaluates with the mean weights; `'gaussian'`, as in the paper, averages the activation over draws,
   * and needs a random key in evaluation too. @defaultValue 'mean'
   */
  readonly inference?: 'mean' | 'gaussian';
  /** Draws of `'gaussian'`. @defaultValue 100 */
  readonly samples?: number;
  /** Behind the layer, in training and evaluation; `'gaussian'` needs it to average it. @defaultValue none */
  readonly activation?: ActivationFunction;
}

const known: OptionNames<DropConnectLayerOptions> = {
  p: true,
  perSample: 'boolean',
  inference: true,
  samples: true,
  activation: 'function',
};

/**
 * `dropConnect` as a layer that takes the place of a linear layer, with its parameters under the same names.
 *
 * @throws TypeError for another layer than a plain `nn.Linear`, for an unknown inference and for `'gaussian'`
 *   without an activation; RangeError if `p` is outside [0, 1] (for `'gaussian'` [0, 1)) or `samples` is no
 *   integer >= 1; from `forward` as `dropConnect`
 * @see Wan, Zeiler, Zhang, LeCun & Fergus, "Regularization of Neural Networks using DropConnect", ICML 2013
 * @example
 * ```ts
 * const layer = new reg.DropConnect(new nn.Linear(3, 2, { seed: 0 }), { p: 0.5 });
 * Object.keys(layer.namedParameters()); // => ['weight', 'bias']
 * layer.forward(ones([4, 3]), { training: true, rng: random.key(1) }).shape; // => [4, 2]
 * ```
 */
export class DropConnect extends Linear implements EvaluationForm {
  /** Probability of dropping a weight; if it is a cell, it is part of the module's state. */
  readonly p: Strength;
  readonly perSample: boolean;
  readonly inference: 'mean' | 'gaussian';
  readonly samples: number;
  readonly activation: ActivationFunction | null;

  constructor(layer: Linear, options: DropConnectLayerOptions = {}) {
    const { inFeatures, outFeatures, weight, bias } = requirePlainLayer(
      'DropConnect',
      layer,
      Linear,
    );
    requireOptions('DropConnect', options, known);
    const { p = 0.5, inference = 'mean', samples = 100, activation = null } = options;
    if (inference !== 'mean' && inference !== 'gaussian') {
      throw new TypeError(
        `DropConnect: inference must be 'mean' or 'gaussian', got "${String(inference)}".`,
      );
    }
    if (inference === 'gaussian' && activation === null) {
      throw new TypeError(
        "DropConnect: inference 'gaussian' averages an activation, got none.\n  Pass { activation: relu } and leave it out behind the layer.",
      );
    }
    unitStrength('DropConnect', 'p', p, { closed: inference === 'mean' });
    requireSampleCount('DropConnect', samples);
    super(inFeatures, outFeatures, {
      seed: 0,
      bias: bias !== null,
      dtype: weight.dtype,
      weightInit: blank,
      biasInit: blank,
    });
    Object.assign(this, { weight, bias });
    this.p = p;
    this.perSample = options.perSample ?? false;
    this.inference = inference;
    this.samples = samples;
    this.activation = activation;
  }

  override describe(): string {
    return `DropConnect(${this.inFeatures} -> ${this.outFeatures}, ${describeRate(this.p)})`;
  }

  override forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const { p, perSample, samples, activation, weight, inference } = this;
    const bias = this.bias === null ? {} : { bias: this.bias };
    const { training, ...source } = drawing(context);
    if (!training && inference === 'gaussian' && activation !== null) {
      return dropConnectGaussian(x, weight, { ...bias, ...source, p, samples, activation });
    }
    const y = training
      ? dropConnect(x, weight, { ...bias, ...source, p, perSample, training })
      : super.forward(x);
    return activation === null ? y : activation(y);
  }

  /** An `nn.Linear` with the same parameters, and the activation; `null` for `'gaussian'`, which draws. */
  inEvaluation(): LayerLike | null {
    const { inFeatures, outFeatures, weight, bias, activation, inference } = this;
    if (inference === 'gaussian') return null;
    const linear = plainLinear({ inFeatures, outFeatures, weight, bias });
    return activation === null ? linear : new Sequential(linear, activation);
  }

  /** Of `'gaussian'`. */
  withoutForm(): MissingForm {
    return {
      why: "in evaluation its inference 'gaussian' draws, for which there is no plain layer.",
      instead:
        "Export a layer with inference: 'mean', a Linear with the mean of the weights and then the activation; its outputs differ.",
    };
  }
}

const settings = [
  {
    name: 'p',
    description: 'probability of dropping a weight of a hidden linear layer',
    default: 0.5,
    source: 'the paper',
    min: 0,
    max: 1,
    open: 'max',
  },
] as const satisfies readonly Argument[];

/** Registry entry of DropConnect. */
export const dropConnectMethod: Method = {
  id: 'dropconnect',
  section: 'relative',
  title: 'DropConnect',
  family: 'structure',
  statement: String.raw`y = \frac{x (M \odot W)^\top}{1 - p} + b, \quad M_{ij} \sim \mathrm{Bernoulli}(1 - p) \text{ in training}; \qquad y = x W^\top + b \text{ in evaluation}`,
  reference: {
    authors: 'L. Wan, M. Zeiler, S. Zhang, Y. LeCun, R. Fergus',
    title: 'Regularization of Neural Networks using DropConnect',
    venue: 'ICML',
    year: 2013,
  },
  arguments: settings,
  notes: [
    'One mask of the weights for the batch by default; the paper draws one for each sample (perSample), which takes as much more time and memory as there are samples.',
    'The paper does not divide by 1 - p in training; evaluation then uses (1 - p) W.',
    "Evaluation uses the mean weights; the paper averages the activation over normal draws (inference: 'gaussian').",
    'The paper masks biases too; here they are never dropped.',
    'Some repositories call dropping whole residual branches DropConnect; that is another method.',
  ],
  networks: ['mlp', 'cnn'],
  recipe: (plan, values) => {
    const { p } = resolveArguments('dropconnect', settings, values);
    const put = insteadOf('linear', (part) =>
      replaceLayer(part, Linear, (layer) => new DropConnect(layer, { p })),
    );
    return { ...plan, parts: [...plan.parts, put] };
  },
  gradientCases: (draw) => {
    const [n, into, out] = [draw.integer(1, 3), draw.integer(1, 3), draw.integer(1, 3)];
    const [p, perSample] = [draw.pick([0, 0.3, 0.5]), draw.pick([false, true])];
    const mask = draw.booleans(perSample ? [n, out, into] : [out, into]);
    return {
      f: (x, weight, bias) => {
        const options = { p, perSample, bias: bias!, mask };
        const y = dropConnect(x!, weight!, { ...options, training: true });
        return y.mul(y).sum();
      },
      args: [draw.tensor([n, into]), draw.tensor([out, into]), draw.tensor([out])],
    };
  },
};

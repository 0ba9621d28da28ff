import { Cell, type Tensor } from '@tikhonov/core';
import { kindOf, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import {
  type ActivationFunction,
  type ActivationName,
  activation,
  type ForwardContext,
  type LayerLike,
  Linear,
  Module,
  Sequential,
} from '@tikhonov/nn';
import { type EvaluationForm, requireContext } from '@tikhonov/nn/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method, PlanPart } from '../method.ts';
import type { Strength } from '../strength.ts';
import { drawing, requireFloating } from './keep-mask.ts';
import { insteadOf } from './places.ts';
import {
  knownOfBelief,
  requireBelief,
  type StandoutBelief,
  standout,
} from './standout-functions.ts';

export {
  type StandoutBelief,
  type StandoutOptions,
  standout,
  standoutKeepProbability,
} from './standout-functions.ts';

/** Options of `Standout`. */
export interface StandoutSettings extends StandoutBelief {
  /** A name, or a function. @defaultValue 'relu' */
  readonly activation?: ActivationName | ActivationFunction;
}

const known: OptionNames<StandoutSettings> = { ...knownOfBelief, activation: true };

/**
 * `standout` as a layer around a `Linear`, whose activation it applies: `[...s, in] -> [...s, out]`. Belief weights
 * of its own lie in a cell: they are saved, but no gradient reaches them in training.
 *
 * @throws TypeError unless the layer is a `Linear`, and as `standout`
 * @example
 * ```ts
 * const layer = new reg.Standout(new nn.Linear(4, 3, { seed: 0 }), { alpha: 0.5 });
 * const net = new nn.Sequential(layer, new nn.Linear(3, 2, { seed: 1 }));
 * net.forward(ones([5, 4]), { training: true, rng: random.key(2) }).shape; // => [5, 2]
 * Object.keys(layer.namedParameters()); // => ['linear.weight', 'linear.bias']
 * ```
 */
export class Standout extends Module implements EvaluationForm {
  readonly linear: Linear;
  readonly alpha: Strength;
  readonly beta: Strength;
  readonly tie: 'logit' | 'weights';
  /** `[out, in]`, if they are not those of the layer. */
  readonly beliefWeights: Cell | null;
  readonly activation: ActivationFunction;

  constructor(linear: Linear, options: StandoutSettings = {}) {
    super();
    if (!(linear instanceof Linear)) {
      throw new TypeError(
        `Standout: needs a Linear, got ${kindOf(linear)}.\n  For example new Standout(new Linear(4, 3, { seed: 0 })).`,
      );
    }
    requireOptions('Standout', options, known);
    const {
      alpha = 1,
      beta = 0,
      tie = 'logit',
      beliefWeights,
      activation: which = 'relu',
    } = options;
    requireBelief('Standout', linear.weight.read(), options);
    this.linear = linear;
    this.alpha = alpha;
    this.beta = beta;
    this.tie = tie;
    this.beliefWeights =
      beliefWeights === undefined ? null : new Cell(requireFloating('Standout', beliefWeights));
    this.activation = typeof which === 'function' ? which : activation(which);
  }

  override describe(): string {
    const { inFeatures, outFeatures } = this.linear;
    return `Standout(${inFeatures} -> ${outFeatures})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const { alpha, beta, tie, beliefWeights, linear } = this;
    return standout(x, linear.weight, {
      alpha,
      beta,
      tie,
      activation: this.activation,
      ...(beliefWeights === null ? {} : { beliefWeights }),
      ...(linear.bias === null ? {} : { bias: linear.bias }),
      ...drawing(context),
    });
  }

  /** The same arithmetic as a function. */
  inEvaluation(): LayerLike {
    return (x) => this.forward(x);
  }
}

/** The activation behind a hidden linear layer acts within `Standout`; what others put behind it stays. */
const withinStandout: PlanPart = (part, place) => {
  if (place.kind !== 'activation' || place.spatial.length > 0 || place.inBlock) return part;
  return part instanceof Sequential ? new Sequential(same, ...part.layers.slice(1)) : same;
};

const same = (x: Tensor): Tensor => x;

const settings = [
  {
    name: 'alpha',
    description: 'slope of the belief in the inputs of a unit; 0 is dropout with a fixed rate',
    default: 1,
    source: 'ours: the weights of the network itself',
    min: 0,
  },
  {
    name: 'beta',
    description: 'what is added to the belief; the larger, the fewer units are dropped',
    default: 0,
    source: 'ours: an even chance for a unit with no input',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of standout. */
export const standoutMethod: Method = {
  id: 'standout',
  section: '2.1',
  title: 'Standout (adaptive dropout)',
  family: 'structure',
  statement: String.raw`h = m \odot g(W x + b), \quad m_j \sim \mathrm{Bernoulli}(k_j), \; k = \sigma(\alpha W x + \beta) \text{ in training}; \qquad h = k \odot g(W x + b) \text{ in evaluation}`,
  reference: {
    authors: 'L. J. Ba, B. Frey',
    title: 'Adaptive dropout for training deep neural networks',
    venue: 'NIPS',
    year: 2013,
  },
  arguments: settings,
  notes: [
    'The survey says that the belief network gives the probability of dropping; in the paper it is that of keeping.',
    "Two readings of tying the belief to the weights are in use: 'logit', alpha (W x) + beta (default), and 'weights', (alpha W + beta) x. They agree for beta = 0.",
    'There is no division by the probability of keeping, which may be tiny; evaluation multiplies by it instead.',
    'The recipe replaces the hidden linear layers; residual networks have none.',
  ],
  networks: ['mlp', 'cnn'],
  recipe: (plan, values) => {
    const { alpha, beta } = resolveArguments('standout', settings, values);
    const { activation: which = 'relu' } = plan.network;
    const make = (part: LayerLike): LayerLike =>
      part instanceof Linear ? new Standout(part, { alpha, beta, activation: which }) : part;
    return { ...plan, parts: [...plan.parts, insteadOf('linear', make), withinStandout] };
  },
  gradientCases: (draw) => {
    const [n, inputs, units] = [draw.integer(1, 3), draw.integer(1, 3), draw.integer(1, 3)];
    const training = draw.pick([true, false]);
    const [tie, beta] = [draw.pick(['logit', 'weights'] as const), draw.pick([0, 0.5])];
    const mask = draw.booleans([n, units]);
    return {
      f: (x, weight, bias) => {
        const y = standout(x!, weight!, {
          bias: bias!,
          tie,
          beta,
          activation: 'tanh',
          training,
          mask,
        });
        return y.mul(y).sum();
      },
      args: [draw.tensor([n, inputs]), draw.tensor([units, inputs]), draw.tensor([units])],
    };
  },
};

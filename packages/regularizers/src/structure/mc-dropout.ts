import { noGrad, random, stack, type Tensor } from '@tikhonov/core';
import { kindOf, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import {
  contextAmong,
  Dropout,
  type ForwardContext,
  type Layer,
  Module,
  wrapForward,
} from '@tikhonov/nn';
import { requireSize } from '@tikhonov/nn/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import type { Strength } from '../strength.ts';
import { requireRng } from './keep-mask.ts';
import {
  type McClassification,
  type McRegression,
  mcClassification,
  mcRegression,
  requireUnbiased,
} from './mc-prediction.ts';
import { behindActivations } from './places.ts';

export {
  type McClassification,
  type McClassificationOptions,
  type McRegression,
  type McRegressionOptions,
  mcClassification,
  mcRegression,
} from './mc-prediction.ts';

/** What `mcPasses` and `mcDropout` have in common. */
export interface McPassesOptions {
  /** Number of passes, >= 1. @defaultValue 32 (ours) */
  readonly samples?: number;
  /** The random key; pass `t` has `t` folded in, so the same key gives the same passes. */
  readonly rng: Tensor;
  /**
   * Which layers are in training mode, by module and name; all others are in evaluation.
   * @defaultValue all but those with running statistics (`runningMean`), such as batch norm
   */
  readonly layers?: (layer: Module, name: string) => boolean;
}

/** Options of `mcDropout`. */
export interface McDropoutOptions extends McPassesOptions {
  /** What the outputs are: logits of classes in the last axis, or values. @defaultValue 'classification' */
  readonly task?: 'classification' | 'regression';
  /** Whether variances are divided by the number of passes less 1. @defaultValue false (paper) */
  readonly unbiased?: boolean;
  /** Precision of the noise in the data, > 0, for `'regression'`: adds `1 / tau`. @defaultValue none */
  readonly tau?: Strength;
}

const knownOfPasses: OptionNames<McPassesOptions> = { samples: true, rng: true, layers: true };
const known: OptionNames<McDropoutOptions> = {
  ...knownOfPasses,
  task: true,
  unbiased: 'boolean',
  tau: true,
};

/**
 * Outputs of a trained network in passes with dropout on and everything else in evaluation: each layer is told its
 * own mode, so that batch norm uses its running statistics, and no state moves. The passes take part in gradients;
 * `mcDropout` does not. Whatever happens, the model is left as it was.
 *
 * @param x  the input of the model
 * @returns `[samples, ...s]`, the outputs of the passes
 * @throws RangeError unless `samples` is an integer >= 1 and `layers` chooses a layer; TypeError without `rng`
 * @example
 * ```ts
 * const model = nn.mlp([2, 8, 3], { seed: 0, dropout: 0.5 });
 * reg.mcPasses(model, ones([5, 2]), { samples: 4, rng: random.key(1) }).shape; // => [4, 5, 3]
 * ```
 */
export function mcPasses(model: Module & Layer, x: Tensor, options: McPassesOptions): Tensor {
  requireOptions('mcPasses', options, knownOfPasses);
  return passesOf('mcPasses', model, x, options);
}

function passesOf(
  name: string,
  model: Module & Layer,
  x: Tensor,
  { samples = 32, rng, layers = isWithoutStatistics }: McPassesOptions,
): Tensor {
  if (!(model instanceof Module && 'forward' in model)) {
    throw new TypeError(
      `${name}: needs a Module with forward, got ${kindOf(model)}.\n  Of a function take the passes yourself, and stack them for mcClassification or mcRegression.`,
    );
  }
  requireSize(name, 'samples', samples);
  if (typeof layers !== 'function') {
    throw new TypeError(
      `${name}: layers must be a function of a module and its name, got ${kindOf(layers)}.\n  For example layers: (layer) => layer instanceof Dropout.`,
    );
  }
  const key = requireRng(name, rng, 'passes of your own');
  const parts = Object.entries(model.namedModules())
    .filter(([, part]) => 'forward' in part)
    .map(([path, part]) => ({ path, part, training: layers(part, path) }));
  if (!parts.some(({ training }) => training)) {
    const seen = parts.map(({ path, part }) => (path === '' ? part.describe() : path));
    throw new RangeError(
      `${name}: layers chose none of ${seen.join(', ')}.\n  Without noise all passes are the same; choose layers that drop, such as layer instanceof Dropout.`,
    );
  }
  const modes = parts.map(({ part, training }) =>
    wrapForward(part, (forward, ...args) => forward(...inMode(args, training))),
  );
  try {
    const outputs = Array.from({ length: samples }, (_, t) =>
      model.forward(x, { training: true, updateState: false, rng: random.foldIn(key, t) }),
    );
    return stack(outputs);
  } finally {
    for (const off of modes.reverse()) off();
  }
}

/** The arguments of a `forward` with the mode in their context. */
function inMode(args: readonly unknown[], training: boolean): readonly unknown[] {
  const context = contextAmong(args);
  if (context === undefined) return args;
  const own: ForwardContext = { ...context, training, updateState: false };
  return [...args.slice(0, -1), own];
}

const isWithoutStatistics = (layer: Module): boolean =>
  !('runningMean' in layer && layer.runningMean !== null);

/**
 * Prediction with uncertainty by passes with dropout on (`mcPasses`), each from its own mask: of a classifier mean
 * probabilities, their variance, the entropy of the mean, the mean entropy and the mutual information; of a
 * regression mean and variance. No gradient; for one, use `mcPasses` with `mcClassification` or `mcRegression`.
 *
 * @param x  the input of the model, whose output is `[...s, K]` logits, or values `[...s]`
 * @throws RangeError unless `samples` is an integer >= 1, and 2 for `unbiased`; TypeError without `rng`, and for
 * `tau` of a classifier
 * @see Gal & Ghahramani, "Dropout as a Bayesian approximation", ICML 2016, arXiv 1506.02142
 * @example
 * ```ts
 * const model = nn.mlp([2, 8, 3], { seed: 0, dropout: 0.5 });
 * const rng = random.key(1);
 * const { mean, mutualInformation } = reg.mcDropout(model, ones([5, 2]), { rng });
 * mean.shape; // => [5, 3]
 * mutualInformation.min().item() > 0; // => true
 * const line = reg.mcDropout(model, ones([5, 2]), { rng, task: 'regression', tau: 10 });
 * line.variance.min().item() > 0.1; // => true
 * ```
 */
export function mcDropout(
  model: Module & Layer,
  x: Tensor,
  options: McDropoutOptions & { readonly task: 'regression' },
): McRegression;
export function mcDropout(
  model: Module & Layer,
  x: Tensor,
  options: McDropoutOptions & { readonly task?: 'classification' },
): McClassification;
export function mcDropout(
  model: Module & Layer,
  x: Tensor,
  options: McDropoutOptions,
): McRegression | McClassification {
  requireOptions('mcDropout', options, known);
  const { task = 'classification', unbiased = false, tau, ...passes } = options;
  if (task !== 'classification' && task !== 'regression') {
    throw new TypeError(
      `mcDropout: task must be 'classification' or 'regression', got "${String(task)}".`,
    );
  }
  if (task === 'classification' && tau !== undefined) {
    throw new TypeError(
      "mcDropout: tau is for task: 'regression' only, got it for a classifier.\n  Leave it out: class probabilities have no noise of their own.",
    );
  }
  requireUnbiased('mcDropout', options.samples ?? 32, unbiased);
  return noGrad(() => {
    const outputs = passesOf('mcDropout', model, x, passes);
    if (task === 'classification') return mcClassification(outputs, { unbiased });
    return mcRegression(outputs, tau === undefined ? { unbiased } : { unbiased, tau });
  });
}

const settings = [
  {
    name: 'p',
    description: 'probability of dropping a hidden unit, in training and in every pass',
    default: 0.5,
    source: 'as dropout',
    min: 0,
    max: 1,
    open: 'max',
  },
] as const satisfies readonly Argument[];

/** Registry entry of MC dropout. */
export const mcDropoutMethod: Method = {
  id: 'mc-dropout',
  section: '2.1',
  title: 'MC dropout',
  family: 'structure',
  statement: String.raw`\bar y = \frac{1}{T} \sum_{t=1}^{T} f(x; m_t), \quad \operatorname{Var} = \tau^{-1} + \frac{1}{T} \sum_t f(x; m_t)^2 - \bar y^2, \quad I = H[\bar p] - \frac{1}{T} \sum_t H[p_t]`,
  reference: {
    authors: 'Y. Gal, Z. Ghahramani',
    title: 'Dropout as a Bayesian Approximation: Representing Model Uncertainty in Deep Learning',
    venue: 'ICML',
    year: 2016,
    arxiv: '1506.02142',
  },
  arguments: settings,
  notes: [
    'It is a way to predict: training is that with dropout on the hidden units, which is what the recipe adds. What is compared is the prediction without dropout.',
    'The distribution of the weights that dropout draws from is an approximate posterior; the survey calls it the prior, and integrates over it instead of over the weights.',
    'That the network is the average of its sub-networks is exact only for linear networks, and for softmax regression with the geometric mean.',
    'Only noise is on: layers with running statistics, such as batch norm, use them, and no state moves.',
  ],
  recipe: (plan, values) => {
    const { p } = resolveArguments('mc-dropout', settings, values);
    const make = (): Dropout => new Dropout({ p });
    return { ...plan, parts: [...plan.parts, behindActivations(make)] };
  },
};

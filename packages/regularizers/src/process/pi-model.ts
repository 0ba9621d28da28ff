import { random, type Tensor } from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import { gaussianNoise } from '@tikhonov/data';
import type { StepTerm } from '@tikhonov/train';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { requireStrength, type Strength } from '../strength.ts';
import { type ConsistencyOptions, consistencyPenalty } from './consistency.ts';

/** Options of `piModelTerm`. */
export interface PiModelOptions extends Omit<ConsistencyOptions, 'sampleWeight'> {
  /** Standard deviation of Gaussian noise on the inputs of the second pass, >= 0. @defaultValue 0 */
  readonly sigma?: Strength;
}

/** Which options there are. */
export const consistencyTermNames = { lambda: true, measure: true, sigma: true } as const;

/** The inputs of a second pass. */
export const noisyInputs = (x: Tensor, sigma: Strength, key: Tensor): Tensor =>
  sigma === 0 ? x : gaussianNoise(x, { sigma, key: random.foldIn(key, 'noise') });

/**
 * The Pi-model, for `penalties` of `train.fit`: the rows of a step go through the network a second time, with
 * other dropout masks and, if `sigma` is positive, noise on the inputs; the two predictions shall agree. Gradients
 * flow through both. Without dropout and noise both passes are the same, and the term is 0.
 *
 * @throws as `consistencyPenalty`; RangeError for a negative `sigma`
 * @see Laine & Aila, "Temporal Ensembling for Semi-Supervised Learning" (2017)
 * @example
 * ```ts
 * const term = reg.piModelTerm({ lambda: 1, sigma: 0.1 });
 * typeof term; // => 'function'
 * ```
 */
export function piModelTerm(options: PiModelOptions): StepTerm {
  requireOptions('piModelTerm', options, consistencyTermNames);
  const { sigma = 0, ...penalty } = options;
  requireStrength('piModelTerm: lambda', penalty.lambda);
  requireStrength('piModelTerm: sigma', sigma);
  return ({ batch: { x, sampleWeight }, output, forward, rng }) => {
    const key = random.foldIn(rng, 'pi-model');
    const second = forward(noisyInputs(x, sigma, key), { rng: key });
    const weights = sampleWeight === undefined ? {} : { sampleWeight };
    return consistencyPenalty(second, output, { ...penalty, ...weights });
  };
}

const settings = [
  {
    name: 'lambda',
    description: 'strength, loss per squared distance of two predictions',
    default: 2,
    source: 'ours, for labelled rows of small networks',
    min: 0,
  },
  {
    name: 'sigma',
    description: 'standard deviation of the noise on the inputs of the second pass',
    default: 0.3,
    source: 'ours, for pixels in [0, 1]',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of the Pi-model. */
export const piModelMethod: Method = {
  id: 'pi-model',
  section: 'relative',
  title: 'Consistency of two passes (Pi-model)',
  family: 'process',
  statement: String.raw`\min_w L(w) + \frac{\lambda}{N} \sum_n \lVert p(x_n; \xi) - p(x_n + \sigma \varepsilon_n; \xi') \rVert_2^2`,
  reference: {
    authors: 'S. Laine, T. Aila',
    title: 'Temporal Ensembling for Semi-Supervised Learning',
    venue: 'ICLR',
    year: 2017,
    arxiv: '1610.02242',
  },
  arguments: settings,
  notes: [
    'The paper divides by the number of classes as well, and raises the strength over the first 80 epochs; give a cell for that.',
    'Meant for rows without labels; the comparison applies it to the labelled ones, with noise on the inputs in place of dropout.',
    'For small noise it is sigma^2 times the squared Frobenius norm of the Jacobian of the probabilities.',
  ],
  recipe: (plan, values) => {
    const options = resolveArguments('pi-model', settings, values);
    return { ...plan, penalties: [...plan.penalties, () => piModelTerm(options)] };
  },
  gradientCases: (draw) => {
    const shape = [draw.integer(1, 3), draw.integer(2, 3)];
    const options = { lambda: draw.pick([0, 0.7]), measure: draw.pick(['mse', 'kl'] as const) };
    return {
      f: (a, b) => consistencyPenalty(a!, b!, options),
      args: [draw.tensor(shape), draw.tensor(shape)],
    };
  },
};

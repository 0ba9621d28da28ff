import { noGrad, random, stopGradient } from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import { ema, type OptimizerTarget, type ParameterAverage } from '@tikhonov/optim';
import type { StepTerm } from '@tikhonov/train';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { requireStrength, type Strength } from '../strength.ts';
import { consistencyPenalty } from './consistency.ts';
import { consistencyTermNames, noisyInputs, type PiModelOptions } from './pi-model.ts';

/** Options of `meanTeacherTerm`. */
export interface MeanTeacherOptions extends PiModelOptions {
  /**
   * Share of the teacher that stays at each step, in [0, 1); a cell's may change between steps, as the paper's
   * does. @defaultValue 0.99
   */
  readonly decay?: Strength;
}

/** A term with the teacher that it keeps. */
export interface MeanTeacherTerm extends StepTerm {
  /** The teacher's weights: `teacher.use(() => model.forward(x))` predicts with them. */
  readonly teacher: ParameterAverage;
}

/**
 * Mean teacher, for `penalties` of `train.fit`: the predictions shall agree with those of a teacher, which is an
 * exponential average of the network's own weights, sees other masks, and is a constant. It begins as the network
 * itself and takes in the weights at every step. If `sigma` is positive, the network sees noise on the inputs
 * there, in a pass of its own, and the teacher does not.
 *
 * @param model  the network that is trained
 * @throws as `consistencyPenalty`; RangeError for a negative `sigma` or a decay outside [0, 1)
 * @see Tarvainen & Valpola, "Mean teachers are better role models" (2017)
 * @example
 * ```ts
 * const model = nn.mlp([2, 8, 2], { seed: 0 });
 * const term = reg.meanTeacherTerm(model, { lambda: 1, sigma: 0.1, decay: 0.9 });
 * const history = await train.fit(model, {
 *   train: data.moons({ n: 16, seed: 0 }),
 *   optimizer: optim.sgd(model, { lr: 0.1 }),
 *   loss: nn.crossEntropy,
 *   penalties: [term],
 *   epochs: 2,
 * });
 * term.teacher.use(() => model.forward(ones([1, 2]))).shape; // => [1, 2]
 * ```
 */
export function meanTeacherTerm(
  model: OptimizerTarget,
  options: MeanTeacherOptions,
): MeanTeacherTerm {
  requireOptions('meanTeacherTerm', options, { ...consistencyTermNames, decay: true });
  const { sigma = 0, decay = 0.99, ...penalty } = options;
  requireStrength('meanTeacherTerm: lambda', penalty.lambda);
  requireStrength('meanTeacherTerm: sigma', sigma);
  const teacher = ema(model, { decay });
  const term: StepTerm = ({ batch: { x, sampleWeight }, output, forward, rng, updateState }) => {
    if (updateState) teacher.update();
    const key = random.foldIn(rng, 'mean-teacher');
    const target = noGrad(() => teacher.use(() => forward(x, { rng: key })));
    const student = sigma === 0 ? output : forward(noisyInputs(x, sigma, key));
    const weights = sampleWeight === undefined ? {} : { sampleWeight };
    return consistencyPenalty(student, stopGradient(target), { ...penalty, ...weights });
  };
  return Object.assign(term, { teacher, state: teacher.state });
}

const settings = [
  {
    name: 'lambda',
    description: "strength, loss per squared distance from the teacher's prediction",
    default: 2,
    source: 'ours, for labelled rows of small networks',
    min: 0,
  },
  {
    name: 'decay',
    description: 'share of the teacher that stays at each step',
    default: 0.99,
    source: "the paper's for the first epochs; 0.999 later",
    min: 0,
    max: 1,
    open: 'max',
  },
  {
    name: 'sigma',
    description: "standard deviation of the noise on the student's inputs",
    default: 0.3,
    source: 'ours, for pixels in [0, 1]',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of mean teacher. */
export const meanTeacherMethod: Method = {
  id: 'mean-teacher',
  section: 'relative',
  title: 'Mean teacher',
  family: 'process',
  statement: String.raw`\min_w L(w) + \frac{\lambda}{N} \sum_n \lVert p(x_n + \sigma \varepsilon_n; w) - p(x_n; \bar w) \rVert_2^2, \quad \bar w \leftarrow d \bar w + (1 - d) w, \; \bar w \text{ constant}`,
  reference: {
    authors: 'A. Tarvainen, H. Valpola',
    title:
      'Mean teachers are better role models: Weight-averaged consistency targets improve semi-supervised deep learning results',
    venue: 'NeurIPS',
    year: 2017,
    arxiv: '1703.01780',
  },
  arguments: settings,
  notes: [
    'The teacher is an average of the weights, not of predictions, and no gradient flows through it.',
    'The teacher takes in the weights that a step begins with; the paper takes those that it ends with, which is the same sequence one step later.',
    'Meant for rows without labels; the comparison applies it to the labelled ones, and reports the student.',
  ],
  recipe: (plan, values) => {
    const options = resolveArguments('mean-teacher', settings, values);
    return { ...plan, penalties: [...plan.penalties, (model) => meanTeacherTerm(model, options)] };
  },
};

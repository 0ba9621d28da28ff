import { noGrad, random, stopGradient, sub, type Tensor } from '@tikhonov/core';
import { kindOf, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { ema, type OptimizerTarget, type ParameterAverage } from '@tikhonov/optim';
import type { StepContext, StepTerm } from '@tikhonov/train';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { gatedTerm } from '../objective/per-sample.ts';
import { requireShare } from '../share.ts';
import { requireStrength, type Strength } from '../strength.ts';
import { distillationLoss } from './distillation-loss.ts';

export { type DistillationLossOptions, distillationLoss } from './distillation-loss.ts';

/** What distillation terms have in common. */
export interface DistillationOptions {
  /** Share of the loss that the teacher's predictions have, in [0, 1]; labels have the rest. @defaultValue 0.5 */
  readonly alpha?: Strength;
  /** `T` > 0, which the logits of both are divided by. @defaultValue 4, within the 2.5 to 20 of the paper */
  readonly temperature?: Strength;
}

/** Options of `distillationTerm`. */
export interface DistillationTermOptions extends DistillationOptions {
  /** The logits `[n, classes]` that a trained network predicts for rows `[n, ...]`; constants for the student. */
  readonly teacher: (x: Tensor) => Tensor;
}

/** Options of `selfDistillationTerm`. */
export interface SelfDistillationOptions extends DistillationOptions {
  /** Share of the teacher that stays at each step, in [0, 1). @defaultValue 0.99 */
  readonly decay?: Strength;
}

/** A term with the teacher that it keeps. */
export interface SelfDistillationTerm extends StepTerm {
  /** The teacher's weights: `teacher.use(() => model.forward(x))` predicts with them. */
  readonly teacher: ParameterAverage;
}

const common: OptionNames<DistillationOptions> = { alpha: true, temperature: true };

/** The shared options with their defaults, checked when they are given; cells are again at every step. */
function settingsOf(
  caller: string,
  { alpha = 0.5, temperature = 4 }: DistillationOptions,
): Required<DistillationOptions> {
  requireShare(`${caller}: alpha`, alpha);
  requireStrength(`${caller}: temperature`, temperature, 'positive');
  return { alpha, temperature };
}

/** `alpha (distillation - data loss)`, so that the sum with the data loss is the average of both. */
function termOf(
  caller: string,
  { alpha, temperature }: Required<DistillationOptions>,
  { batch: { sampleWeight }, output, dataLoss }: StepContext,
  teacher: () => Tensor,
): Tensor {
  const weights = sampleWeight === undefined ? {} : { sampleWeight };
  return gatedTerm(requireShare(`${caller}: alpha`, alpha), dataLoss.dtype, () =>
    sub(distillationLoss(output, stopGradient(teacher()), { temperature, ...weights }), dataLoss),
  );
}

/**
 * Knowledge distillation from a trained network, for `penalties` of `train.fit`: the value
 * `alpha (T^2 KL(teacher || student) - data loss)`, so that the sum with the data loss is
 * `alpha` times the distillation loss plus `1 - alpha` times the data loss. Rows with weights count by them.
 *
 * @throws RangeError for an `alpha` outside [0, 1] or a temperature that is not > 0; TypeError unless `teacher` is
 *   a function
 * @see Hinton, Vinyals & Dean, "Distilling the Knowledge in a Neural Network" (2015)
 * @example
 * ```ts
 * const teacher = nn.mlp([2, 32, 2], { seed: 0 });
 * const student = nn.mlp([2, 4, 2], { seed: 1 });
 * const term = reg.distillationTerm({ teacher: (x) => teacher.forward(x), alpha: 0.7 });
 * const history = await train.fit(student, {
 *   train: data.moons({ n: 16, seed: 0 }),
 *   optimizer: optim.sgd(student, { lr: 0.1 }),
 *   loss: nn.crossEntropy,
 *   penalties: [term],
 *   epochs: 1,
 * });
 * history.epochs.length; // => 1
 * ```
 */
export function distillationTerm(options: DistillationTermOptions): StepTerm {
  const caller = 'distillationTerm';
  requireOptions(caller, options, { ...common, teacher: true });
  const { teacher, ...shared } = options;
  if (typeof teacher !== 'function') {
    throw new TypeError(
      `${caller}: teacher must be a function of the rows, got ${kindOf(teacher)}.\n  Pass (x) => model.forward(x).`,
    );
  }
  const settings = settingsOf(caller, shared);
  return (context) =>
    termOf(caller, settings, context, () => noGrad(() => teacher(context.batch.x)));
}

/**
 * Distillation without a second network, for `penalties` of `train.fit`: the teacher is an exponential average of
 * the weights of the network itself, sees other masks, and is a constant. It begins as the network and takes in
 * the weights at every step.
 *
 * @param model  the network that is trained
 * @throws RangeError for an `alpha` outside [0, 1], a temperature that is not > 0, or a decay outside [0, 1)
 * @see Hinton, Vinyals & Dean, "Distilling the Knowledge in a Neural Network" (2015)
 * @see Tarvainen & Valpola, "Mean teachers are better role models" (2017), for the teacher
 * @example
 * ```ts
 * const model = nn.mlp([2, 8, 2], { seed: 0 });
 * const term = reg.selfDistillationTerm(model, { alpha: 0.7, temperature: 2 });
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
export function selfDistillationTerm(
  model: OptimizerTarget,
  options: SelfDistillationOptions = {},
): SelfDistillationTerm {
  const caller = 'selfDistillationTerm';
  requireOptions(caller, options, { ...common, decay: true });
  const { decay = 0.99, ...shared } = options;
  const settings = settingsOf(caller, shared);
  const teacher = ema(model, { decay });
  const term: StepTerm = (context) => {
    const { batch, forward, rng, updateState } = context;
    if (updateState) teacher.update();
    const key = random.foldIn(rng, 'knowledge-distillation');
    return termOf(caller, settings, context, () =>
      noGrad(() => teacher.use(() => forward(batch.x, { rng: key }))),
    );
  };
  return Object.assign(term, { teacher, state: teacher.state });
}

const settings = [
  {
    name: 'alpha',
    description: "share of the loss that the teacher's predictions have",
    default: 0.7,
    source: 'ours, for labels of which some are wrong',
    min: 0,
    max: 1,
  },
  {
    name: 'temperature',
    description: 'what the logits of both are divided by',
    default: 4,
    source: 'within the 2.5 to 20 of the paper',
    min: 0,
    open: 'min',
  },
  {
    name: 'decay',
    description: 'share of the teacher that stays at each step',
    default: 0.99,
    source: 'as that of mean teacher',
    min: 0,
    max: 1,
    open: 'max',
  },
] as const satisfies readonly Argument[];

/** Registry entry of knowledge distillation. */
export const knowledgeDistillationMethod: Method = {
  id: 'knowledge-distillation',
  section: 'relative',
  title: 'Knowledge distillation',
  family: 'process',
  statement: String.raw`\min_w (1 - \alpha) L(w) + \frac{\alpha T^2}{N} \sum_n \mathrm{KL}\left(\mathrm{softmax}(\bar z_n / T) \middle\Vert \mathrm{softmax}(z_n / T)\right), \quad \bar z \text{ the logits of a teacher, constant}`,
  reference: {
    authors: 'G. Hinton, O. Vinyals, J. Dean',
    title: 'Distilling the Knowledge in a Neural Network',
    venue: 'NIPS Deep Learning and Representation Learning Workshop',
    year: 2015,
    arxiv: '1503.02531',
  },
  arguments: settings,
  notes: [
    'The factor T^2 is in the paper: gradients of soft targets scale as 1 / T^2, so with it the shares stay when the temperature changes.',
    'The paper adds the cross-entropy with the soft targets; the divergence used here differs by the entropy of the teacher, a constant, and is 0 where the student agrees.',
    "A comparison has no trained teacher at hand: the recipe distils from an exponential average of the network's own weights, as mean teacher does. With a teacher of your own use `distillationTerm`.",
  ],
  recipe: (plan, values) => {
    const options = resolveArguments('knowledge-distillation', settings, values);
    return {
      ...plan,
      penalties: [...plan.penalties, (model) => selfDistillationTerm(model, options)],
    };
  },
  gradientCases: (draw) => {
    const shape = [draw.integer(1, 3), draw.integer(2, 4)];
    const [teacher, temperature] = [draw.tensor(shape), draw.pick([1, 0.7, 4])];
    return {
      f: (z) => distillationLoss(z!, teacher, { temperature }),
      args: [draw.tensor(shape)],
    };
  },
};

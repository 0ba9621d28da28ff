import {
  add,
  check,
  lessEqual,
  matmul,
  mean,
  random,
  sub,
  type Tensor,
  tanh,
} from '@tikhonov/core';
import { crossEntropy } from '@tikhonov/nn';
import type { StepTerm } from '@tikhonov/train';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { requireStrength, type Strength } from '../strength.ts';
import {
  type AdversarialExampleOptions,
  type ProjectedStepsOptions,
  perturbed,
  requirePerturbation,
  type SingleStepOptions,
} from './adversarial-example.ts';
import {
  gatedTerm,
  gradientsPerSample,
  type IgnoredRows,
  lossesOf,
  requireBatch,
  rowWeights,
  type SampleLosses,
  stepGradients,
} from './per-sample.ts';

/** What the share of the clean loss is. */
interface AlphaOption {
  /** Weight of the loss at the inputs themselves, in [0, 1]. @defaultValue 0.5, as Goodfellow et al. */
  readonly alpha?: Strength;
}

/** Options of `adversarialLoss`. */
export type AdversarialLossOptions = AdversarialExampleOptions & AlphaOption;

/** Options of `adversarialTerm`; a random start is drawn anew in every step. */
export type AdversarialTermOptions =
  | (SingleStepOptions & AlphaOption & IgnoredRows)
  | (Omit<ProjectedStepsOptions, 'start' | 'key'> & AlphaOption & IgnoredRows);

/**
 * Adversarial training: `alpha * mean loss(x) + (1 - alpha) * mean loss(xAdv)`, with the inputs moved against the
 * model by `adversarialExample`. `xAdv` is a constant, so the gradient is that of two losses at given inputs.
 *
 * @param losses  one per sample, `[n, ...] -> [n]`; called for the gradients, at `x` and at `xAdv`, always in
 *   the same mode: with the same masks, running statistics left alone
 * @param x  `[n, ...]`, floating
 * @returns scalar `[]`
 * @throws RangeError for `alpha` outside [0, 1]; else as `adversarialExample`
 * @see Goodfellow, Shlens & Szegedy, "Explaining and Harnessing Adversarial Examples" (2015)
 * @example
 * ```ts
 * const losses = (x: Tensor) => x.matmul(tensor([[3], [-4]])).reshape([-1]);
 * reg.adversarialLoss(losses, tensor([[1, 1]]), { epsilon: 0.5 }).item(); // => -1 + 0.5 * 0.5 * 7
 * ```
 */
export function adversarialLoss(
  losses: SampleLosses,
  x: Tensor,
  options: AdversarialLossOptions,
): Tensor {
  const caller = 'adversarialLoss';
  requirePerturbation(caller, options, { alpha: true });
  const alpha = requireShare(caller, options.alpha);
  requireBatch(caller, x);
  const meanAt = (rows: Tensor): Tensor => mean(lossesOf(caller, losses, rows));
  const clean = gatedTerm(alpha, x.dtype, () => meanAt(x));
  const adversarial = gatedTerm(rest(alpha), x.dtype, () =>
    meanAt(
      perturbed(
        caller,
        (rows) => gradientsPerSample(caller, losses, rows, { createGraph: false }),
        x,
        options,
      ),
    ),
  );
  return add(clean, adversarial);
}

/**
 * What makes adversarial training of the data loss, for `penalties` of `train.fit`: the value
 * `(1 - alpha) (loss(xAdv) - loss(x))`, so that the sum with the data loss is `adversarialLoss`. With the loss
 * that is trained, the masks of the step, and running statistics left alone. A loss that leaves rows out by
 * `ignoreIndex` is a mean over the others: give the term the same, or `'gradient'` moves the rows too far.
 *
 * @throws as `adversarialLoss`
 * @example
 * ```ts
 * const term = reg.adversarialTerm({ direction: 'pgd', epsilon: 0.1, steps: 3 });
 * typeof term; // => 'function'
 * ```
 */
export function adversarialTerm(options: AdversarialTermOptions): StepTerm {
  const caller = 'adversarialTerm';
  for (const name of ['start', 'key'] as const) {
    if (Object.hasOwn(options, name)) {
      throw new TypeError(
        `${caller}: has no option "${name}".\n  Every step starts at another random place.`,
      );
    }
  }
  requirePerturbation(caller, options, { alpha: true, ignoreIndex: true });
  requireShare(caller, options.alpha);
  return (context) => {
    const { dataLoss, forward, loss, rng } = context;
    const x = requireBatch(caller, context.batch.x);
    const drawn: AdversarialExampleOptions =
      options.direction === 'pgd'
        ? { ...options, key: random.foldIn(rng, 'adversarial-training') }
        : options;
    return gatedTerm(rest(requireShare(caller, options.alpha)), dataLoss.dtype, () => {
      const weights = rowWeights(caller, context, options);
      const gradients = (rows: Tensor): Tensor =>
        stepGradients(context, rows, { createGraph: false, weights });
      return sub(loss(forward(perturbed(caller, gradients, x, drawn))), dataLoss);
    });
  };
}

function requireShare(caller: string, alpha: Strength = 0.5): number | Tensor {
  const wanted = `${caller}: alpha must be in [0, 1]`;
  const share = requireStrength(`${caller}: alpha`, alpha);
  if (typeof share !== 'number') {
    check(lessEqual(share, 1), () => new RangeError(`${wanted}, got ${String(share)}.`));
  } else if (share > 1) throw new RangeError(`${wanted}, got ${share}.`);
  return share;
}

const rest = (share: number | Tensor): number | Tensor =>
  typeof share === 'number' ? 1 - share : sub(1, share);

const settings = [
  {
    name: 'epsilon',
    description: 'how far every element of a row moves, in units of the input',
    default: 0.1,
    source: 'ours, for images with pixels in [0, 1]',
    min: 0,
  },
  {
    name: 'alpha',
    description: 'weight of the loss at the rows themselves',
    default: 0.5,
    source: 'section 6 of the paper',
    min: 0,
    max: 1,
  },
] as const satisfies readonly Argument[];

/** Registry entry of adversarial training. */
export const adversarialTrainingMethod: Method = {
  id: 'adversarial-training',
  section: '1.9',
  title: 'Adversarial training (FGSM)',
  family: 'objective',
  statement: String.raw`\min_\theta \alpha L(x) + (1 - \alpha) L(x + \varepsilon \, \mathrm{sign} \nabla_x L(x))`,
  reference: {
    authors: 'I. J. Goodfellow, J. Shlens, C. Szegedy',
    title: 'Explaining and Harnessing Adversarial Examples',
    venue: 'ICLR',
    year: 2015,
    arxiv: '1412.6572',
  },
  arguments: settings,
  notes: [
    "The survey perturbs by the gradient itself (direction 'gradient'); the paper by its sign, which is what the recipe does.",
    'Agreement with a gradient penalty is of first order only: l1 for the sign, l2 for the normalized gradient, l2-squared for the gradient.',
    'The perturbed inputs are constants in the gradient; a sample whose gradient is 0 stays where it is.',
    'Gradients are taken in training mode, with the masks of the step and without moving running statistics.',
    'Evaluation reports the loss at the inputs themselves.',
  ],
  recipe: (plan, values) => {
    const options = resolveArguments('adversarial-training', settings, values);
    return { ...plan, penalties: [...plan.penalties, () => adversarialTerm(options)] };
  },
  gradientCases: (draw) => {
    const [n, inputs, classes] = [draw.integer(1, 3), draw.integer(1, 3), draw.integer(2, 3)];
    const [x, y] = [draw.tensor([n, inputs]), draw.integers([n], 0, classes - 1)];
    // The moved inputs are constants: a step of size 0 from a given start leaves them the same for all weights.
    const start = draw.tensor([n, inputs], { min: -1, max: 1 });
    const alpha = draw.pick([0, 0.5, 1]);
    return {
      f: (w) =>
        adversarialLoss(
          (rows) => crossEntropy(tanh(matmul(rows, w!)), y, { reduction: 'none' }),
          x,
          { direction: 'pgd', epsilon: 1, steps: 1, stepSize: 0, start, alpha },
        ),
      args: [draw.tensor([inputs, classes])],
    };
  },
};

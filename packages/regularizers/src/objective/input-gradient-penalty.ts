import { abs, add, mean, sqrt, square, type Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions, showValue } from '@tikhonov/core/engine';
import { crossEntropy } from '@tikhonov/nn';
import type { StepTerm } from '@tikhonov/train';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { requireStrength, type Strength } from '../strength.ts';
import {
  gatedTerm,
  gradientsPerSample,
  type IgnoredRows,
  meanOverSamples,
  normPerSample,
  requireBatch,
  rowWeights,
  type SampleLosses,
  stepGradients,
  sumPerSample,
} from './per-sample.ts';

/** What is averaged over the samples' gradients `g`. */
export type GradientSize = 'l2-squared' | 'l2' | 'l1';

/** Options of `inputGradientPenalty`. */
export interface InputGradientPenaltyOptions {
  /** Strength, >= 0; loss per mean size of a sample's gradient. */
  readonly lambda: Strength;
  /** `sum g^2`, its root, or `sum |g|`. @defaultValue 'l2-squared', as Ross & Doshi-Velez */
  readonly norm?: GradientSize;
  /** Added under the root of `'l2'`, >= 0. @defaultValue 0, where the gradient at `g = 0` is 0 */
  readonly eps?: number;
}

const known: OptionNames<InputGradientPenaltyOptions> = { lambda: true, norm: true, eps: true };

/**
 * The gradient of each sample's loss with respect to the sample itself, `g_n = d loss_n / d x_n`. What is
 * differentiated is the sum of the losses: their mean would give `g_n / n`. Can be differentiated further.
 *
 * A model that mixes samples, as batch normalization in training does, adds to `g_n` what `x_n` does to the
 * losses of the others.
 *
 * @param losses  one per sample, `[n, ...] -> [n]`
 * @param x  `[n, ...]`, floating
 * @returns `[n, ...]`
 * @throws ShapeError unless the losses are one per sample; DTypeError if `x` is not floating
 * @example
 * ```ts
 * const losses = (x: Tensor) => square(x).sum({ axis: 1 });
 * reg.inputGradients(losses, tensor([[1, 2], [3, 4]])).toArray(); // => [[2, 4], [6, 8]]
 * ```
 */
export const inputGradients = (losses: SampleLosses, x: Tensor): Tensor =>
  gradientsPerSample('inputGradients', losses, requireBatch('inputGradients', x));

/**
 * Gradient penalty on inputs, `lambda * mean over samples of size(d loss_n / d x_n)`: small changes of an
 * input shall not change its loss much (double backpropagation). To first order, training on inputs that
 * are moved by `epsilon` against the model adds the same: along the gradient for `'l2-squared'`, by its
 * signs (FGSM) for `'l1'`, along the normalized gradient for `'l2'`.
 *
 * @param losses  one per sample, `[n, ...] -> [n]`: with `{ reduction: 'none' }`. See `inputGradients` about
 *   models that mix samples
 * @param x  `[n, ...]`, floating; the sizes run over all axes but the first
 * @returns scalar `[]`; exactly 0 with zero gradient if `lambda` is 0
 * @throws RangeError for a bad `lambda` or `eps` or an unknown norm; ShapeError unless the losses are one
 *   per sample, or for no samples; DTypeError if `x` is not floating
 * @see Drucker & Le Cun, "Improving generalization performance using double backpropagation" (1992)
 * @see Ross & Doshi-Velez, "Improving the Adversarial Robustness and Interpretability of Deep Neural
 *   Networks by Regularizing their Input Gradients" (2018)
 * @example
 * ```ts
 * const losses = (x: Tensor) => square(x).sum({ axis: 1 }).mul(0.5);
 * const x = tensor([[3, -4], [0, 0]]);
 * reg.inputGradientPenalty(losses, x, { lambda: 1 }).item(); // => 12.5
 * reg.inputGradientPenalty(losses, x, { lambda: 1, norm: 'l1' }).item(); // => 3.5
 * ```
 */
export function inputGradientPenalty(
  losses: SampleLosses,
  x: Tensor,
  options: InputGradientPenaltyOptions,
): Tensor {
  const { lambda, size } = settingsOf('inputGradientPenalty', options);
  requireBatch('inputGradientPenalty', x);
  const term = (): Tensor => mean(size(gradientsPerSample('inputGradientPenalty', losses, x)));
  return gatedTerm(lambda, x.dtype, term);
}

/**
 * The gradient penalty on the inputs of each step, for `penalties` of `train.fit`: with the data loss that is
 * trained, the masks of the step, and running statistics left alone. Rows with weights count by them. A loss
 * that leaves rows out by `ignoreIndex` is a mean over the others: give the term the same.
 *
 * @throws as `inputGradientPenalty`
 * @example
 * ```ts
 * const term = reg.inputGradientTerm({ lambda: 0.1, norm: 'l2' });
 * typeof term; // => 'function'
 * ```
 */
export function inputGradientTerm(options: InputGradientPenaltyOptions & IgnoredRows): StepTerm {
  const caller = 'inputGradientTerm';
  const { ignoreIndex, ...penalty } = options;
  settingsOf(caller, penalty);
  return (context) => {
    const { lambda, size } = settingsOf(caller, penalty);
    const x = requireBatch(caller, context.batch.x);
    return gatedTerm(lambda, x.dtype, () => {
      const weights = rowWeights(caller, context, options);
      return meanOverSamples(
        size(stepGradients(context, x, { createGraph: true, weights })),
        weights,
      );
    });
  };
}

function settingsOf(
  caller: string,
  options: InputGradientPenaltyOptions,
): { readonly lambda: number | Tensor; readonly size: (g: Tensor) => Tensor } {
  requireOptions(caller, options, known);
  const { norm = 'l2-squared', eps = 0 } = options;
  requireEps(caller, eps);
  const sizes: Readonly<Record<GradientSize, (g: Tensor) => Tensor>> = {
    'l2-squared': (g) => sumPerSample(square(g)),
    l2: (g) => lengthPerSample(g, eps),
    l1: (g) => sumPerSample(abs(g)),
  };
  if (!Object.hasOwn(sizes, norm)) {
    throw new RangeError(
      `${caller}: norm must be 'l2-squared', 'l2' or 'l1', got ${showValue(norm)}.`,
    );
  }
  return { lambda: requireStrength(`${caller}: lambda`, options.lambda), size: sizes[norm] };
}

/** A RangeError unless `eps` can be added under a root. */
export function requireEps(caller: string, eps: number): void {
  if (!(typeof eps === 'number' && eps >= 0 && eps < Infinity)) {
    throw new RangeError(`${caller}: eps must be finite and >= 0, got ${String(eps)}.`);
  }
}

/** `sqrt(sum g^2 + eps)` of each sample; without `eps` its gradient at 0 is 0. */
export const lengthPerSample = (g: Tensor, eps: number): Tensor =>
  eps === 0 ? normPerSample(g) : sqrt(add(sumPerSample(square(g)), eps));

const settings = [
  {
    name: 'lambda',
    description: "strength, loss per mean squared norm of a row's input gradient",
    default: 0.2,
    source: 'ours, for small networks',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of the gradient penalty on inputs. */
export const inputGradientPenaltyMethod: Method = {
  id: 'input-gradient-penalty',
  section: '1.9',
  title: 'Gradient penalty on inputs (double backpropagation)',
  family: 'objective',
  statement: String.raw`\min_\theta \frac{1}{N} \sum_n \ell_n(x_n) + \frac{\lambda}{N} \sum_n \lVert \nabla_{x_n} \ell_n(x_n) \rVert_2^2`,
  reference: {
    authors: 'A. S. Ross, F. Doshi-Velez',
    title:
      'Improving the Adversarial Robustness and Interpretability of Deep Neural Networks by Regularizing their Input Gradients',
    venue: 'AAAI',
    year: 2018,
    arxiv: '1711.09404',
  },
  arguments: settings,
  notes: [
    'The survey calls the penalty and adversarial training equivalent; they agree to first order in the size of the perturbation only.',
    "The survey's perturbation is the gradient itself. FGSM, its sign, yields the L1 norm of the gradient and not the squared L2 norm.",
    "The linked post on Lipschitz continuity writes max(||g||, 1), which is the one-sided penalty ('wgan-lp') up to a constant.",
    'The gradient of the mean loss is g / N: the penalty differentiates the sum.',
    'Models that mix samples, as batch normalization in training, add cross terms to the gradients.',
  ],
  recipe: (plan, values) => {
    const { lambda } = resolveArguments('input-gradient-penalty', settings, values);
    return { ...plan, penalties: [...plan.penalties, () => inputGradientTerm({ lambda })] };
  },
  gradientCases: (draw) => {
    const [n, inputs, classes] = [draw.integer(1, 3), draw.integer(1, 3), draw.integer(2, 3)];
    const y = draw.integers([n], 0, classes - 1);
    const lambda = draw.pick([0, 0.3]);
    const norm = draw.pick<GradientSize>(['l2-squared', 'l2']);
    return {
      f: (x, w) =>
        inputGradientPenalty(
          (rows) => crossEntropy(rows.matmul(w!), y, { reduction: 'none' }),
          x!,
          { lambda, norm, eps: norm === 'l2' ? 0.1 : 0 },
        ),
      args: [draw.tensor([n, inputs]), draw.tensor([inputs, classes])],
    };
  },
};

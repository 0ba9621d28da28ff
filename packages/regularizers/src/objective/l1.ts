import { abs, add, astype, div, log, mul, sum, type Tensor, type TensorLike } from '@tikhonov/core';
import { asTensor, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { softThreshold } from '@tikhonov/optim';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import {
  countElements,
  type PenaltyTarget,
  type SelectOptions,
  selectParameters,
  sumOver,
} from '../parameters.ts';
import { gated, inDType, requireStrength, type Strength, scaled } from '../strength.ts';

export { type Prox, proximal, proximalStep, softThreshold } from '@tikhonov/optim';

/** Options of `l1`. */
export interface L1Options extends SelectOptions {
  /** Strength, >= 0; loss per unit of weight. */
  readonly lambda: Strength;
}

const known: OptionNames<L1Options> = {
  lambda: true,
  filter: 'function',
};

/**
 * Sum of absolute values, `lambda * sum |w|`: the lasso, the negative logarithm of a Laplace prior. The
 * gradient is `lambda * sign(w)`, and 0 at `w = 0`, one of its subgradients. Gradient steps make weights
 * small; exact zeros come from `proxL1`.
 *
 * @param params  tensors of any shapes `[...s]`, or a network (its weights, not its biases)
 * @returns scalar `[]`, dtype of the parameters; 0 for an empty list; exactly 0 with zero gradient if
 *   `lambda` is 0
 * @throws RangeError if `lambda` is negative or not finite
 * @see Tibshirani, "Regression Shrinkage and Selection via the Lasso" (1996)
 * @example
 * ```ts
 * reg.l1(tensor([3, -4]), { lambda: 0.5 }).item(); // => 3.5
 * ```
 */
export function l1(params: PenaltyTarget, options: L1Options): Tensor {
  requireOptions('l1', options, known);
  const lambda = requireStrength('l1: lambda', options.lambda);
  const selected = selectParameters('l1', params, options);
  return scaled(
    lambda,
    sumOver(selected, (w) => sum(abs(gated(lambda, w)))),
  );
}

/** Options of `laplacePrior`. */
export interface LaplacePriorOptions extends SelectOptions {
  /** The scale `b` of the density, > 0; its variance is `2 b^2`. */
  readonly scale: Strength;
}

/**
 * Negative log density of a Laplace prior, `sum |w| / b + d log(2 b)` for `d` weights: `l1` with
 * `lambda = 1 / b` plus a constant, when the data term is a *summed* negative log likelihood.
 *
 * @returns scalar `[]`
 * @throws RangeError if `scale` is not finite and > 0
 * @example
 * ```ts
 * reg.laplacePrior(tensor([1, -2]), { scale: 1 }).item(); // => 3 + 2 * Math.log(2)
 * ```
 */
export function laplacePrior(params: PenaltyTarget, options: LaplacePriorOptions): Tensor {
  requireOptions('laplacePrior', options, { scale: true, filter: 'function' });
  const scale = requireStrength('laplacePrior: scale', options.scale, 'positive');
  const selected = selectParameters('laplacePrior', params, options);
  const d = countElements(selected);
  const energy = sumOver(selected, (w) => sum(abs(div(w, inDType(scale, w.dtype)))));
  return typeof scale === 'number'
    ? add(energy, d * Math.log(2 * scale))
    : add(add(energy, mul(astype(log(scale), energy.dtype), d)), d * Math.LN2);
}

/**
 * The proximal map of `lambda * sum |w|` for a step, `softThreshold(v, step * lambda)`: applied after a
 * gradient step of size `step` (ISTA), it sets small weights to exactly 0. `[...s] -> [...s]`. What acts behind an
 * optimizer's step, `proximal(optim.proxL1(lambda), lr)`, takes the step from it: `optim.proxL1(lambda)` is the
 * operator itself, a function of tensor and step.
 *
 * @throws RangeError if `lambda` or `step` is negative or not finite
 * @see Beck & Teboulle, "A Fast Iterative Shrinkage-Thresholding Algorithm" (2009)
 * @example
 * ```ts
 * reg.proxL1(tensor([0.3, -1]), { lambda: 5, step: 0.1 }).toArray(); // => [0, -0.5]
 * ```
 */
export function proxL1(
  v: TensorLike,
  options: { readonly lambda: Strength; readonly step: Strength },
): Tensor {
  requireOptions('proxL1', options, { lambda: true, step: true });
  const lambda = requireStrength('proxL1: lambda', options.lambda);
  const step = requireStrength('proxL1: step', options.step);
  const x = asTensor(v);
  if (typeof lambda === 'number' && typeof step === 'number')
    return softThreshold(x, step * lambda);
  return softThreshold(x, mul(inDType(step, x.dtype), inDType(lambda, x.dtype)));
}

const settings = [
  {
    name: 'lambda',
    description: 'strength, loss per unit of weight',
    default: 1e-3,
    source: "ours, for small networks trained with Adam; Keras' alias 'l1' means 0.01",
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of L1 regularization. */
export const l1Method: Method = {
  id: 'l1',
  section: '1.2',
  title: 'L1 regularization (lasso)',
  family: 'objective',
  statement: String.raw`\min_w L(w) + \lambda \sum_i |w_i|`,
  reference: {
    authors: 'R. Tibshirani',
    title: 'Regression Shrinkage and Selection via the Lasso',
    venue: 'Journal of the Royal Statistical Society B 58(1)',
    year: 1996,
    doi: '10.1111/j.2517-6161.1996.tb02080.x',
  },
  arguments: settings,
  notes: [
    "The survey's last line of the derivation from the prior lost a minus and would minimise the likelihood.",
    'The survey writes the scale of the Laplace density as a variance; it is the scale b, and the variance is 2 b^2.',
    'Subgradient steps do not produce exact zeros; proxL1 does.',
  ],
  recipe: (plan, values) => {
    const { lambda } = resolveArguments('l1', settings, values);
    return { ...plan, penalties: [...plan.penalties, (model) => () => l1(model, { lambda })] };
  },
  gradientCases: (draw) => {
    const lambda = draw.pick([0, 0.01, 0.7]);
    const args = [draw.shape(), draw.shape()].map((shape) => draw.tensor(shape, { avoid: [0] }));
    return { f: (...tensors) => l1(tensors, { lambda }), args };
  },
};

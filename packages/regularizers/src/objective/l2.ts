import {
  add,
  astype,
  div,
  log,
  mul,
  norm,
  square,
  sum,
  type Tensor,
  type TensorLike,
} from '@tikhonov/core';
import { asTensor, type OptionNames, requireOptions } from '@tikhonov/core/engine';
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

/** Options of `l2`. */
export interface L2Options extends SelectOptions {
  /** Strength, >= 0; loss per squared weight. */
  readonly lambda: Strength;
  /** Halve the penalty, so that its gradient is `lambda * w`. @defaultValue false */
  readonly half?: boolean;
}

const known: OptionNames<L2Options> = {
  lambda: true,
  half: 'boolean',
  filter: 'function',
};

/**
 * Squared Euclidean norm, `lambda * sum w^2`: the negative logarithm of a Gaussian prior, ridge
 * regression, Tikhonov regularization. The gradient is `2 lambda w`.
 *
 * `half: false` is Keras' `L2`; `half: true` is what PyTorch's `weight_decay` adds to the gradient.
 *
 * @param params  tensors of any shapes `[...s]`, or a network (its weights, not its biases)
 * @returns scalar `[]`, dtype of the parameters; 0 for an empty list; exactly 0 with zero gradient if
 *   `lambda` is 0, even for infinite weights
 * @throws RangeError if `lambda` is negative or not finite
 * @see Hoerl & Kennard, "Ridge Regression: Biased Estimation for Nonorthogonal Problems" (1970)
 * @see Krogh & Hertz, "A Simple Weight Decay Can Improve Generalization" (1991)
 * @example
 * ```ts
 * reg.l2(tensor([3, -4]), { lambda: 0.1 }).item(); // => 2.5
 * reg.l2([tensor([3]), tensor([[4]])], { lambda: 0.1, half: true }).item(); // => 1.25
 * ```
 */
export function l2(params: PenaltyTarget, options: L2Options): Tensor {
  requireOptions('l2', options, known);
  const lambda = requireStrength('l2: lambda', options.lambda);
  const selected = selectParameters('l2', params, options);
  const total = sumOver(selected, (w) => sum(square(gated(lambda, w))));
  // Halving is exact, so the gradient with `half` is lambda * w to the last bit.
  return scaled(lambda, options.half === true ? mul(total, 0.5) : total);
}

/** Options of `gaussianPrior`. */
export interface GaussianPriorOptions extends SelectOptions {
  /** Standard deviation of every weight, > 0. */
  readonly sigma: Strength;
}

/**
 * Negative log density of a Gaussian prior, `-log N(w; 0, sigma^2 I) = sum w^2 / (2 sigma^2) + d log
 * sigma + (d / 2) log(2 pi)` for `d` weights. It is `l2` with `lambda = 1 / (2 sigma^2)` plus a
 * constant, when the data term is a *summed* negative log likelihood; for a mean over N samples divide
 * by N. A cell as `sigma` can be learned.
 *
 * @returns scalar `[]`
 * @throws RangeError if `sigma` is not finite and > 0
 * @example
 * ```ts
 * reg.gaussianPrior(tensor([1, 2]), { sigma: 1 }).item(); // => 2.5 + Math.log(2 * Math.PI)
 * ```
 */
export function gaussianPrior(params: PenaltyTarget, options: GaussianPriorOptions): Tensor {
  requireOptions('gaussianPrior', options, { sigma: true, filter: 'function' });
  const sigma = requireStrength('gaussianPrior: sigma', options.sigma, 'positive');
  const selected = selectParameters('gaussianPrior', params, options);
  const d = countElements(selected);
  // Dividing first, so that a small sigma does not underflow when squared.
  const energy = sumOver(selected, (w) => mul(sum(square(div(w, inDType(sigma, w.dtype)))), 0.5));
  const normaliser = (d / 2) * Math.log(2 * Math.PI);
  return typeof sigma === 'number'
    ? add(energy, d * Math.log(sigma) + normaliser)
    : add(add(energy, mul(astype(log(sigma), energy.dtype), d)), normaliser);
}

/**
 * Frobenius norm `sqrt(sum w^2)`, without overflow; the gradient is `w / ||w||`, and 0 at `w = 0`.
 *
 * @param w  any shape `[...s]`
 * @returns scalar `[]`
 * @example
 * ```ts
 * reg.frobeniusNorm(tensor([[3, 0], [0, 4]])).item(); // => 5
 * ```
 */
export const frobeniusNorm = (w: TensorLike): Tensor => norm(w);

/**
 * The proximal map of `lambda * sum w^2`, `v / (1 + 2 step lambda)`. `[...s] -> [...s]`. `optim.proxL2(lambda)` is
 * the operator for `proximal`, which brings the step.
 *
 * @throws RangeError if `lambda` or `step` is negative or not finite
 * @see Parikh & Boyd, "Proximal Algorithms" (2014)
 * @example
 * ```ts
 * reg.proxL2(tensor([3]), { lambda: 0.5, step: 2 }).toArray(); // => [1]
 * ```
 */
export function proxL2(
  v: TensorLike,
  options: { readonly lambda: Strength; readonly step: Strength },
): Tensor {
  requireOptions('proxL2', options, { lambda: true, step: true });
  const lambda = requireStrength('proxL2: lambda', options.lambda);
  const step = requireStrength('proxL2: step', options.step);
  return shrink(v, lambda, step);
}

/** `v / (1 + 2 step lambda)` with strengths that were checked. */
export function shrink(v: TensorLike, lambda: number | Tensor, step: number | Tensor): Tensor {
  const x = asTensor(v);
  if (typeof lambda === 'number' && typeof step === 'number') return div(x, 1 + 2 * step * lambda);
  const product = mul(inDType(lambda, x.dtype), inDType(step, x.dtype));
  return div(x, add(mul(product, 2), 1));
}

const settings = [
  {
    name: 'lambda',
    description: 'strength, loss per squared weight',
    default: 3e-3,
    source: "ours, for small networks trained with Adam; Keras' alias 'l2' means 0.01",
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of L2 regularization. */
export const l2Method: Method = {
  id: 'l2',
  section: '1.1',
  title: 'L2 regularization (ridge)',
  family: 'objective',
  statement: String.raw`\min_w L(w) + \lambda \sum_i w_i^2`,
  reference: {
    authors: 'A. E. Hoerl, R. W. Kennard',
    title: 'Ridge Regression: Biased Estimation for Nonorthogonal Problems',
    venue: 'Technometrics 12(1)',
    year: 1970,
    doi: '10.1080/00401706.1970.10488634',
  },
  arguments: settings,
  notes: [
    'The survey multiplies the weights by 1 - alpha lambda per step; from its own objective the factor is 1 - 2 alpha lambda.',
    'The survey reads Adam with L2 as a step of 2 alpha lambda sign(w). Adam divides by the gradient size, so on the penalty alone the first step is alpha sign(w) whatever lambda is; that is why weight decay is a method of its own.',
    "The survey's Gaussian prior of a vector has the normaliser of one dimension; for d weights it is (d / 2) log(2 pi sigma^2), which does not depend on the weights.",
    'The survey writes the same norm for vectors here, for spectral norms and for Frobenius norms elsewhere; here it is that of all weights as one vector.',
    'The survey sums the log likelihood in one display and averages the loss in another: the strengths differ by the number of samples. Here data losses are means and penalties are sums.',
  ],
  recipe: (plan, values) => {
    const { lambda } = resolveArguments('l2', settings, values);
    return { ...plan, penalties: [...plan.penalties, (model) => () => l2(model, { lambda })] };
  },
  gradientCases: (draw) => {
    const lambda = draw.pick([0, 0.01, 0.7]);
    const half = draw.pick([true, false]);
    const args = [draw.tensor(draw.shape()), draw.tensor(draw.shape())];
    return { f: (...tensors) => l2(tensors, { lambda, half }), args };
  },
};

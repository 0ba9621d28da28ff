import {
  add,
  DTypeError,
  div,
  exp,
  greater,
  greaterEqual,
  log,
  mul,
  ShapeError,
  square,
  sub,
  type Tensor,
  type TensorLike,
  tensor,
  where,
} from '@tikhonov/core';
import { asTensor, check, requireOptions, showShape } from '@tikhonov/core/engine';
import { lossPair } from './pair.ts';
import { type RowLossOptions, reduceRows, rowLossNames } from './row-weights.ts';

/** Options of `gaussianNllLoss`. */
export interface GaussianNllLossOptions extends RowLossOptions {
  /** Whether to add the constant `log(2 pi) / 2`. @defaultValue false */
  readonly full?: boolean;
  /** Smallest variance, > 0. @defaultValue 1e-6, as PyTorch */
  readonly eps?: number;
}

/**
 * Negative log-likelihood of a normal distribution, `(log v + (mean - target)^2 / v) / 2`, with
 * `v = max(variance, eps)`; where the variance is raised it gets no gradient (PyTorch gives it that at
 * `eps`).
 *
 * @param mean  `[...s]`
 * @param target  `[...s]`; gets a gradient too
 * @param variance  `>= 0`, broadcasts to `[...s]`
 * @returns scalar, or `[...s]` with reduction `'none'`
 * @throws ShapeError if shapes do not fit; DTypeError unless all are of one floating dtype; RangeError
 * for a negative variance or weight, unless `eps > 0`, or for weights that sum to 0
 * @see Nix & Weigend, "Estimating the mean and variance of the target probability distribution", ICNN 1994
 * @example
 * ```ts
 * nn.gaussianNllLoss(tensor([1]), tensor([3]), tensor([4])).item(); // => (Math.log(4) + 1) / 2
 * ```
 */
export function gaussianNllLoss(
  mean: TensorLike,
  target: TensorLike,
  variance: TensorLike,
  options: GaussianNllLossOptions = {},
): Tensor {
  const name = 'gaussianNllLoss';
  requireOptions(name, options, { ...rowLossNames, full: true, eps: true });
  const { full = false, eps = 1e-6 } = options;
  const [y, t] = lossPair(name, mean, target);
  requireEps(name, eps, y);
  const v =
    typeof variance === 'number'
      ? tensor(variance, { dtype: y.dtype })
      : asTensor(variance, 'gaussianNllLoss');
  const lead = y.rank - v.rank;
  if (lead < 0 || v.shape.some((n, k) => n !== 1 && n !== y.shape[lead + k])) {
    throw new ShapeError(
      `${name}: variance ${showShape(v.shape)} does not broadcast to ${showShape(y.shape)}.`,
    );
  }
  if (v.dtype !== y.dtype) {
    throw new DTypeError(
      `${name}: mean is ${y.dtype}, variance ${v.dtype}.\n  Cast with astype('${y.dtype}').`,
    );
  }
  check(
    greaterEqual(v, 0),
    () => new RangeError(`${name}: variance must be >= 0, got ${String(v)}.`),
  );
  const losses = (mu: Tensor, target: Tensor, variances: Tensor): Tensor => {
    const raised = where(greater(variances, eps), variances, eps);
    const varying = mul(add(log(raised), div(square(sub(mu, target)), raised)), 0.5);
    return full ? add(varying, Math.log(2 * Math.PI) / 2) : varying;
  };
  return reduceRows(name, [y, t, v], losses, options);
}

/** Options of `poissonNllLoss`. */
export interface PoissonNllLossOptions extends RowLossOptions {
  /** Whether the input is the logarithm of the rate. @defaultValue true */
  readonly logInput?: boolean;
  /** Whether to add Stirling's approximation of `log target!` for targets above 1. @defaultValue false */
  readonly full?: boolean;
  /** Added to a rate before its logarithm, > 0. @defaultValue 1e-8, as PyTorch */
  readonly eps?: number;
}

/**
 * Negative log-likelihood of counts under a Poisson distribution: `e^x - target x` of a logarithm `x`, or
 * `rate - target log(rate + eps)`.
 *
 * @param input  logarithms of rates, or rates >= 0, `[...s]`
 * @param target  counts >= 0, `[...s]`; gets a gradient too
 * @returns scalar, or `[...s]` with reduction `'none'`
 * @throws ShapeError if the shapes differ; DTypeError unless both are of one floating dtype; RangeError
 * for a negative count, rate or weight, unless `eps > 0`, or for weights that sum to 0
 * @example
 * ```ts
 * nn.poissonNllLoss(tensor([0]), tensor([3])).item(); // => 1
 * nn.poissonNllLoss(tensor([2]), tensor([1]), { logInput: false }).item(); // => 2 - Math.LN2
 * ```
 */
export function poissonNllLoss(
  input: TensorLike,
  target: TensorLike,
  options: PoissonNllLossOptions = {},
): Tensor {
  const name = 'poissonNllLoss';
  requireOptions(name, options, { ...rowLossNames, logInput: true, full: true, eps: true });
  const { logInput = true, full = false, eps = 1e-8 } = options;
  const [x, t] = lossPair(name, input, target);
  requireEps(name, eps, x);
  requireCounts(name, 'target', t);
  if (!logInput) requireCounts(name, 'rate', x);
  const losses = (input: Tensor, counts: Tensor): Tensor => {
    const varying = logInput
      ? sub(exp(input), mul(counts, input))
      : sub(input, mul(counts, log(add(input, eps))));
    return full ? add(varying, stirling(counts)) : varying;
  };
  return reduceRows(name, [x, t], losses, options);
}

/** `t log t - t + log(2 pi t) / 2` above 1, else 0. */
function stirling(t: Tensor): Tensor {
  const many = greater(t, 1);
  const n = where(many, t, 1);
  const half = mul(log(mul(n, 2 * Math.PI)), 0.5);
  return where(many, add(sub(mul(n, log(n)), n), half), 0);
}

function requireCounts(name: string, what: string, x: Tensor): void {
  check(
    greaterEqual(x, 0),
    () => new RangeError(`${name}: ${what} must be >= 0, got ${String(x)}.`),
  );
}

/** The rounded value must be positive, too. */
function requireEps(name: string, eps: number, { dtype }: Tensor): void {
  const held = dtype === 'float32' ? Math.fround(eps) : eps;
  if (typeof eps !== 'number' || !(held > 0 && eps < Infinity)) {
    throw new RangeError(`${name}: eps must be finite and > 0 in ${dtype}, got ${String(eps)}.`);
  }
}

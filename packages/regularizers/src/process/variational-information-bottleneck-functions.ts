import {
  add,
  broadcastTo,
  div,
  exp,
  expm1,
  isFloating,
  less,
  lessEqual,
  log,
  logicalNot,
  mean,
  mul,
  random,
  ShapeError,
  softplus,
  square,
  stack,
  sub,
  sum,
  Tensor,
  type TensorLike,
  unbind,
  where,
} from '@tikhonov/core';
import {
  asTensor,
  check,
  kindOf,
  type OptionNames,
  requireOptions,
  showShape,
} from '@tikhonov/core/engine';
import { gatedTerm } from '../objective/per-sample.ts';
import { requireSamples } from '../objective/sample-average.ts';
import { requireStrength, type Strength } from '../strength.ts';

/** Options of `gaussianKl`. */
export interface GaussianKlOptions {
  /** Whether the widths are given as logarithms of variances. @defaultValue false, standard deviations */
  readonly logVar?: boolean;
}

/**
 * Kullback-Leibler divergence of diagonal Gaussians in nats, `KL[N(mu1, std1^2) || N(mu2, std2^2)]`, summed over
 * the last axis. `[...s, k] -> [...s]`; of scalars a scalar. Arguments broadcast.
 *
 * @param mu2  @defaultValue 0
 * @param std2  @defaultValue 1 (with `logVar`, 0)
 * @throws RangeError for a standard deviation <= 0
 * @see Kullback & Leibler, "On Information and Sufficiency" (1951)
 * @example
 * ```ts
 * reg.gaussianKl(tensor([3, 4]), tensor([1, 1])).item(); // => 12.5
 * reg.gaussianKl(0, 2, 0, 1).item(); // => 1.5 - Math.LN2
 * reg.gaussianKl(0, Math.log(4), 0, 0, { logVar: true }).item(); // => 1.5 - Math.LN2
 * ```
 */
export function gaussianKl(
  mu1: TensorLike,
  std1: TensorLike,
  mu2: TensorLike = 0,
  std2?: TensorLike,
  options: GaussianKlOptions = {},
): Tensor {
  requireOptions('gaussianKl', options, { logVar: 'boolean' });
  const { logVar = false } = options;
  const [log1, log2] = [std1, std2 ?? (logVar ? 0 : 1)].map((width) => logStdOf(width, logVar));
  // log(std2 / std1) + (std1^2 + (mu1 - mu2)^2) / (2 std2^2) - 1/2
  const ratio =
    typeof log1 === 'number' && typeof log2 === 'number' ? log1 - log2 : sub(log1!, log2!);
  const distance = div(sub(mu1, mu2), typeof log2 === 'number' ? Math.exp(log2) : exp(log2!));
  return sumLast(klTerms(ratio, distance));
}

/** The divergence per dimension, of `log(std1 / std2)` and `(mu1 - mu2) / std2`. */
function klTerms(logRatio: Tensor | number, distance: TensorLike): Tensor {
  const ofMeans = mul(square(distance), 0.5);
  if (typeof logRatio === 'number') return add(ofMeans, Math.expm1(2 * logRatio) / 2 - logRatio);
  return add(ofMeans, sub(mul(expm1(mul(logRatio, 2)), 0.5), logRatio));
}

/** Numbers stay numbers, which fit every dtype. */
function logStdOf(width: TensorLike, logVar: boolean): Tensor | number {
  const refused = (value: unknown): RangeError =>
    new RangeError(
      `gaussianKl: standard deviations must be > 0, got ${String(value)}.\n  Pass logarithms of variances with { logVar: true }.`,
    );
  if (typeof width === 'number') {
    if (!logVar && width <= 0) throw refused(width);
    return logVar ? width / 2 : Math.log(width);
  }
  const value = asTensor(width, 'gaussianKl');
  if (logVar) return mul(value, 0.5);
  // Not greater than: NaN stays NaN.
  check(logicalNot(lessEqual(value, 0)), () => refused(value));
  return log(value);
}

const sumLast = (x: Tensor): Tensor => (x.rank === 0 ? x : sum(x, { axis: -1 }));

/** How wide the codes are. */
export interface CodeOptions {
  /** Added to `rho` before the softplus. @defaultValue -5, as the paper */
  readonly stdShift?: number;
}

/** A Gaussian code and how far it is from the prior. */
export interface GaussianCode {
  /** `softplus(rho + stdShift)`, `[n, k]`. */
  readonly std: Tensor;
  /** Its logarithm, which does not underflow. */
  readonly logStd: Tensor;
  /** `KL[N(mu, std^2) || N(0, 1)]` of each row in nats, summed over the code, `[n]`. */
  readonly kl: Tensor;
}

/**
 * The code `N(mu, std^2)` that an encoder gives, with `std = softplus(rho + stdShift)`.
 *
 * @param mu  `[n, k]`
 * @param rho  `[n, k]`
 * @throws ShapeError unless `mu` and `rho` have the same shape; RangeError for a shift that is not finite
 * @example
 * ```ts
 * const code = reg.gaussianCode(tensor([[1, 1]]), tensor([[-995, -995]]));
 * code.std.toArray(); // => [[0, 0]]
 * code.kl.toArray(); // => [2 * (0.5 - 0.5 + 1000)]
 * ```
 */
export function gaussianCode(mu: Tensor, rho: Tensor, options: CodeOptions = {}): GaussianCode {
  requireOptions('gaussianCode', options, { stdShift: true });
  const { stdShift = -5 } = options;
  if (!Number.isFinite(stdShift)) {
    throw new RangeError(`gaussianCode: stdShift must be finite, got ${String(stdShift)}.`);
  }
  if (String(mu.shape) !== String(rho.shape) || mu.rank === 0) {
    throw new ShapeError(
      `gaussianCode: mu and rho must be [n, k] both, got ${showShape(mu.shape)} and ${showShape(rho.shape)}.`,
    );
  }
  const x = add(rho, stdShift);
  const std = softplus(x);
  // Far below 0 softplus(x) = t - t^2 / 2 + ... with t = exp(x), and log softplus(x) = x - t / 2 + ...
  const far = less(x, -15);
  const logStd = where(
    far,
    sub(x, mul(exp(where(far, x, 0)), 0.5)),
    log(softplus(where(far, 0, x))),
  );
  return { std, logStd, kl: sumLast(klTerms(logStd, mu)) };
}

/** Options of `vib`. */
export interface VibOptions extends CodeOptions {
  /** Strength, >= 0; loss per nat of the code. @defaultValue 1e-3 */
  readonly beta?: Strength;
  /** Codes drawn per row; the loss is their mean. @defaultValue 1, or as many as `eps` has */
  readonly numSamples?: number;
  /** Standard normal noise `[s, n, k]`. */
  readonly eps?: Tensor;
  /** Random key of the noise, if it is not given. */
  readonly key?: Tensor;
}

const known: OptionNames<VibOptions> = {
  beta: true,
  stdShift: true,
  numSamples: true,
  eps: true,
  key: true,
};

/** What `vib` gives, each part of it. */
export interface VibResult extends GaussianCode {
  /** The codes, `[s, n, k]`. */
  readonly z: Tensor;
  /** The mean loss over the codes, `[]`. */
  readonly dataLoss: Tensor;
  /** `dataLoss + beta * mean(kl)`. */
  readonly loss: Tensor;
}

/**
 * Variational information bottleneck: the loss of noisy codes `z = mu + std * eps`, plus `beta` times the mean
 * over rows of `KL[N(mu, std^2) || N(0, 1)]`, an upper bound of the information that the codes have of the
 * inputs (nats, summed over the code).
 *
 * @param mu  `[n, k]`
 * @param rho  `[n, k]`; `std = softplus(rho + stdShift)`
 * @param loss  of the codes `[n, k]`, a scalar such as `(z) => nn.crossEntropy(decoder.forward(z), y)`
 * @throws ShapeError if shapes do not fit; RangeError for a bad `beta`, `stdShift` or `numSamples`; TypeError
 *   unless there is one of `eps` and `key`
 * @see Alemi, Fischer, Dillon & Murphy, "Deep Variational Information Bottleneck" (2017)
 * @example
 * ```ts
 * const [mu, rho] = [tensor([[1, -1]]), tensor([[5, 5]])];
 * const { loss, kl } = reg.vib(mu, rho, (z) => square(z).mean(), { beta: 0.1, eps: zeros([1, 1, 2]) });
 * Math.abs(loss.item() - (1 + 0.1 * kl.item())) < 1e-6; // => true
 * ```
 */
export function vib(
  mu: Tensor,
  rho: Tensor,
  loss: (z: Tensor) => Tensor,
  options: VibOptions,
): VibResult {
  requireOptions('vib', options, known);
  const { beta: strength = 1e-3, stdShift } = options;
  const beta = requireStrength('vib: beta', strength);
  const code = gaussianCode(mu, rho, stdShift === undefined ? {} : { stdShift });
  const noise = noiseFor(mu, options);
  const z = add(mul(broadcastTo(code.std, noise.shape), noise), mu);
  const losses = unbind(z).map((one) => loss(one));
  const dataLoss = mean(stack(losses.map((one) => requireScalarLoss(one))));
  const penalty = gatedTerm(beta, dataLoss.dtype, () => mean(code.kl));
  return { ...code, z, dataLoss, loss: add(dataLoss, penalty) };
}

function noiseFor(mu: Tensor, { eps, key, numSamples }: VibOptions): Tensor {
  if (eps !== undefined && key === undefined) {
    const fits =
      eps instanceof Tensor &&
      eps.rank === mu.rank + 1 &&
      String(eps.shape.slice(1)) === String(mu.shape);
    if (!fits || (numSamples !== undefined && eps.shape[0] !== numSamples)) {
      throw new ShapeError(
        `vib: eps must be [${numSamples ?? 's'}, ${String(mu.shape)}], got ${eps instanceof Tensor ? showShape(eps.shape) : kindOf(eps)}.`,
      );
    }
    return eps;
  }
  if (!(key instanceof Tensor) || eps !== undefined) {
    throw new TypeError(
      `vib: needs one of eps (noise) and key, got ${eps === undefined ? kindOf(key) : 'both'}.`,
    );
  }
  const samples = numSamples ?? 1;
  requireSamples('vib', 'numSamples', samples);
  return random.normal(key, [samples, ...mu.shape], { dtype: mu.dtype });
}

function requireScalarLoss(loss: Tensor): Tensor {
  if (loss instanceof Tensor && loss.rank === 0 && isFloating(loss.dtype)) return loss;
  throw new ShapeError(
    `vib: the loss must be a floating scalar, got ${loss instanceof Tensor ? `${loss.dtype} ${showShape(loss.shape)}` : kindOf(loss)}.\n  Reduce it with mean().`,
  );
}

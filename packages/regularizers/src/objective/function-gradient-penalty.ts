import {
  add,
  mean,
  mul,
  random,
  relu,
  reshape,
  ShapeError,
  square,
  sub,
  type Tensor,
} from '@tikhonov/core';
import { type OptionNames, requireOptions, showShape, showValue } from '@tikhonov/core/engine';
import { requireStrength, type Strength } from '../strength.ts';
import { lengthPerSample, requireEps } from './input-gradient-penalty.ts';
import {
  type BatchFunction,
  frobeniusPerSample,
  functionGradients,
  outputsOf,
} from './jacobian-rows.ts';
import { alongSamples, gatedTerm, requireBatch, sumPerSample } from './per-sample.ts';

/** Where and how a critic's gradients are held to length 1. */
export interface WassersteinPenaltyOptions {
  /** Length 1, or at most 1. */
  readonly kind: 'wgan-gp' | 'wgan-lp';
  /** Strength, >= 0. @defaultValue 10, as Gulrajani et al. */
  readonly lambda?: Strength;
  /** Samples of the generator, of the shape of `x`, the real ones. */
  readonly fake: Tensor;
  /** Random key of the places between real and fake; it or `epsilon` is needed. */
  readonly key?: Tensor;
  /** The places themselves: `[n]` or `[n, 1, ...]`, uniform in [0, 1). */
  readonly epsilon?: Tensor;
  /** Added under the root of the length, >= 0; 1e-12 is common. @defaultValue 0 */
  readonly eps?: number;
}

/** The zero-centred penalty on real samples. */
export interface R1PenaltyOptions {
  readonly kind: 'r1';
  /** Strength, >= 0; it is halved. @defaultValue 10, as Mescheder et al. */
  readonly lambda?: Strength;
}

/** The energy of a map of several outputs. */
export interface DirichletPenaltyOptions {
  readonly kind: 'dirichlet';
  /** Strength, >= 0; loss per squared Frobenius norm of a Jacobian. */
  readonly lambda: Strength;
}

/** Options of `functionGradientPenalty`. */
export type FunctionGradientPenaltyOptions =
  | WassersteinPenaltyOptions
  | R1PenaltyOptions
  | DirichletPenaltyOptions;

type Kind = FunctionGradientPenaltyOptions['kind'];

const wasserstein: OptionNames<WassersteinPenaltyOptions> = {
  kind: true,
  lambda: true,
  fake: true,
  key: true,
  epsilon: true,
  eps: true,
};
const others: OptionNames<R1PenaltyOptions> = { kind: true, lambda: true };

const known: Readonly<Record<Kind, OptionNames<object>>> = {
  'wgan-gp': wasserstein,
  'wgan-lp': wasserstein,
  r1: others,
  dirichlet: others,
};

/**
 * Gradient penalties of the function itself, as critics are trained with, for `g_n = d f(x_n) / d x_n`:
 *
 * - `'wgan-gp'`: `lambda * mean (||g|| - 1)^2` at `epsilon x + (1 - epsilon) fake`;
 * - `'wgan-lp'`: `lambda * mean max(||g|| - 1, 0)^2` there, one-sided: never larger;
 * - `'r1'`: `lambda / 2 * mean ||g||^2` at `x`;
 * - `'dirichlet'`: `lambda * mean ||J||_F^2` at `x`, for any number of outputs.
 *
 * The places between real and fake are constants. A model that mixes samples, as batch normalization in
 * training, adds cross terms.
 *
 * @param f  `[n, ...] -> [n]` or `[n, 1]`; for `'dirichlet'` `[n, ...]`
 * @param x  real samples `[n, ...]`, floating
 * @returns scalar `[]`; exactly 0 with zero gradient if `lambda` is 0
 * @throws RangeError for an unknown kind or a bad `lambda` or `eps`; TypeError without `key` or `epsilon`;
 *   ShapeError for outputs or samples that do not fit
 * @see Gulrajani, Ahmed, Arjovsky, Dumoulin & Courville, "Improved Training of Wasserstein GANs" (2017)
 * @see Petzka, Fischer & Lukovnikov, "On the regularization of Wasserstein GANs" (2018), one-sided
 * @see Mescheder, Geiger & Nowozin, "Which Training Methods for GANs do actually Converge?" (2018)
 * @example
 * ```ts
 * const critic = (x: Tensor) => x.matmul(tensor([[3], [4]]));
 * const [x, fake] = [ones([2, 2]), zeros([2, 2])];
 * const key = random.key(0);
 * reg.functionGradientPenalty(critic, x, { kind: 'wgan-gp', fake, key }).item(); // => 160
 * reg.functionGradientPenalty(critic, x, { kind: 'r1', lambda: 2 }).item(); // => 25
 * ```
 */
export function functionGradientPenalty(
  f: BatchFunction,
  x: Tensor,
  options: FunctionGradientPenaltyOptions,
): Tensor {
  const caller = 'functionGradientPenalty';
  const kind: unknown = options?.kind;
  if (typeof kind !== 'string' || !Object.hasOwn(known, kind)) {
    throw new RangeError(
      `${caller}: kind must be one of ${Object.keys(known).join(', ')}, got ${showValue(kind)}.`,
    );
  }
  requireOptions<object>(caller, options, known[options.kind]);
  requireBatch(caller, x);
  const strength = (value: Strength): number | Tensor =>
    requireStrength(`${caller}: lambda`, value);
  if (options.kind === 'dirichlet') {
    return gatedTerm(strength(options.lambda), x.dtype, () => dirichletEnergy(f, x));
  }
  const lambda = strength(options.lambda ?? 10);
  if (options.kind === 'r1') {
    return gatedTerm(lambda, x.dtype, () =>
      mul(mean(sumPerSample(square(functionGradients(caller, f, x)))), 0.5),
    );
  }
  const { eps = 0 } = options;
  requireEps(caller, eps);
  const between = placesBetween(caller, x, options);
  const oneSided = options.kind === 'wgan-lp';
  return gatedTerm(lambda, x.dtype, () => {
    const excess = sub(lengthPerSample(functionGradients(caller, f, between), eps), 1);
    return mean(square(oneSided ? relu(excess) : excess));
  });
}

/**
 * The Dirichlet energy of a function on samples, `mean ||J_n||_F^2`: how much it varies there. That of
 * `x -> W x` is `||W||_F^2` wherever the samples lie.
 *
 * @param f  `[n, ...] -> [n, ...]`; one pullback is made per output
 * @param x  `[n, ...]`, floating
 * @returns scalar `[]`
 * @example
 * ```ts
 * const linear = (x: Tensor) => x.matmul(tensor([[1, 2], [0, 3]]));
 * reg.dirichletEnergy(linear, zeros([5, 2])).item(); // => 14
 * ```
 */
export const dirichletEnergy = (f: BatchFunction, x: Tensor): Tensor =>
  mean(frobeniusPerSample(outputsOf('dirichletEnergy', f, requireBatch('dirichletEnergy', x))));

/** Points on the lines between real samples and fake ones. */
function placesBetween(
  caller: string,
  real: Tensor,
  { fake, key, epsilon }: WassersteinPenaltyOptions,
): Tensor {
  requireBatch(caller, fake, 'fake');
  const samples = real.shape[0]!;
  if (String(fake.shape) !== String(real.shape)) {
    throw new ShapeError(
      `${caller}: fake must have the shape of x, ${showShape(real.shape)}, got ${showShape(fake.shape)}.`,
    );
  }
  if (epsilon === undefined && key === undefined) {
    throw new TypeError(`${caller}: needs a random key or the places epsilon.\n  { key: rng }`);
  }
  const places = epsilon ?? random.uniform(key!, [samples], { dtype: real.dtype });
  if (places.size !== samples || places.shape[0] !== samples) {
    throw new ShapeError(
      `${caller}: epsilon must hold one number per sample, [${samples}], got ${showShape(places.shape)}.`,
    );
  }
  const share = alongSamples(reshape(places, [samples]), real);
  return add(mul(share, real), mul(sub(1, share), fake));
}

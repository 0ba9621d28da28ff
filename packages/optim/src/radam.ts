import {
  astype,
  div,
  greater,
  mul,
  pow,
  sqrt,
  square,
  sub,
  type Tensor,
  where,
  zerosLike,
} from '@tikhonov/core';
import { axpby, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { coupledOrDecoupled, type DecayKind, decayNames } from './decay-kind.ts';
import { type LearningRate, Optimizer } from './optimizer.ts';
import { nonNegative, requireBetas, requireNumber, type Scalar } from './scalars.ts';
import { assemble, type CommonOptions } from './sgd.ts';
import { overRoot, type SlotState, slotwise } from './slots.ts';
import type { OptimizerTarget } from './target.ts';
import type { Transform } from './transform.ts';

/** Options of `scaleByRadam`. */
export interface ScaleByRadamOptions {
  /** Decay of the first and second moment, each in [0, 1). @defaultValue [0.9, 0.999] */
  readonly betas?: readonly [number, number];
  /** Added to the root of the second moment, >= 0. @defaultValue 1e-8 */
  readonly eps?: number;
}

/** Options of `radam` beside the learning rate; the defaults are PyTorch's. */
export interface RadamSettings extends CommonOptions, ScaleByRadamOptions, DecayKind {}

/** Options of `radam`. */
export interface RadamOptions extends RadamSettings {
  /** Learning rate, >= 0: a number, a 0-d cell that may be shared, or a schedule. @defaultValue 1e-3 */
  readonly lr?: LearningRate;
}

const known: OptionNames<RadamOptions> = { lr: true, betas: true, eps: true, ...decayNames };

/**
 * The rectifier of step `t`, and whether there is one: below 5 degrees of freedom the second moment's
 * variance is not finite and the step does without.
 */
function rectifier(t: Tensor, b2: number): readonly [Tensor, Tensor] {
  const limit = 2 / (1 - b2) - 1;
  const power = pow(b2, t);
  const freedom = sub(limit, div(mul(mul(t, power), 2), sub(1, power)));
  const known = greater(freedom, 5);
  const rho = where(known, freedom, 5);
  const numerator = mul(mul(sub(rho, 4), sub(rho, 2)), limit);
  const factor = sqrt(div(numerator, mul(rho, (limit - 4) * (limit - 2))));
  return [where(known, factor, 1), known];
}

/**
 * RAdam's direction: Adam's times a rectifier of the second moment's variance, or the bias-corrected first
 * moment alone in the first steps.
 *
 * @throws RangeError for betas outside [0, 1) or a negative `eps`
 * @see Liu et al., "On the variance of the adaptive learning rate and beyond", ICLR 2020, arXiv 1908.03265
 */
export function scaleByRadam(options: ScaleByRadamOptions = {}): Transform<SlotState<'mu' | 'nu'>> {
  requireOptions('scaleByRadam', options, { betas: true, eps: true });
  return directionOf(options);
}

/** `scaleByRadam` for the optimizers, whose own options stand beside its. */
function directionOf(options: ScaleByRadamOptions): Transform<SlotState<'mu' | 'nu'>> {
  const { betas = [0.9, 0.999], eps = 1e-8 } = options;
  requireBetas('radam', betas, 2);
  const [b1, b2] = betas;
  requireNumber('radam', 'eps', eps, nonNegative);
  return slotwise({
    init: { mu: (w) => zerosLike(w), nu: (w) => zerosLike(w) },
    shared: (t) => {
      const [factor, rectified] = rectifier(t, b2);
      const root = sqrt(sub(1, pow(b2, t)));
      return { c1: sub(1, pow(b1, t)), scale: mul(factor, root), rectified };
    },
    step: (g, before, { c1, scale, rectified }) => {
      const mu = axpby(b1, before.mu, 1 - b1, g);
      const nu = axpby(b2, before.nu, 1 - b2, square(g));
      const mean = div(mu, astype(c1, g.dtype));
      const adapted = mul(overRoot(mean, sqrt(nu), eps), astype(scale, g.dtype));
      return [where(rectified, adapted, mean), { mu, nu }];
    },
  });
}

/**
 * `radam` as a pure transform.
 *
 * @throws RangeError for numbers out of range; TypeError for unknown options
 */
export function radamTransform(options: RadamSettings & { readonly lr?: Scalar } = {}): Transform {
  requireOptions('radam', options, known);
  const { lr = 1e-3 } = options;
  return assemble('radam', options, lr, coupledOrDecoupled(options, lr, directionOf(options)));
}

/**
 * RAdam: Adam whose first steps, where the second moment knows too little, are those of momentum; with
 * PyTorch's semantics and defaults.
 *
 * @param target  a model, or parameters by name
 * @throws RangeError for numbers out of range
 * @see Liu et al., "On the variance of the adaptive learning rate and beyond", ICLR 2020, arXiv 1908.03265
 * @example
 * ```ts
 * const w = parameter(tensor([1, -2]));
 * optim.radam({ w }, { lr: 0.1 }).minimize(() => mul(w, w).sum());
 * w.read().toArray(); // => [0.8, -1.6]
 * ```
 */
export function radam(target: OptimizerTarget, options: RadamOptions = {}): Optimizer {
  requireOptions('radam', options, known);
  return new Optimizer(target, (lr) => radamTransform({ ...options, lr }), options.lr ?? 1e-3);
}

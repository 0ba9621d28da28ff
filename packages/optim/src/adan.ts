import {
  add,
  astype,
  div,
  equal,
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
import { commonNames } from './decay-kind.ts';
import { at, mapNamed } from './named.ts';
import { type LearningRate, Optimizer } from './optimizer.ts';
import {
  nonNegative,
  requireBetas,
  requireNumber,
  requireStrength,
  type Scalar,
  strength64,
} from './scalars.ts';
import { scaleByLearningRate } from './scale.ts';
import { assemble, type CommonOptions } from './sgd.ts';
import { overRoot, type SlotState, slotwise } from './slots.ts';
import type { OptimizerTarget } from './target.ts';
import { type NoState, stateless, type Transform } from './transform.ts';
import type { DecayMask } from './weight-decay.ts';

/** Options of `scaleByAdan`. */
export interface ScaleByAdanOptions {
  /**
   * Decay of the means of the gradients, of their differences, and of the squares; each in [0, 1). The
   * paper's betas are 1 minus these. @defaultValue [0.98, 0.92, 0.99]
   */
  readonly betas?: readonly [number, number, number];
  /** Added outside the root, >= 0. @defaultValue 1e-8 */
  readonly eps?: number;
}

/** Options of `adan` beside the learning rate; the defaults are the authors'. */
export interface AdanSettings extends CommonOptions, ScaleByAdanOptions {
  /** Proximal: the stepped weights are divided by `1 + lr weightDecay`. >= 0. @defaultValue 0 */
  readonly weightDecay?: Scalar;
}

/** Options of `adan`. */
export interface AdanOptions extends AdanSettings {
  /** Learning rate, >= 0: a number, a 0-d cell that may be shared, or a schedule. @defaultValue 1e-3 */
  readonly lr?: LearningRate;
}

const known: OptionNames<AdanOptions> = { lr: true, betas: true, eps: true, ...commonNames };

/**
 * Adan's direction, `(mu + b2 delta) / (sqrt(nu) + eps)`, all three corrected for their bias: `mu` is the
 * mean of the gradients, `delta` that of their differences, `nu` that of `(g + b2 (g - previous))^2`. The
 * first difference is 0.
 *
 * @throws RangeError for betas outside [0, 1) or a negative `eps`
 * @see Xie et al., "Adan: adaptive Nesterov momentum algorithm for faster optimizing deep models", 2022,
 * arXiv 2208.06677
 */
export function scaleByAdan(
  options: ScaleByAdanOptions = {},
): Transform<SlotState<'mu' | 'delta' | 'nu' | 'previous'>> {
  requireOptions('scaleByAdan', options, { betas: true, eps: true });
  return directionOf(options);
}

/** `scaleByAdan` for the optimizers, whose own options stand beside its. */
function directionOf(
  options: ScaleByAdanOptions,
): Transform<SlotState<'mu' | 'delta' | 'nu' | 'previous'>> {
  const { betas = [0.98, 0.92, 0.99], eps = 1e-8 } = options;
  requireBetas('adan', betas, 3);
  const [b1, b2, b3] = betas;
  requireNumber('adan', 'eps', eps, nonNegative);
  const zeros = (w: Tensor): Tensor => zerosLike(w);
  return slotwise({
    init: { mu: zeros, delta: zeros, nu: zeros, previous: zeros },
    shared: (t) => ({
      first: equal(t, 1),
      c1: sub(1, pow(b1, t)),
      c2: sub(1, pow(b2, t)),
      root3: sqrt(sub(1, pow(b3, t))),
    }),
    step: (g, before, { first, c1, c2, root3 }) => {
      const change = where(first, 0, sub(g, before.previous));
      const mu = axpby(b1, before.mu, 1 - b1, g);
      const delta = axpby(b2, before.delta, 1 - b2, change);
      const nu = axpby(b3, before.nu, 1 - b3, square(axpby(1, g, b2, change)));
      const [own, ahead] = [div(1, c1), div(b2, c2)].map((c) => astype(c, g.dtype));
      const numerator = axpby(own!, mu, ahead!, delta);
      const update = overRoot(numerator, div(sqrt(nu), astype(root3, g.dtype)), eps);
      return [update, { mu, delta, nu, previous: g }];
    },
  });
}

/** The step `u`, and behind it the proximal form of L2 decay: `(w + u) / (1 + lr weightDecay)`. */
function proximalDecay(weightDecay: Scalar, lr: Scalar, mask?: DecayMask): Transform<NoState> {
  requireStrength('adan', 'weightDecay', weightDecay);
  return stateless((updates, params) => {
    if (weightDecay === 0) return updates;
    const strength = strength64('adan', 'weightDecay', weightDecay);
    const divisor = add(mul(strength, strength64('adan', 'lr', lr)), 1);
    return mapNamed(updates, (u, name) => {
      const w = at(params, name);
      if (mask !== undefined && !mask(name, w)) return u;
      const shrunk = sub(div(add(w, u), astype(divisor, w.dtype)), w);
      return where(greater(strength, 0), shrunk, u);
    });
  });
}

/**
 * `adan` as a pure transform.
 *
 * @throws RangeError for numbers out of range; TypeError for unknown options
 */
export function adanTransform(options: AdanSettings & { readonly lr?: Scalar } = {}): Transform {
  requireOptions('adan', options, known);
  const { lr = 1e-3, weightDecay = 0 } = options;
  return assemble('adan', options, lr, [
    directionOf(options),
    scaleByLearningRate(lr),
    proximalDecay(weightDecay, lr, options.decay),
  ]);
}

/**
 * Adan: adaptive momentum with Nesterov's look ahead, which it takes from the differences of gradients.
 *
 * @param target  a model, or parameters by name
 * @throws RangeError for numbers out of range
 * @see Xie et al., "Adan: adaptive Nesterov momentum algorithm for faster optimizing deep models", 2022,
 * arXiv 2208.06677
 * @example
 * ```ts
 * const w = parameter(tensor([1, -1]));
 * optim.adan({ w }, { lr: 0.1 }).minimize(() => mul(w, w).sum());
 * w.read().toArray(); // => [0.9, -0.9]
 * ```
 */
export function adan(target: OptimizerTarget, options: AdanOptions = {}): Optimizer {
  requireOptions('adan', options, known);
  return new Optimizer(target, (lr) => adanTransform({ ...options, lr }), options.lr ?? 1e-3);
}

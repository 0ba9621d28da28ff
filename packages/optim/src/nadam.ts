import {
  astype,
  div,
  mul,
  pow,
  sqrt,
  square,
  sub,
  type Tensor,
  tensor,
  zerosLike,
} from '@tikhonov/core';
import { axpby, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { coupledOrDecoupled, type DecayKind, decayNames } from './decay-kind.ts';
import { mapNamed } from './named.ts';
import { type LearningRate, Optimizer } from './optimizer.ts';
import { nonNegative, requireBetas, requireNumber, type Scalar } from './scalars.ts';
import { assemble, type CommonOptions } from './sgd.ts';
import { overRoot, type SlotState, slotwise } from './slots.ts';
import type { OptimizerTarget } from './target.ts';
import type { Transform } from './transform.ts';

/** Options of `scaleByNadam`. */
export interface ScaleByNadamOptions {
  /** Decay of the first and second moment, each in [0, 1). @defaultValue [0.9, 0.999] */
  readonly betas?: readonly [number, number];
  /** Added outside the root, >= 0. @defaultValue 1e-8 */
  readonly eps?: number;
  /** How fast the momentum warms up to `betas[0]`, >= 0. @defaultValue 4e-3 */
  readonly momentumDecay?: number;
}

/** State of `scaleByNadam`; `product` is that of the momenta so far, float64 `[]`. */
export type NadamState = SlotState<'mu' | 'nu'> & { readonly product: Tensor };

/** Options of `nadam` beside the learning rate; the defaults are PyTorch's. */
export interface NadamSettings extends CommonOptions, ScaleByNadamOptions, DecayKind {}

/** Options of `nadam`. */
export interface NadamOptions extends NadamSettings {
  /** Learning rate, >= 0: a number, a 0-d cell that may be shared, or a schedule. @defaultValue 2e-3 */
  readonly lr?: LearningRate;
}

const known: OptionNames<NadamOptions> = {
  lr: true,
  betas: true,
  eps: true,
  momentumDecay: true,
  ...decayNames,
};

/**
 * Adam's direction with Nesterov's momentum, whose share of step `t` is
 * `m_t = b1 (1 - 0.5 * 0.96^(t * momentumDecay))`:
 * `((1 - m_t) / (1 - prod_t) g + m_{t+1} / (1 - prod_{t+1}) mu) / (sqrt(nu / (1 - b2^t)) + eps)`.
 *
 * @throws RangeError for numbers out of range
 * @see Dozat, "Incorporating Nesterov momentum into Adam", ICLR 2016 workshop
 */
export function scaleByNadam(options: ScaleByNadamOptions = {}): Transform<NadamState> {
  requireOptions('scaleByNadam', options, { betas: true, eps: true, momentumDecay: true });
  return directionOf(options);
}

/** `scaleByNadam` for the optimizers, whose own options stand beside its. */
function directionOf(options: ScaleByNadamOptions): Transform<NadamState> {
  const { betas = [0.9, 0.999], eps = 1e-8, momentumDecay = 4e-3 } = options;
  requireBetas('nadam', betas, 2);
  const [b1, b2] = betas;
  requireNumber('nadam', 'eps', eps, nonNegative);
  requireNumber('nadam', 'momentumDecay', momentumDecay, nonNegative);
  const momentum = (t: Tensor): Tensor =>
    mul(sub(1, mul(pow(0.96, mul(t, momentumDecay)), 0.5)), b1);
  // The factors of this step depend on the product of all momenta, which a rule per parameter has not.
  const factors = (t: Tensor, product: Tensor): readonly [Tensor, Tensor, Tensor] => {
    const [now, next] = [momentum(t), momentum(t.add(1))];
    const after = mul(product, now);
    return [div(sub(1, now), sub(1, after)), div(next, sub(1, mul(after, next))), after];
  };
  const moments = slotwise({
    init: { mu: (w) => zerosLike(w), nu: (w) => zerosLike(w) },
    shared: () => null,
    step: (g, { mu, nu }) => [
      g,
      { mu: axpby(b1, mu, 1 - b1, g), nu: axpby(b2, nu, 1 - b2, square(g)) },
    ],
  });
  return {
    init: (params) => ({ ...moments.init(params), product: tensor(1, { dtype: 'float64' }) }),
    update(updates, { product, ...before }, params) {
      const [grads, state] = moments.update(updates, before, params);
      const t = astype(state.count, 'float64');
      const [fresh, kept, after] = factors(t, product);
      const root = sqrt(sub(1, pow(b2, t)));
      const direction = mapNamed(grads, (g, name) => {
        const ahead = axpby(astype(fresh, g.dtype), g, astype(kept, g.dtype), state.mu[name]!);
        return overRoot(ahead, div(sqrt(state.nu[name]!), astype(root, g.dtype)), eps);
      });
      return [direction, { ...state, product: after }];
    },
  };
}

/**
 * `nadam` as a pure transform.
 *
 * @throws RangeError for numbers out of range; TypeError for unknown options
 */
export function nadamTransform(options: NadamSettings & { readonly lr?: Scalar } = {}): Transform {
  requireOptions('nadam', options, known);
  const { lr = 2e-3 } = options;
  return assemble('nadam', options, lr, coupledOrDecoupled(options, lr, directionOf(options)));
}

/**
 * NAdam: Adam with Nesterov's momentum, with PyTorch's semantics and defaults.
 *
 * @param target  a model, or parameters by name
 * @throws RangeError for numbers out of range
 * @see Dozat, "Incorporating Nesterov momentum into Adam", ICLR 2016 workshop
 * @example
 * ```ts
 * const w = parameter(tensor([1, -1]));
 * const optimizer = optim.nadam({ w }, { lr: 0.1 });
 * for (let k = 0; k < 50; k++) optimizer.minimize(() => mul(w, w).sum());
 * norm(w).item() < 0.1; // => true
 * ```
 */
export function nadam(target: OptimizerTarget, options: NadamOptions = {}): Optimizer {
  requireOptions('nadam', options, known);
  return new Optimizer(target, (lr) => nadamTransform({ ...options, lr }), options.lr ?? 2e-3);
}

import {
  add,
  astype,
  div,
  equal,
  maximum,
  mul,
  pow,
  sqrt,
  square,
  sub,
  type Tensor,
  tensor,
  where,
  zerosLike,
} from '@tikhonov/core';
import { axpby, requireOptions } from '@tikhonov/core/engine';
import { at, mapNamed } from './named.ts';
import { nonNegative, requireBetas, requireNumber } from './scalars.ts';
import type { Named, Transform } from './transform.ts';

/** Options of `scaleByAdam`. */
export interface ScaleByAdamOptions {
  /** Decay of the first and second moment, each in [0, 1). @defaultValue [0.9, 0.999] */
  readonly betas?: readonly [number, number];
  /** Added outside the root, >= 0. @defaultValue 1e-8 */
  readonly eps?: number;
  /** Divide by the largest second moment so far. @defaultValue false */
  readonly amsgrad?: boolean;
}

/** State of `scaleByAdam`. */
export type AdamState = {
  /** Steps taken, int32 `[]`. */
  readonly count: Tensor;
  /** Running means of the gradients. */
  readonly mu: Named;
  /** Running means of their squares. */
  readonly nu: Named;
  /** Largest `nu` so far, uncorrected as in PyTorch; empty without `amsgrad`. */
  readonly nuMax: Named;
};

/**
 * Adam's direction, `(mu / (1 - b1^t)) / (sqrt(nu / (1 - b2^t)) + eps)`. The bias corrections are
 * computed in float64 from the count and rounded when used. With `eps` 0 an element whose gradients have
 * all been 0 gets 0.
 *
 * @throws RangeError for betas outside [0, 1) or a negative `eps`; TypeError for unknown options
 * @see Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015, arXiv 1412.6980; Reddi, Kale &
 * Kumar, "On the convergence of Adam and beyond", ICLR 2018 (amsgrad)
 */
export function scaleByAdam(options: ScaleByAdamOptions = {}): Transform<AdamState> {
  requireOptions('scaleByAdam', options, { betas: true, eps: true, amsgrad: 'boolean' });
  return adamDirection(options);
}

/** `scaleByAdam` for the optimizers, whose own options stand beside its. */
export function adamDirection(options: ScaleByAdamOptions): Transform<AdamState> {
  const { betas = [0.9, 0.999], eps = 1e-8, amsgrad = false } = options;
  requireBetas('scaleByAdam', betas, 2);
  const [b1, b2] = betas;
  requireNumber('scaleByAdam', 'eps', eps, nonNegative);
  // Multiplied through by root2, which leaves one pass fewer over the elements.
  const direction = (mu: Tensor, nu: Tensor, c1: Tensor, root2: Tensor): Tensor => {
    const spread = add(sqrt(nu), astype(mul(root2, eps), nu.dtype));
    const over = (x: Tensor): Tensor => mul(div(mu, x), astype(div(root2, c1), mu.dtype));
    if (eps > 0) return over(spread);
    const still = equal(spread, 0);
    return where(still, 0, over(where(still, 1, spread)));
  };
  return {
    init: (params) => ({
      count: tensor(0, { dtype: 'int32' }),
      mu: mapNamed(params, (w) => zerosLike(w)),
      nu: mapNamed(params, (w) => zerosLike(w)),
      nuMax: amsgrad ? mapNamed(params, (w) => zerosLike(w)) : {},
    }),
    update(updates, state) {
      const count = add(state.count, 1);
      const t = astype(count, 'float64');
      const c1 = sub(1, pow(b1, t));
      const root2 = sqrt(sub(1, pow(b2, t)));
      const mu = mapNamed(updates, (g, name) => axpby(b1, at(state.mu, name), 1 - b1, g));
      const nu = mapNamed(updates, (g, name) => axpby(b2, at(state.nu, name), 1 - b2, square(g)));
      const nuMax = amsgrad ? mapNamed(nu, (now, name) => maximum(at(state.nuMax, name), now)) : {};
      const spread = amsgrad ? nuMax : nu;
      const next = {
        count,
        mu: { ...state.mu, ...mu },
        nu: { ...state.nu, ...nu },
        nuMax: { ...state.nuMax, ...nuMax },
      };
      return [mapNamed(mu, (m, name) => direction(m, at(spread, name), c1, root2)), next];
    },
  };
}

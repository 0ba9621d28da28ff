import {
  add,
  astype,
  div,
  equal,
  maximum,
  mul,
  pow,
  sqrt,
  sub,
  type Tensor,
  tensor,
  where,
  zerosLike,
} from '@tikhonov/core';
import { at, mapNamed } from './named.ts';
import { belowOne, nonNegative, requireNumber } from './scalars.ts';
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
 * @throws RangeError for betas outside [0, 1) or a negative `eps`
 * @see Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015, arXiv 1412.6980; Reddi, Kale &
 * Kumar, "On the convergence of Adam and beyond", ICLR 2018 (amsgrad)
 */
export function scaleByAdam(options: ScaleByAdamOptions = {}): Transform<AdamState> {
  const { betas = [0.9, 0.999], eps = 1e-8, amsgrad = false } = options;
  const [b1, b2] = betas;
  requireNumber('scaleByAdam', 'betas[0]', b1, belowOne);
  requireNumber('scaleByAdam', 'betas[1]', b2, belowOne);
  requireNumber('scaleByAdam', 'eps', eps, nonNegative);
  const direction = (mu: Tensor, nu: Tensor, c1: Tensor, root2: Tensor): Tensor => {
    const corrected = div(mu, astype(c1, mu.dtype));
    const spread = add(div(sqrt(nu), astype(root2, nu.dtype)), eps);
    if (eps > 0) return div(corrected, spread);
    const still = equal(spread, 0);
    return where(still, 0, div(corrected, where(still, 1, spread)));
  };
  return {
    init: (params) => ({
      count: tensor(0, { dtype: 'int32' }),
      mu: mapNamed(params, zerosLike),
      nu: mapNamed(params, zerosLike),
      nuMax: amsgrad ? mapNamed(params, zerosLike) : {},
    }),
    update(updates, state) {
      const count = add(state.count, 1);
      const t = astype(count, 'float64');
      const c1 = sub(1, pow(b1, t));
      const root2 = sqrt(sub(1, pow(b2, t)));
      const mu = mapNamed(updates, (g, name) => add(mul(at(state.mu, name), b1), mul(g, 1 - b1)));
      const nu = mapNamed(updates, (g, name) =>
        add(mul(at(state.nu, name), b2), mul(mul(g, g), 1 - b2)),
      );
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

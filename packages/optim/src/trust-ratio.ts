import {
  add,
  astype,
  div,
  greater,
  logicalAnd,
  mul,
  norm,
  type Tensor,
  where,
} from '@tikhonov/core';
import { requireMask } from './mask.ts';
import { at, mapNamed } from './named.ts';
import { type NoState, stateless, type Transform } from './transform.ts';
import type { DecayMask } from './weight-decay.ts';

/** The length of a tensor as a vector, float64 `[]`: no squares are lost. */
export const lengthOf = (x: Tensor): Tensor => norm(astype(x, 'float64'));

/** `w / u`, or 1 where either is 0: what has no length yet is stepped as without a ratio. */
export function ratioOr1(w: Tensor, u: Tensor): Tensor {
  const usable = logicalAnd(greater(w, 0), greater(u, 0));
  return where(usable, div(w, where(usable, u, 1)), 1);
}

/**
 * Every tensor's update times `|w| / |u|`, so that it is as long as the tensor itself; unchanged where one
 * of them is 0.
 *
 * @param mask  which parameters it acts on. @defaultValue all
 * @see You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", ICLR 2020,
 * arXiv 1904.00962
 * @example
 * ```ts
 * const trust = optim.scaleByTrustRatio();
 * trust.update({ w: tensor([0, 2]) }, [], { w: tensor([3, 4]) })[0].w.toArray(); // => [0, 5]
 * ```
 */
export function scaleByTrustRatio(mask?: DecayMask): Transform<NoState> {
  requireMask('scaleByTrustRatio', mask);
  return stateless((updates, params) =>
    mapNamed(updates, (u, name) => {
      const w = at(params, name);
      if (mask !== undefined && !mask(name, w)) return u;
      return mul(u, astype(ratioOr1(lengthOf(w), lengthOf(u)), u.dtype));
    }),
  );
}

/** What `larsRatio` needs to know. */
export interface LarsRatioOptions {
  /** The rate relative to the length of the weights, >= 0. */
  readonly trustCoefficient: number;
  /** Strength of the L2 decay, float64 `[]`. */
  readonly weightDecay: Tensor;
  readonly eps: number;
}

/** LARS's ratio, `trustCoefficient |w| / (|g| + weightDecay |w| + eps)`; 1 where a length is 0. */
export function larsRatio(w: Tensor, g: Tensor, options: LarsRatioOptions): Tensor {
  const [weights, gradient] = [lengthOf(w), lengthOf(g)];
  const usable = logicalAnd(greater(weights, 0), greater(gradient, 0));
  const divisor = add(add(gradient, mul(options.weightDecay, weights)), options.eps);
  const ratio = div(mul(weights, options.trustCoefficient), where(usable, divisor, 1));
  return where(usable, ratio, 1);
}

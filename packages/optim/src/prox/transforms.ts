import { abs, add, less, sub, type Tensor, where } from '@tikhonov/core';
import { kindOf, requireOptions } from '@tikhonov/core/engine';
import { weightsOnly } from '../groups.ts';
import { at, mapNamed } from '../named.ts';
import { requireStrength, type Scalar, strength64 } from '../scalars.ts';
import { type NoState, stateless, type Transform } from '../transform.ts';
import type { DecayMask } from '../weight-decay.ts';
import type { Prox } from './operators.ts';
import type { Projection } from './projections.ts';

/** Options of `proximal` and `project`. */
export interface SelectOptions {
  /**
   * Which parameters; `() => true` for all. @defaultValue `weightsOnly`: those with two axes or more, not
   * biases and the gains of norms, and not a vector of regression weights either
   */
  readonly select?: DecayMask;
}

/**
 * Updates that lead where `f` takes the stepped parameters; 0 is reached exactly. What is not finite stays
 * so, for the optimizer to refuse: a projection would hide it.
 */
const landing = (select: DecayMask, f: (stepped: Tensor) => Tensor): Transform<NoState> =>
  stateless((updates, params) =>
    mapNamed(updates, (u, name) => {
      const w = at(params, name);
      if (!select(name, w)) return u;
      const stepped = add(w, u);
      return where(less(abs(stepped), Infinity), sub(f(stepped), w), stepped);
    }),
  );

function requireOperator(name: string, f: unknown): void {
  if (typeof f === 'function') return;
  throw new TypeError(`${name}: needs a function of a tensor, got ${kindOf(f)}.`);
}

/**
 * A proximal step behind an optimizer's: `w = prox(w + update, lr)`. Unlike the gradient of a penalty it
 * gives weights that are exactly 0. With gradient descent it is proximal gradient descent (ISTA).
 *
 * @param prox  `proxL1`, `proxElasticNet`, `proxL0`, `proxGroupLasso`, `proxNuclear` or your own
 * @param lr  the learning rate of the optimizer
 * @throws RangeError for a negative or non-finite rate
 * @see Parikh & Boyd, "Proximal algorithms", Foundations and Trends in Optimization 1 (2014)
 * @example
 * ```ts
 * const w = parameter(tensor([[3, 0.05]]));
 * const updates = (lr: optim.Scalar) => [optim.proximal(optim.proxL1(1), lr)];
 * optim.sgd({ w }, { lr: 0.1, updates }).apply({ w: tensor([[0, 0]]) });
 * w.read().toArray(); // => [[2.9, 0]]
 * ```
 */
export function proximal(prox: Prox, lr: Scalar, options: SelectOptions = {}): Transform<NoState> {
  requireOperator('proximal', prox);
  requireStrength('proximal', 'lr', lr);
  requireOptions('proximal', options, { select: 'function' });
  const { select = weightsOnly } = options;
  return landing(select, (stepped) => prox(stepped, strength64('proximal', 'lr', lr)));
}

/**
 * A projection behind an optimizer's step: `w = projection(w + update)`.
 *
 * @param projection  `maxNorm`, `unitNorm`, `nonNegative` or your own
 * @example
 * ```ts
 * const w = parameter(tensor([[3, 4]]));
 * const updates = () => [optim.project(optim.maxNorm(1))];
 * optim.sgd({ w }, { lr: 1, updates }).apply({ w: tensor([[0, 0]]) });
 * w.read().toArray(); // => [[0.6, 0.8]]
 * ```
 */
export function project(projection: Projection, options: SelectOptions = {}): Transform<NoState> {
  requireOperator('project', projection);
  requireOptions('project', options, { select: 'function' });
  return landing(options.select ?? weightsOnly, projection);
}

import {
  add,
  astype,
  div,
  greaterEqual,
  lessEqual,
  mul,
  sqrt,
  sub,
  type Tensor,
  where,
} from '@tikhonov/core';
import { check, requireOptions } from '@tikhonov/core/engine';
import { requireStrength, type Scalar, strength64 } from '../scalars.ts';
import { requireAxis, unitNorms } from '../unit-norms.ts';
import { hardThreshold, softThreshold } from './thresholds.ts';

/**
 * A proximal operator of a penalty `p`: the minimiser over `u` of `|u - v|^2 / 2 + step p(u)`.
 * `v` is `[...s]`, `step` float64 `[]`.
 */
export type Prox = (v: Tensor, step: Tensor) => Tensor;

/** A strength times the step, both >= 0; what cells hold is checked at each use. */
function product(name: string, what: string, lambda: Scalar, step: Tensor): Tensor {
  check(
    greaterEqual(step, 0),
    () => new RangeError(`${name}: the step must be >= 0, got ${String(step)}.`),
  );
  return mul(strength64(name, what, lambda), step);
}

/**
 * That of `lambda sum|u|`: the soft threshold at `step lambda`. This makes an operator for `proximal` and
 * `proximalStep`, which bring the step; `reg.proxL1(v, { lambda, step })` applies it to a tensor at once.
 *
 * @param lambda  number, or 0-d cell or tensor, >= 0
 * @throws RangeError for a negative or non-finite strength
 * @see Tibshirani, "Regression shrinkage and selection via the lasso", JRSS-B 58 (1996)
 * @example
 * ```ts
 * const step = tensor(0.5, { dtype: 'float64' });
 * optim.proxL1(1)(tensor([-2, 0.25]), step).toArray(); // => [-1.5, 0]
 * ```
 */
export function proxL1(lambda: Scalar): Prox {
  requireStrength('proxL1', 'lambda', lambda);
  return (v, step) => softThreshold(v, astype(product('proxL1', 'lambda', lambda, step), v.dtype));
}

/**
 * That of `lambda sum u^2`: division by `1 + 2 step lambda`. An operator, as `proxL1`;
 * `reg.proxL2(v, { lambda, step })` applies it at once.
 *
 * @param lambda  number, or 0-d cell or tensor, >= 0
 * @throws RangeError for a negative or non-finite strength
 * @example
 * ```ts
 * const step = tensor(0.5, { dtype: 'float64' });
 * optim.proxL2(1)(tensor([-2, 1]), step).toArray(); // => [-1, 0.5]
 * ```
 */
export function proxL2(lambda: Scalar): Prox {
  requireStrength('proxL2', 'lambda', lambda);
  return (v, step) => {
    const divisor = add(mul(product('proxL2', 'lambda', lambda, step), 2), 1);
    return div(v, astype(divisor, v.dtype));
  };
}

/** Options of `proxElasticNet`. */
export interface ElasticNetStrengths {
  /** Of `sum|u|`, >= 0. */
  readonly lambda1: Scalar;
  /** Of `sum u^2`, >= 0. */
  readonly lambda2: Scalar;
}

/**
 * That of `lambda1 sum|u| + lambda2 sum u^2`: the soft threshold, and then the division. An operator, as
 * `proxL1`; `reg.proxElasticNet(v, { lambda1, lambda2, step })` applies it at once.
 *
 * @throws RangeError for negative or non-finite strengths
 * @see Zou & Hastie, "Regularization and variable selection via the elastic net", JRSS-B 67 (2005)
 * @example
 * ```ts
 * const step = tensor(0.5, { dtype: 'float64' });
 * optim.proxElasticNet({ lambda1: 1, lambda2: 1 })(tensor([-2, 0.25]), step).toArray(); // => [-0.75, 0]
 * ```
 */
export function proxElasticNet(strengths: ElasticNetStrengths): Prox {
  requireOptions('proxElasticNet', strengths, { lambda1: true, lambda2: true });
  const [l1, l2] = [proxL1(strengths.lambda1), proxL2(strengths.lambda2)];
  return (v, step) => l2(l1(v, step), step);
}

/**
 * That of `lambda` times the number of elements that are not 0: the hard threshold at
 * `sqrt(2 step lambda)`; at the threshold itself 0.
 *
 * @param lambda  number, or 0-d cell or tensor, >= 0
 * @throws RangeError for a negative or non-finite strength
 * @example
 * ```ts
 * const step = tensor(0.5, { dtype: 'float64' });
 * optim.proxL0(4)(tensor([-3, 1, 2]), step).toArray(); // => [-3, 0, 0]
 * ```
 */
export function proxL0(lambda: Scalar): Prox {
  requireStrength('proxL0', 'lambda', lambda);
  return (v, step) => {
    const threshold = sqrt(mul(product('proxL0', 'lambda', lambda, step), 2));
    return hardThreshold(v, astype(threshold, v.dtype));
  };
}

/** Options of `proxGroupLasso`. */
export interface GroupLassoOptions {
  /** Every index along this axis is one group. @defaultValue 0, the output units */
  readonly axis?: number;
  /**
   * Multiply the strength by the root of the group's size. @defaultValue false, the operator of `sum_g |u_g|` as
   * the literature on proximal algorithms has it; the penalty `reg.groupLasso` follows the paper on the lasso and
   * defaults to true, so give both the same when they shall belong together
   */
  readonly weighted?: boolean;
}

/**
 * That of `lambda sum_g |u_g|`, groups being slices along an axis: every group comes closer to 0 by
 * `step lambda`, or is 0 as a whole.
 *
 * @param lambda  number, or 0-d cell or tensor, >= 0
 * @throws RangeError for a negative or non-finite strength; ShapeError for a tensor without the axis
 * @see Yuan & Lin, "Model selection and estimation in regression with grouped variables", JRSS-B 68 (2006)
 * @example
 * ```ts
 * const step = tensor(1, { dtype: 'float64' });
 * optim.proxGroupLasso(2.5)(tensor([[3, 4], [1, 1]]), step).toArray(); // => [[1.5, 2], [0, 0]]
 * ```
 */
export function proxGroupLasso(lambda: Scalar, options: GroupLassoOptions = {}): Prox {
  requireStrength('proxGroupLasso', 'lambda', lambda);
  requireOptions('proxGroupLasso', options, { axis: true, weighted: 'boolean' });
  const { axis = 0, weighted = false } = options;
  return (v, step) => {
    requireAxis('proxGroupLasso', v, axis);
    const size = weighted ? v.size / Math.max(1, v.shape.at(axis)!) : 1;
    const threshold = mul(product('proxGroupLasso', 'lambda', lambda, step), Math.sqrt(size));
    const length = unitNorms('proxGroupLasso', v, axis);
    // False for NaN, of which the whole group becomes NaN.
    const gone = lessEqual(length, threshold);
    const factor = sub(1, div(threshold, where(gone, 1, length)));
    return where(gone, 0, mul(v, astype(factor, v.dtype)));
  };
}

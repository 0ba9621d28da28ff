import { broadcastShapes, type Shape } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { bind } from '../bind.ts';
import { checkShape, scalar } from '../create.ts';
import { DTypeError, ShapeError, showShape } from '../errors.ts';
import { finiteMax } from '../ops/reduce.ts';
import { add } from '../primitives/add.ts';
import { astype } from '../primitives/astype.ts';
import { check } from '../primitives/check.ts';
import { greater, less } from '../primitives/compare.ts';
import { div } from '../primitives/div.ts';
import { logicalAnd } from '../primitives/logical.ts';
import { sub } from '../primitives/sub.ts';
import { broadcastTo } from '../primitives/sum-broadcast.ts';
import type { Tensor } from '../tensor.ts';
import { requireKey } from './bits.ts';
import { type DrawOptions, floatOption, requireFinite } from './draws.ts';
import { split } from './keys.ts';
import { portableExp } from './log-exp.ts';
import { logGammaDrawP } from './log-gamma-draw.ts';
import { orderedSum } from './ordered-sum.ts';

/** A positive parameter as a float64 tensor. */
function positive(name: string, what: string, value: TensorLike): Tensor {
  const message = (seen: unknown): RangeError =>
    new RangeError(`${name}: ${what} must be finite and positive, got ${String(seen)}.`);
  if (typeof value === 'number') {
    if (!(value > 0 && value < Infinity)) throw message(value);
    return scalar(value, 'float64');
  }
  const source = asTensor(value, name);
  if (source.dtype !== 'float32' && source.dtype !== 'float64') {
    throw new DTypeError(
      `${name}: ${what} must be float32 or float64, got ${source.dtype}. Cast with astype('float32').`,
    );
  }
  const exact = astype(source, 'float64');
  check(logicalAnd(greater(exact, 0), less(exact, Infinity)), () => message(exact));
  return exact;
}

/** The parameter repeated to the shape of the draws. */
function spread(name: string, what: string, value: Tensor, shape: Shape): Tensor {
  const joint = broadcastShapes(value.shape, shape);
  if (joint === undefined || showShape(joint) !== showShape(shape)) {
    throw new ShapeError(
      `${name}: ${what} ${showShape(value.shape)} does not broadcast to the shape ${showShape(shape)}.\n  Aligned at the last axis, its sizes must be equal or 1.`,
    );
  }
  return broadcastTo(value, shape);
}

/** Logarithms of Gamma(alpha, 1) draws in float64. */
function logDraws(name: string, from: Tensor, alpha: TensorLike, shape: Shape | undefined): Tensor {
  requireKey(name, from);
  const a = positive(name, 'alpha', alpha);
  if (shape !== undefined) checkShape(name, shape);
  return bind(logGammaDrawP, [from, spread(name, 'alpha', a, shape ?? a.shape)], null);
}

/** Options of `gamma`. */
export interface GammaOptions extends DrawOptions {
  /** Inverse scale, > 0; the mean is `alpha / rate`. @defaultValue 1 */
  readonly rate?: number;
}

/**
 * Gamma draws with density proportional to `x^(alpha - 1) e^(-rate x)`. Exact for every `alpha > 0`; for
 * small ones most draws are tiny (at `alpha` 0.01 a third lie below 1e-45 and round to 0 in float32):
 * use `logGamma` where that matters. Draws have no derivative in `alpha`: asking for one is a
 * NoDerivativeError.
 *
 * @param alpha  concentration, a number or a floating tensor that broadcasts to `shape`
 * @param shape  @defaultValue the shape of `alpha`
 * @throws RangeError unless `alpha` and `rate` are finite and positive
 * @see Marsaglia & Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000)
 * @example
 * ```ts
 * const x = random.gamma(random.key(0), 3, [10000]);
 * Math.abs(x.mean().item() - 3) < 0.1; // => true
 * ```
 */
export function gamma(
  from: Tensor,
  alpha: TensorLike,
  shape?: Shape,
  options: GammaOptions = {},
): Tensor {
  const dtype = floatOption('random.gamma', options, { dtype: true, rate: true });
  const { rate = 1 } = options;
  requireFinite('random.gamma', 'rate', rate, true);
  const x = portableExp(logDraws('random.gamma', from, alpha, shape));
  return astype(rate === 1 ? x : div(x, rate), dtype);
}

/**
 * Logarithms of Gamma(`alpha`, 1) draws: finite also where the draws themselves are too small for a
 * float.
 *
 * @param alpha  as in `gamma`
 * @param shape  @defaultValue the shape of `alpha`
 * @example
 * ```ts
 * random.logGamma(random.key(0), 1e-4, [1000]).min().item() < -10000; // => true
 * ```
 */
export function logGamma(
  from: Tensor,
  alpha: TensorLike,
  shape?: Shape,
  options: DrawOptions = {},
): Tensor {
  const dtype = floatOption('random.logGamma', options, { dtype: true });
  return astype(logDraws('random.logGamma', from, alpha, shape), dtype);
}

/**
 * Beta draws with density proportional to `x^(a - 1) (1 - x)^(b - 1)` on [0, 1]: `1 / (1 + e^(t - s))`
 * with the logarithms `s` and `t` of two gamma draws, so that small `a` and `b` give values near 0 or 1
 * and never 0/0. No derivatives in `a` and `b`.
 *
 * @param a  a number or a floating tensor
 * @param b  likewise
 * @param shape  @defaultValue what `a` and `b` broadcast to
 * @throws RangeError unless `a` and `b` are finite and positive
 * @example
 * ```ts
 * const x = random.beta(random.key(0), 2, 6, [10000]);
 * Math.abs(x.mean().item() - 0.25) < 0.01; // => true
 * ```
 */
export function beta(
  from: Tensor,
  a: TensorLike,
  b: TensorLike,
  shape?: Shape,
  options: DrawOptions = {},
): Tensor {
  const name = 'random.beta';
  requireKey(name, from);
  const dtype = floatOption(name, options, { dtype: true });
  const [first, second] = [positive(name, 'a', a), positive(name, 'b', b)];
  if (shape !== undefined) checkShape(name, shape);
  const joint = shape ?? broadcastShapes(first.shape, second.shape);
  if (joint === undefined) {
    throw new ShapeError(
      `${name}: a ${showShape(first.shape)} and b ${showShape(second.shape)} do not broadcast.`,
    );
  }
  const [keyA, keyB] = split(from);
  const s = bind(logGammaDrawP, [keyA!, spread(name, 'a', first, joint)], null);
  const t = bind(logGammaDrawP, [keyB!, spread(name, 'b', second, joint)], null);
  return astype(div(1, add(portableExp(sub(t, s)), 1)), dtype);
}

/**
 * Dirichlet draws: points of the simplex, gamma draws of shape `alpha` divided by their sum, computed in
 * logarithms so that a small `alpha` never gives 0/0. No derivative in `alpha`.
 *
 * @param alpha  `[...b, k]`, positive: one concentration per class on the last axis
 * @param shape  of the draws without the class axis; `b` must broadcast to it. @defaultValue `b`
 * @returns `[...shape, k]`; sums to 1 along the last axis
 * @throws RangeError unless `alpha` is finite and positive; ShapeError if it has no axis or no class
 * @example
 * ```ts
 * const p = random.dirichlet(random.key(0), tensor([1, 2, 3]), [4]);
 * p.shape; // => [4, 3]
 * p.sum({ axis: -1 }).toArray(); // => [1, 1, 1, 1]
 * ```
 */
export function dirichlet(
  from: Tensor,
  alpha: Tensor,
  shape?: Shape,
  options: DrawOptions = {},
): Tensor {
  const name = 'random.dirichlet';
  requireKey(name, from);
  const dtype = floatOption(name, options, { dtype: true });
  const a = positive(name, 'alpha', alpha);
  const classes = a.shape.at(-1);
  if (classes === undefined || classes === 0) {
    throw new ShapeError(
      `${name}: alpha needs a last axis with one entry per class, got ${showShape(a.shape)}.`,
    );
  }
  if (shape !== undefined) checkShape(name, shape);
  const full = [...(shape ?? a.shape.slice(0, -1)), classes];
  const logs = bind(logGammaDrawP, [from, spread(name, 'alpha', a, full)], null);
  const shares = portableExp(sub(logs, finiteMax(logs, [full.length - 1])));
  return astype(div(shares, orderedSum(shares)), dtype);
}

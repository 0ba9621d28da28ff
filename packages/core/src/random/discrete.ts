import type { DType, Shape } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { normalizeAxis } from '../axes.ts';
import { bind } from '../bind.ts';
import { DTypeError, hasAval, kindOf, showValue } from '../errors.ts';
import { requireOptions } from '../options.ts';
import { add } from '../primitives/add.ts';
import { astype } from '../primitives/astype.ts';
import { check } from '../primitives/check.ts';
import { greaterEqual, less, lessEqual } from '../primitives/compare.ts';
import { floor } from '../primitives/floor.ts';
import { indexSelect } from '../primitives/gather-scatter.ts';
import { logicalAnd } from '../primitives/logical.ts';
import { mul } from '../primitives/mul.ts';
import { broadcastTo } from '../primitives/sum-broadcast.ts';
import type { Tensor } from '../tensor.ts';
import { permutationP, randomWord, requireDraw, requireKey } from './bits.ts';
import { topBits } from './draws.ts';
import { uniform } from './uniform.ts';

/**
 * True with probability `p`: one uniform `u` in [0, 1) per element, true iff `u < p`, so `p` 0 and 1
 * are exact. The draws do not depend on any floating dtype.
 *
 * @param p  probability, a number or a tensor that broadcasts to `shape`
 * @returns bool, of the given shape
 * @throws RangeError for values outside [0, 1]; ShapeError if `p` does not broadcast to `shape`
 * @example
 * ```ts
 * random.bernoulli(random.key(0), [3], 1).toArray(); // => [true, true, true]
 * ```
 */
export function bernoulli(from: Tensor, shape: Shape, p: TensorLike): Tensor {
  requireDraw('random.bernoulli', from, shape);
  if (typeof p === 'number' && !(p >= 0 && p <= 1)) {
    throw new RangeError(`random.bernoulli: p must be in [0, 1], got ${p}.`);
  }
  const u = mul(randomWord(from, shape, 0), 1 / 2 ** 32);
  if (typeof p === 'number') return less(u, p);
  const q = astype(asTensor(p, 'random.bernoulli'), 'float64');
  check(
    logicalAnd(greaterEqual(q, 0), lessEqual(q, 1)),
    () => new RangeError(`random.bernoulli: p must be in [0, 1], got ${String(q)}.`),
  );
  return less(u, broadcastTo(q, shape));
}

/**
 * Integers in `[low, high)` as int32.
 *
 * @throws RangeError unless `low < high` are integers in [-2^31, 2^31]
 * @example
 * ```ts
 * random.randint(random.key(0), [2], 5, 6).toArray(); // => [5, 5]
 * ```
 */
export function randint(from: Tensor, shape: Shape, low: number, high: number): Tensor {
  requireDraw('random.randint', from, shape);
  if (!(Number.isInteger(low) && Number.isInteger(high) && low < high)) {
    throw new RangeError(`random.randint: needs integers low < high, got ${low} and ${high}.`);
  }
  if (low < -(2 ** 31) || high > 2 ** 31) {
    throw new RangeError(
      `random.randint: [${low}, ${high}) passes the range of int32.\n  Stay within -2^31 and 2^31, or use random.bits for words.`,
    );
  }
  const u = uniform(from, shape, { dtype: 'float64' });
  return astype(add(floor(mul(u, high - low)), low), 'int32');
}

/**
 * A random order of `0 .. n - 1` as int32 `[n]`.
 *
 * @example
 * ```ts
 * random.permutation(random.key(0), 5).sum().item(); // => 10
 * ```
 */
export function permutation(from: Tensor, n: number): Tensor {
  requireKey('random.permutation', from);
  if (!Number.isInteger(n) || n < 0) {
    throw new RangeError(
      `random.permutation: n must be an integer >= 0, got ${hasAval(n) ? kindOf(n) : showValue(n)}.\n  To shuffle a tensor, use random.shuffle.`,
    );
  }
  return bind(permutationP, [from], { n });
}

/**
 * The slices of a tensor along one axis, in random order; gradients flow through. `[...s] -> [...s]`.
 *
 * @param options  `axis` @defaultValue 0
 * @throws ShapeError for an axis out of range
 * @example
 * ```ts
 * const rows = random.shuffle(random.key(0), tensor([[1, 2], [3, 4]]));
 * rows.sum({ axis: 0 }).toArray(); // => [4, 6]
 * ```
 */
export function shuffle(
  from: Tensor,
  x: TensorLike,
  options: { readonly axis?: number } = {},
): Tensor {
  const name = 'random.shuffle';
  requireKey(name, from);
  requireOptions(name, options, { axis: true });
  const source = asTensor(x, name);
  const axis = normalizeAxis(name, options.axis ?? 0, source.shape);
  return indexSelect(source, permutation(from, source.shape[axis]!), { axis });
}

/**
 * Signs: -1 or 1 with probability 1/2 each.
 *
 * @param options  `dtype`, anything but bool and uint32. @defaultValue 'float32'
 * @example
 * ```ts
 * const s = random.rademacher(random.key(0), [100]);
 * s.mul(s).sum().item(); // => 100
 * ```
 */
export function rademacher(
  from: Tensor,
  shape: Shape,
  options: { readonly dtype?: DType } = {},
): Tensor {
  requireDraw('random.rademacher', from, shape);
  requireOptions('random.rademacher', options, { dtype: true });
  const { dtype = 'float32' } = options;
  if (dtype === 'bool' || dtype === 'uint32') {
    throw new DTypeError(`random.rademacher: ${dtype} has no -1. Use int32, float32 or float64.`);
  }
  const coin = topBits(randomWord(from, shape, 0), 31);
  return astype(add(mul(coin, 2), -1), dtype);
}

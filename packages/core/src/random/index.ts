import { type DType, isFloating, type Shape } from '@tikhonov/array';
import type { TensorLike } from '../as-tensor.ts';
import { bind } from '../bind.ts';
import { Cell } from '../cell.ts';
import { checkShape, scalar, tensor } from '../create.ts';
import { DTypeError } from '../errors.ts';
import { add } from '../primitives/add.ts';
import { astype } from '../primitives/astype.ts';
import { less } from '../primitives/compare.ts';
import { minimum } from '../primitives/extremum.ts';
import { floor } from '../primitives/floor.ts';
import { mul } from '../primitives/mul.ts';
import { reshape } from '../primitives/reshape.ts';
import { slice } from '../primitives/slice-pad.ts';
import { broadcastTo } from '../primitives/sum-broadcast.ts';
import type { Tensor } from '../tensor.ts';
import { bits, foldInP, normalFromBitsP, permutationP } from './bits.ts';

export { bits };

/**
 * A random key: the same key always gives the same draws. Derive keys with `foldIn` and `split`; use
 * each for one purpose.
 *
 * @param seed  integer in [0, 2^53)
 * @returns uint32 `[2]`
 * @throws RangeError for any other seed
 * @example
 * ```ts
 * const a = random.uniform(random.key(7), [2]).toArray();
 * const b = random.uniform(random.key(7), [2]).toArray();
 * JSON.stringify(a) === JSON.stringify(b); // => true
 * ```
 */
export function key(seed: number): Tensor {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`random.key: the seed must be an integer in [0, 2^53), got ${seed}.`);
  }
  return tensor([seed >>> 0, Math.floor(seed / 2 ** 32)], { dtype: 'uint32' });
}

/**
 * A new key from a key and a number, a name or an integer scalar (a step count): different data,
 * independent draws.
 *
 * @example
 * ```ts
 * const key = random.key(0);
 * const [a, b] = [random.foldIn(key, 'layer0'), random.foldIn(key, 'layer1')];
 * a.toString() === b.toString(); // => false
 * ```
 */
export function foldIn(from: Tensor, data: number | string | Tensor): Tensor {
  const word =
    typeof data === 'string'
      ? scalar(hashName(data), 'uint32')
      : typeof data === 'number'
        ? scalar(data, 'uint32')
        : data;
  return bind(foldInP, [from, word], { stream: 'fold' as const });
}

/** 32-bit FNV-1a of the name's UTF-16 units; any fixed hash would do. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/**
 * `count` independent keys.
 *
 * @example
 * ```ts
 * random.split(random.key(0), 3).length; // => 3
 * ```
 */
export const split = (from: Tensor, count = 2): Tensor[] =>
  Array.from({ length: count }, (_, i) =>
    bind(foldInP, [from, scalar(i, 'uint32')], { stream: 'split' as const }),
  );

/** Options of floating draws. */
export interface DrawOptions {
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
}

function floatOption(name: string, options: DrawOptions): DType {
  const dtype = options.dtype ?? 'float32';
  if (!isFloating(dtype)) {
    throw new DTypeError(`random.${name}: dtype must be float32 or float64, got ${dtype}.`);
  }
  return dtype;
}

/** One of the two words of each element. */
const word = (pairs: Tensor, which: number): Tensor =>
  reshape(
    slice(pairs, [...pairs.shape.slice(0, -1).map(() => null), { start: which, stop: which + 1 }]),
    pairs.shape.slice(0, -1),
  );

/**
 * Uniform draws in `[min, max)`: multiples of 2^-24 in float32, of 2^-53 in float64, scaled.
 *
 * @throws RangeError unless `min < max`, both finite
 * @example
 * ```ts
 * const u = random.uniform(random.key(0), [1000]);
 * u.max().item() < 1; // => true
 * ```
 */
export function uniform(
  from: Tensor,
  shape: Shape,
  options: DrawOptions & { readonly min?: number; readonly max?: number } = {},
): Tensor {
  checkShape('random.uniform', shape);
  const dtype = floatOption('uniform', options);
  const { min = 0, max = 1 } = options;
  if (!(min < max && Number.isFinite(max - min))) {
    throw new RangeError(`random.uniform: needs min < max, got ${min} and ${max}.`);
  }
  const pairs = astype(bits(from, shape), 'float64');
  const high = word(pairs, 0);
  const unit =
    dtype === 'float32'
      ? mul(floor(mul(high, 2 ** -8)), 2 ** -24)
      : mul(
          add(mul(floor(mul(high, 2 ** -5)), 2 ** 26), floor(mul(word(pairs, 1), 2 ** -6))),
          2 ** -53,
        );
  if (min === 0 && max === 1) return astype(unit, dtype);
  // Rounding may carry the largest draws up to max itself, which the interval leaves out.
  const scaled = astype(add(mul(unit, max - min), min), dtype);
  return minimum(scaled, Math.max(min, largestBelow(max, dtype)));
}

/** The largest value of the floating dtype that is less than `bound`. */
function largestBelow(bound: number, dtype: DType): number {
  const value = dtype === 'float32' ? new Float32Array([bound]) : new Float64Array([bound]);
  const nearest = value[0]!;
  if (nearest < bound) return nearest;
  // Neighbours in order of magnitude have neighbouring bit patterns.
  if (nearest === 0) return dtype === 'float32' ? -(2 ** -149) : -Number.MIN_VALUE;
  const outward = nearest < 0;
  if (dtype === 'float32') new Uint32Array(value.buffer)[0]! += outward ? 1 : -1;
  else new BigUint64Array(value.buffer)[0]! += outward ? 1n : -1n;
  return value[0]!;
}

/**
 * Standard normal draws, scaled: `mean + std * z`.
 *
 * @example
 * ```ts
 * const z = random.normal(random.key(0), [10000]);
 * Math.abs(z.mean().item()) < 0.05; // => true
 * ```
 */
export function normal(
  from: Tensor,
  shape: Shape,
  options: DrawOptions & { readonly mean?: number; readonly std?: number } = {},
): Tensor {
  checkShape('random.normal', shape);
  const dtype = floatOption('normal', options);
  const { mean = 0, std = 1 } = options;
  if (!(std >= 0 && Number.isFinite(std) && Number.isFinite(mean))) {
    throw new RangeError(`random.normal: needs finite mean and std >= 0, got ${mean} and ${std}.`);
  }
  const z = bind(normalFromBitsP, [bits(from, shape)], null);
  return astype(std === 1 && mean === 0 ? z : add(mul(z, std), mean), dtype);
}

/**
 * True with probability `p`: one uniform `u` in [0, 1) per element, true iff `u < p`, so `p` 0 and 1
 * are exact. The draws do not depend on any floating dtype.
 *
 * @param p  probability, a number or a tensor that broadcasts to `shape`
 * @returns bool, of the given shape
 * @throws RangeError for a number outside [0, 1]; ShapeError if `p` does not broadcast to `shape`
 * @example
 * ```ts
 * random.bernoulli(random.key(0), [3], 1).toArray(); // => [true, true, true]
 * ```
 */
export function bernoulli(from: Tensor, shape: Shape, p: TensorLike): Tensor {
  checkShape('random.bernoulli', shape);
  if (typeof p === 'number' && !(p >= 0 && p <= 1)) {
    throw new RangeError(`random.bernoulli: p must be in [0, 1], got ${p}.`);
  }
  const u = mul(astype(word(bits(from, shape), 0), 'float64'), 2 ** -32);
  return less(u, typeof p === 'number' ? p : broadcastTo(astype(p, 'float64'), shape));
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
  checkShape('random.randint', shape);
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
  checkShape('random.permutation', [n]);
  return bind(permutationP, [from], { n });
}

/**
 * A key that advances: each `next()` gives a fresh key. Its state is a cell, so a recorded program
 * advances it too.
 *
 * @example
 * ```ts
 * const generator = new random.Generator(0);
 * const [a, b] = [generator.next(), generator.next()];
 * a.toString() === b.toString(); // => false
 * ```
 */
export class Generator {
  /** The key from which the next ones are derived. */
  readonly state: Cell;

  constructor(seed: number | Tensor) {
    this.state = new Cell(typeof seed === 'number' ? key(seed) : seed, { name: 'generator' });
  }

  /** A key that was not given before. */
  next(): Tensor {
    const [state, fresh] = split(this.state.read(), 2);
    this.state.write(state!);
    return fresh!;
  }
}

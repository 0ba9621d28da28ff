import { bind } from '../bind.ts';
import { Cell } from '../cell.ts';
import { scalar, tensor } from '../create.ts';
import { Tensor } from '../tensor.ts';
import { foldInP } from './bits.ts';

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
  if (!(typeof data === 'string' || typeof data === 'number' || data instanceof Tensor)) {
    throw new TypeError(
      `random.foldIn: needs a number, a string or an int32 or uint32 scalar, got ${typeof data}.`,
    );
  }
  const word =
    typeof data === 'string'
      ? scalar(hashName(data), 'uint32')
      : typeof data === 'number'
        ? scalar(data, 'uint32', 'random.foldIn')
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
 * `count` independent keys; the first ones do not depend on how many there are.
 *
 * @throws RangeError unless `count` is an integer >= 0
 * @example
 * ```ts
 * random.split(random.key(0), 3).length; // => 3
 * ```
 */
export function split(from: Tensor, count = 2): Tensor[] {
  if (!Number.isInteger(count) || count < 0) {
    throw new RangeError(`random.split: the count must be an integer >= 0, got ${count}.`);
  }
  return Array.from({ length: count }, (_, i) =>
    bind(foldInP, [from, scalar(i, 'uint32')], { stream: 'split' as const }),
  );
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

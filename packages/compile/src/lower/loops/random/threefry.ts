import { shared } from '../../../loops/index.ts';
import type { Emission } from '../../../math/emission.ts';
import type { Lanes } from '../../../math/lanes.ts';
import type { ModuleWriter } from '../../../wasm/module.ts';

// Threefry-2x32 with 20 rounds, as core's: what maps a counter of two words to two random words under a
// key of two.

/** The parity constant of the Skein hash (revised). */
const parity = 0x1bd11bda;

/** By how many bits the rounds turn the second word, four rounds at a time. */
const turns = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/** Second counter words that keep the uses of one key apart, as in core. */
export const streams = {
  bits: 0,
  fold: 0x464f4c44,
  split: 0x53504c54,
  shuffle: 0x53485546,
  gamma: 0x47414d4d,
  truncated: 0x5452554e,
  poisson: 0x504f4953,
} as const;

/** The rounds in order: `mix` turns by a number of bits, `inject` adds two words of the key and a number. */
function rounds(
  mix: (bits: number) => void,
  inject: (keyOfX: number, keyOfY: number, add: number) => void,
): void {
  for (let block = 0; block < 5; block++) {
    for (const bits of turns[block % 2]!) mix(bits);
    inject((block + 1) % 3, (block + 2) % 3, block + 1);
  }
}

/**
 * The module's function from key and counter to two words: `(key0, key1, counter0, counter1) -> (word0,
 * word1)`, all of them i32. The second word is on top of the stack.
 */
export const threefry = (writer: ModuleWriter): number =>
  shared(writer, 'threefry', () =>
    writer.function(['i32', 'i32', 'i32', 'i32'], ['i32', 'i32'], (code) => {
      const [x, y] = [2, 3];
      const keys = [0, 1, code.local('i32')] as const;
      code.i32(parity).get(0).op('i32.xor').get(1).op('i32.xor').set(keys[2]);
      code.get(x).get(0).op('i32.add').set(x);
      code.get(y).get(1).op('i32.add').set(y);
      rounds(
        (bits) => {
          code.get(y).i32(bits).op('i32.rotl').get(x).get(y).op('i32.add').tee(x);
          code.op('i32.xor').set(y);
        },
        (keyOfX, keyOfY, add) => {
          code.get(x).get(keys[keyOfX]!).op('i32.add').set(x);
          code.get(y).get(keys[keyOfY]!).op('i32.add').i32(add).op('i32.add').set(y);
        },
      );
      code.get(x).get(y);
    }),
  );

/** What the rounds take from a key and the counters' second word: the same in all lanes. */
export interface KeyLanes {
  /** The first word after the first addition, less the counter. */
  readonly start: Lanes;
  /** The second word, turned by the first round. */
  readonly turned: Lanes;
  /** The three words of the key. */
  readonly keys: readonly Lanes[];
  /** What is added to the second word after four rounds each. */
  readonly added: readonly Lanes[];
}

/**
 * The key's part of `threefryCounters`; kept, so that it can be made before a loop.
 *
 * @param stream  the counters' second word
 */
export function keyLanes(into: Emission, key0: Lanes, key1: Lanes, stream = 0): KeyLanes {
  const first = into.keep(key0);
  const second = into.keep(key1);
  const y = stream === 0 ? second : into.keep(second.plus(first.bits(stream)));
  const third = into.keep(first.xor(second).xor(first.bits(parity)));
  const keys = [first, second, third];
  const added: Lanes[] = [];
  rounds(
    () => {},
    (_, keyOfY, add) => added.push(into.keep(keys[keyOfY]!.plus(first.bits(add)))),
  );
  return {
    start: into.keep(first.plus(y)),
    turned: into.keep(rotated(y, turns[0][0])),
    keys,
    added,
  };
}

/**
 * The two words of each counter, for several vectors of 32-bit counters. The
 * rounds of the vectors are written in turns, as each round waits for the one before. The results are
 * kept.
 */
export function threefryCounters(
  into: Emission,
  { start, turned, keys, added }: KeyLanes,
  counters: readonly Lanes[],
): [Lanes, Lanes][] {
  const states = counters.map((counter): [Lanes, Lanes] => {
    const x = into.keep(counter.plus(start));
    return [x, into.keep(turned.xor(x))];
  });
  let round = 0;
  rounds(
    (bits) => {
      round += 1;
      // That one is in `start` and `turned`.
      if (round === 1) return;
      for (const [x, y] of states) {
        into.assign(x, x.plus(y));
        into.assign(y, rotated(y, bits).xor(x));
      }
    },
    (keyOfX, _, add) => {
      for (const [x, y] of states) {
        into.assign(x, x.plus(keys[keyOfX]!));
        into.assign(y, y.plus(added[add - 1]!));
      }
    },
  );
  return states;
}

/**
 * Two random words per lane for the counters `(counter, 0)`, as `randomBits` draws them: lanes of 32 bits,
 * kept.
 *
 * @param key0  the key's first word in every lane
 * @param counter  the element's number in row-major order
 */
export function threefryLanes(
  into: Emission,
  key0: Lanes,
  key1: Lanes,
  counter: Lanes,
): [Lanes, Lanes] {
  return threefryCounters(into, keyLanes(into, key0, key1), [counter])[0]!;
}

/**
 * Lanes of 32 bits, turned to the left. Shuffles of whole bytes, where the number allows, would save 4 %,
 * but keep engines from packing two vectors into one of 256 bits.
 */
const rotated = (x: Lanes, bits: number): Lanes => x.shiftLeft(bits).or(x.shiftRight(32 - bits));

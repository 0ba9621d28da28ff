import { sizeOf } from '../../../layout/layout.ts';
import { shared } from '../../../loops/index.ts';
import { Emission } from '../../../math/emission.ts';
import type { Lanes } from '../../../math/lanes.ts';
import type { ModuleWriter } from '../../../wasm/module.ts';
import { entry, type LoopEntry } from '../entry.ts';
import { keyLanes, threefryCounters } from './threefry.ts';

/** Elements of a turn of the loop. Fewer leave processors waiting, more spill to memory. */
const turn = 24;

const bytesOfLanes = (lanes: readonly number[]): number[] => [
  ...new Uint8Array(Uint32Array.from(lanes).buffer),
];

/**
 * A function of a key's words, an address and how many elements it gets: one word each, or both in turn.
 * Memory for `turn` elements is written at least.
 */
const manyBits = (writer: ModuleWriter, word: 0 | 1 | null): number =>
  shared(writer, `random bits ${word}`, () =>
    writer.function(['i32', 'i32', 'i32', 'i32'], [], (code) => {
      const [target, count] = [2, 3];
      const into = new Emission(code);
      const splat = (local: number): Lanes =>
        into.leaf('f32x4', () => code.get(local).op('i32x4.splat'));
      const key = keyLanes(into, splat(0), splat(1));
      const at = code.local('i32');
      const last = code.local('i32');
      const place = code.local('i32');
      code.get(count).i32(turn).op('i32.sub').set(last);
      code.loop((again) => {
        // The last turn ends with the last element, and may make some once more; an only one starts at 0,
        // as `last` is below that and so, unsigned, large.
        code.get(at).get(last).get(at).get(last).op('i32.lt_u', 'select').set(at);
        code
          .get(at)
          .i32(word === null ? 8 : 4)
          .op('i32.mul')
          .get(target)
          .op('i32.add')
          .set(place);
        const counters = Array.from({ length: turn / 4 }, (_, k) =>
          splat(at).plus(into.bytes('f32x4', bytesOfLanes([0, 1, 2, 3].map((i) => 4 * k + i)))),
        );
        const results = threefryCounters(into, key, counters).flatMap((words) =>
          word === null ? interleaved(...words) : [words[word]],
        );
        for (const [k, result] of results.entries()) {
          code.get(place);
          into.put(result);
          code.memory('v128.store', 16 * k, 2);
        }
        code.get(at).i32(turn).op('i32.add').tee(at).get(count).op('i32.lt_u');
        again(true);
      });
      into.done();
    }),
  );

/** Two vectors' lanes in turn. */
const interleaved = (x: Lanes, y: Lanes): Lanes[] =>
  [0, 2].map((from) => {
    const order = [from, from + 4, from + 1, from + 5].flatMap((lane) =>
      [0, 1, 2, 3].map((k) => 4 * lane + k),
    );
    return x.raw('f32x4', (code) => code.shuffle(order), y);
  });

/** For each element its number, enciphered under the key. */
export const randomBits: LoopEntry = /* @__PURE__ */ entry('randomBits', {
  kind: 'loop',
  layouts: 'any',
  scratch: ({ outputs, attrs: { word } }) => {
    const words = sizeOf(outputs[0]!.shape);
    const full = word === null ? 2 * turn : turn;
    return words > 0 && words < full ? 4 * full : 0;
  },
  emit: (writer, { inputs, outputs, attrs: { word } }) => {
    const words = sizeOf(outputs[0]!.shape);
    const n = word === null ? words / 2 : words;
    const few = n > 0 && n < turn;
    const { offset, strides } = inputs[0]!.layout;
    const many = n > 0 ? manyBits(writer, word) : 0;
    return writer.function(few ? ['i32', 'i32', 'i32'] : ['i32', 'i32'], [], (code) => {
      if (n === 0) return;
      const [key, target, scratch] = [0, 1, 2];
      for (const at of [offset, offset + strides[0]!]) code.get(key).memory('i32.load', 4 * at);
      code
        .get(few ? scratch : target)
        .i32(n)
        .call(many);
      if (few)
        code
          .get(target)
          .get(scratch)
          .i32(4 * words)
          .copy();
    });
  },
});

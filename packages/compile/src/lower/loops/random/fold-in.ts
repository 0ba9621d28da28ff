import { Emission } from '../../../math/emission.ts';
import type { Lanes } from '../../../math/lanes.ts';
import { entry, type LoopEntry } from '../entry.ts';
import { keyLanes, streams, threefryCounters } from './threefry.ts';

/** The number, enciphered under the key. */
export const foldIn: LoopEntry = /* @__PURE__ */ entry('foldIn', {
  kind: 'loop',
  layouts: 'any',
  emit: (writer, { inputs, attrs }) =>
    writer.function(['i32', 'i32', 'i32'], [], (code) => {
      const into = new Emission(code);
      const word = (local: number, place = 0): Lanes => {
        const { offset, strides } = inputs[local]!.layout;
        const at = offset + place * (strides[0] ?? 0);
        return into.leaf('f32x4', () => code.get(local).memory('v128.load32_splat', 4 * at));
      };
      const key = keyLanes(into, word(0), word(0, 1), streams[attrs.stream]);
      for (const [k, result] of threefryCounters(into, key, [word(1)])[0]!.entries()) {
        code.get(2);
        into.put(result);
        code.lane('i32x4.extract_lane', 0).memory('i32.store', 4 * k);
      }
      into.done();
    }),
});

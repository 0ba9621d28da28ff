import { foldInP } from '@tikhonov/core/engine';
import { defineLoop } from '../../../loops/index.ts';
import { entry, type LoopEntry } from '../indexing/entry.ts';
import { streams } from './threefry.ts';
import { keyWords, Words } from './words.ts';

/** The number, enciphered under the key. */
export const foldIn: LoopEntry = /* @__PURE__ */ entry(foldInP, {
  kind: 'loop',
  layouts: 'any',
  emit: (writer, spec) =>
    defineLoop(writer, spec, {}, (k, { inputs: [key, data], outputs: [out] }) => {
      const words = new Words(k);
      const number = k.ints(data!, spec.inputs[1]!.dtype, spec.inputs[1]!.layout);
      const result = k.ints(out!, 'uint32', { strides: [1] });
      const counter = k.i32(number.get());
      words.draw(...keyWords(k, key!, spec.inputs[0]!), counter, streams[spec.attrs.stream]);
      result.set(words.first, 0);
      result.set(words.second, 1);
    }),
});

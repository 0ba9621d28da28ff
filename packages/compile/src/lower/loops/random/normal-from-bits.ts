import { sizeOf } from '../../../layout/layout.ts';
import { normalFromBits as emitNormal } from '../../../math/index.ts';
import { entry, type LoopEntry } from '../entry.ts';

/** Standard normal values from pairs of words, two at a time. */
export const normalFromBits: LoopEntry = /* @__PURE__ */ entry('normalFromBits', {
  kind: 'loop',
  layouts: 'dense',
  emit: (writer, { outputs }) =>
    writer.function(['i32', 'i32'], [], (code) => {
      const n = sizeOf(outputs[0]!.shape);
      const [words, target] = [0, 1];
      if (n >= 2) {
        const end = code.local('i32');
        code
          .get(target)
          .i32(8 * (n - (n % 2)))
          .op('i32.add')
          .set(end);
        code.loop((again) => {
          code.get(target).get(words).memory('v128.load', 0, 2);
          emitNormal(code, 'f64x2');
          code.memory('v128.store', 0, 3);
          code.get(words).i32(16).op('i32.add').set(words);
          code.get(target).i32(16).op('i32.add').tee(target).get(end).op('i32.lt_u');
          again(true);
        });
      }
      if (n % 2 === 1) {
        code.get(target).get(words).memory('v128.load64_zero', 0, 2);
        emitNormal(code, 'f64x2');
        code.lane('f64x2.extract_lane', 0).memory('f64.store', 0);
      }
    }),
});

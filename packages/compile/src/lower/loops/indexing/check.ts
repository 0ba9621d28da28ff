import { dense, sizeOf } from '../../../layout/layout.ts';
import { entry, type LoopEntry } from '../entry.ts';
import { copyElements } from './copy.ts';
import { move, times } from './walk.ts';

/** Copies the mask, and says whether an element of it is false. */
export const check: LoopEntry = /* @__PURE__ */ entry('check', {
  kind: 'loop',
  layouts: 'any',
  fallible: true,
  emit: (writer, { inputs: [mask] }) =>
    writer.function(['i32', 'i32'], ['i32'], (code) => {
      const { layout } = mask!;
      const own = dense(layout.shape);
      const n = sizeOf(own.shape);
      move(code, 0, layout.offset * 4);
      copyElements(code, 4, { local: 1, layout: own }, { local: 0, layout });
      const all = code.local('i32');
      const vectors = code.constant('i32x4', -1);
      code.i32(-1).set(all);
      times(code, Math.floor(n / 4), () => {
        code.get(vectors).get(1).memory('v128.load', 0).op('v128.and').set(vectors);
        move(code, 1, 16);
      });
      for (let k = 0; k < n % 4; k++) {
        code
          .get(all)
          .get(1)
          .memory('i32.load', 4 * k)
          .op('i32.and')
          .set(all);
      }
      code.get(all).i32(-1).op('i32.ne');
      code.get(vectors).op('i32x4.all_true', 'i32.eqz', 'i32.or');
    }),
});

import { checkP } from '@tikhonov/core/engine';
import { nestOf } from '../../../kernels/map/nest.ts';
import { dense } from '../../../layout/layout.ts';
import { entry, type LoopEntry } from './entry.ts';
import { move, walk } from './walk.ts';

/** Copies the mask, and says whether an element of it is false. */
export const check: LoopEntry = /* @__PURE__ */ entry(checkP, {
  kind: 'loop',
  layouts: 'any',
  fallible: true,
  emit: (writer, { inputs: [mask] }) =>
    writer.function(['i32', 'i32'], ['i32'], (code) => {
      const { layout } = mask!;
      const { shape } = layout;
      const all = code.local('i32');
      const vectors = code.constant('i32x4', -1);
      code.i32(-1).set(all);
      move(code, 0, layout.offset * 4);
      const pointers = [0, 1].map((local) => ({ local, bytes: 4 }));
      const single = (x: number, o: number): void => {
        code.get(1).get(0).memory('i32.load', x).memory('i32.store', o);
        code.get(all).get(0).memory('i32.load', x).op('i32.and').set(all);
      };
      const nest = nestOf([layout, dense(shape)]);
      const n = nest.sizes.at(-1)!;
      if (shape.includes(0)) {
        code.i32(0);
        return;
      }
      if (nest.strides[0]!.at(-1) !== 1 || n < 4) {
        walk(code, nest, pointers, 4, ([x, o]) => single(x!, o!));
      } else {
        const outer = {
          sizes: [...nest.sizes.slice(0, -1), Math.floor(n / 4)],
          strides: nest.strides.map((own) => [...own.slice(0, -1), 4]),
        };
        walk(code, outer, pointers, 4, ([x, o]) => {
          code.get(1).get(0).memory('v128.load', x!, 2).memory('v128.store', o!, 2);
          code.get(vectors).get(0).memory('v128.load', x!, 2).op('v128.and').set(vectors);
        });
        const rest = {
          sizes: [...nest.sizes.slice(0, -1), n % 4],
          strides: nest.strides,
        };
        const whole = n - (n % 4);
        for (const local of [0, 1]) move(code, local, whole * 4);
        walk(code, rest, pointers, 4, ([x, o]) => single(x!, o!));
      }
      code.get(all).i32(-1).op('i32.ne');
      code.get(vectors).op('i32x4.all_true').op('i32.eqz').op('i32.or');
    }),
});

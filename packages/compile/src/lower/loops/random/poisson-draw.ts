import { dense } from '../../../layout/layout.ts';
import {
  type Callable,
  defineFunction,
  defineLoop,
  eachLeading,
  shared,
} from '../../../loops/index.ts';
import { portableExp, portableLog } from '../../../math/portable.ts';
import type { ModuleWriter } from '../../../wasm/module.ts';
import { entry, type LoopEntry } from '../entry.ts';
import { streams } from './threefry.ts';
import { keyWords, Words } from './words.ts';

/** Draws one for each rate, under a key of its own. */
export const poissonDraw: LoopEntry = /* @__PURE__ */ entry('poissonDraw', {
  kind: 'loop',
  layouts: 'any',
  emit: (writer, spec) => {
    const few = byProducts(writer);
    const many = byRejection(writer);
    const [keySpec, rateSpec] = spec.inputs;
    return defineLoop(writer, spec, {}, (k, { inputs: [key, rates], outputs: [out] }) => {
      const [key0, key1] = keyWords(k, key!, keySpec!);
      const words = new Words(k);
      const i = k.i32();
      const { shape } = spec.outputs[0]!;
      const operands = [
        { ...rateSpec!, address: rates! },
        { dtype: 'int32', layout: dense(shape), address: out! },
      ] as const;
      eachLeading(k, shape.length, operands, (from, to) => {
        const rate = k.f64(k.floats(from!, rateSpec!.dtype, { strides: [] }).get());
        const count = k.ints(to!, 'int32', { strides: [] });
        words.draw(key0, key1, i, streams.poisson);
        k.if(
          rate.lt(10),
          () => count.set(k.call(few, words.first, words.second, rate)),
          () => count.set(k.call(many, words.first, words.second, rate)),
        );
        i.set(i.add(1));
      });
    });
  },
});

type Draw = Callable<['i32', 'i32', 'f64'], 'i32'>;

/** How many uniform factors it takes to fall to e^-rate, less one. */
const byProducts = (writer: ModuleWriter): Draw =>
  shared(writer, 'Poisson draw by products', () =>
    defineFunction(writer, ['i32', 'i32', 'f64'], 'i32', (k, key0, key1, rate) => {
      const words = new Words(k);
      const end = k.f64(k.math(portableExp, rate.neg()));
      const product = k.f64(1);
      const count = k.i32(-1);
      k.while(
        () => product.gt(end).orElse(count.lt(0)),
        () => {
          count.set(count.add(1));
          words.draw(key0, key1, count, 0);
          product.set(product.mul(words.fraction()));
        },
      );
      return count;
    }),
  );

/** Hörmann's transformed rejection with a squeeze, for rates >= 10. */
const byRejection = (writer: ModuleWriter): Draw =>
  shared(writer, 'Poisson draw by rejection', () => {
    const factorial = logFactorial(writer);
    return defineFunction(writer, ['i32', 'i32', 'f64'], 'i32', (k, key0, key1, rate) => {
      // It would be tried for ever. Eagerly, the check of the rates comes before.
      k.if(rate.ne(rate), () => k.return(0));
      const words = new Words(k);
      const b = k.f64(rate.sqrt().mul(2.53).add(0.931));
      const a = k.f64(b.mul(0.02483).add(-0.059));
      const inverseAlpha = k.f64(k.number(1.1328).div(b.sub(3.4)).add(1.1239));
      const squeeze = k.f64(k.number(0.9277).sub(k.number(3.6224).div(b.sub(2))));
      const logRate = k.f64(k.math(portableLog, rate));
      const count = k.f64();
      const attempt = k.i32(-1);
      k.while(
        () => k.int(1),
        (loop) => {
          attempt.set(attempt.add(1));
          words.draw(key0, key1, attempt, 0);
          const u = k.f64(words.fraction().sub(0.5));
          words.draw(key0, key1, attempt, 1);
          const v = k.f64(words.fraction());
          const room = k.f64(k.number(0.5).sub(u.abs()));
          count.set(a.mul(2).div(room).add(b).mul(u).add(rate).add(0.43).floor());
          k.if(room.ge(0.07).and(v.le(squeeze)), () => loop.break());
          const out = count.lt(0).or(count.ge(2 ** 31));
          k.if(out.or(room.lt(0.013).and(v.gt(room))), () => loop.continue());
          const density = a.div(room.mul(room)).add(b);
          const left = k.f64(k.math(portableLog, v.mul(inverseAlpha).div(density)));
          const right = count.mul(logRate).sub(rate).sub(k.call(factorial, count));
          k.if(left.le(right), () => loop.break());
        },
      );
      // Wraps, as an element of an integer array does.
      const turns = count.mul(2 ** -32).floor();
      return count.sub(turns.mul(2 ** 32)).toU32();
    });
  });

/** `log(k!)`: of the product itself where it is exact, else by Stirling's series. */
const logFactorial = (writer: ModuleWriter): Callable<['f64'], 'f64'> =>
  shared(writer, 'log of a factorial', () =>
    defineFunction(writer, ['f64'], 'f64', (k, n) => {
      k.if(n.lt(17), () => {
        const product = k.f64(1);
        const i = k.f64(2);
        k.while(
          () => i.le(n),
          () => product.set(product.mul(i)),
          () => i.set(i.add(1)),
        );
        k.return(k.math(portableLog, product));
      });
      const s = k.f64(k.number(1).div(n.mul(n)));
      const third = k.number(1 / 1260).sub(s.div(1680));
      const second = k.number(1 / 360).sub(s.mul(third));
      const series = k
        .number(1 / 12)
        .sub(s.mul(second))
        .div(n);
      const main = n.add(0.5).mul(k.math(portableLog, n)).sub(n);
      return main.add(0.9189385332046728).add(series);
    }),
  );

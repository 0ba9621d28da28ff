import { dense } from '../../../layout/layout.ts';
import {
  type Callable,
  defineFunction,
  defineLoop,
  eachLeading,
  shared,
} from '../../../loops/index.ts';
import { portableLog } from '../../../math/portable.ts';
import type { ModuleWriter } from '../../../wasm/module.ts';
import { entry, type LoopEntry } from '../entry.ts';
import { streams } from './threefry.ts';
import { keyWords, Words } from './words.ts';

/** Draws one for each alpha, under a key of its own. */
export const logGammaDraw: LoopEntry = /* @__PURE__ */ entry('logGammaDraw', {
  kind: 'loop',
  layouts: 'any',
  emit: (writer, spec) => {
    const draw = drawOf(writer);
    const [keySpec, alphaSpec] = spec.inputs;
    return defineLoop(writer, spec, {}, (k, { inputs: [key, alpha], outputs: [out] }) => {
      const [key0, key1] = keyWords(k, key!, keySpec!);
      const i = k.i32();
      const { shape } = spec.outputs[0]!;
      const operands = [
        { ...alphaSpec!, address: alpha! },
        { dtype: 'float64', layout: dense(shape), address: out! },
      ] as const;
      eachLeading(k, shape.length, operands, (from, to) => {
        const own = k.floats(from!, 'float64', { strides: [] }).get();
        k.floats(to!, 'float64', { strides: [] }).set(k.call(draw, key0, key1, i, own));
        i.set(i.add(1));
      });
    });
  },
});

/** The logarithm of a draw, from the key, the element's number and alpha: Marsaglia & Tsang's rejection. */
const drawOf = (writer: ModuleWriter): Callable<['i32', 'i32', 'i32', 'f64'], 'f64'> =>
  shared(writer, 'log of a gamma draw', () =>
    defineFunction(writer, ['i32', 'i32', 'i32', 'f64'], 'f64', (k, key0, key1, i, alpha) => {
      // Without this an invalid alpha would be tried for ever.
      k.if(alpha.gt(0).and(alpha.lt(Infinity)).not(), () => k.return(Number.NaN));
      const words = new Words(k);
      words.draw(key0, key1, i, streams.gamma);
      const [own0, own1] = [k.i32(words.first), k.i32(words.second)];
      const small = k.i32(alpha.lt(1));
      const d = k.f64(small.select(alpha.add(1), alpha).sub(1 / 3));
      const c = k.f64(k.number(1).div(d.mul(9).sqrt()));
      const [x, logV, result] = [k.f64(), k.f64(), k.f64()];
      const attempt = k.i32(-1);
      k.while(
        () => k.int(1),
        (loop) => {
          attempt.set(attempt.add(1));
          words.draw(own0, own1, attempt, 0);
          x.set(words.normal());
          const t = k.f64(c.mul(x).add(1));
          k.if(t.le(0), () => loop.continue());
          const v = k.f64(t.mul(t).mul(t));
          logV.set(k.math(portableLog, v));
          words.draw(own0, own1, attempt, 1);
          const logU = k.f64(k.math(portableLog, words.fraction()));
          // In eager's order of operations.
          const bound = x
            .mul(0.5)
            .mul(x)
            .add(d.mul(k.number(1).sub(v).add(logV)));
          k.if(logU.ge(bound).not(), () => loop.break());
        },
      );
      result.set(k.math(portableLog, d).add(logV));
      k.if(small.not(), () => k.return(result));
      words.draw(own0, own1, 0, 2);
      const logU = k.math(portableLog, words.fraction());
      return result.add(logU.div(alpha)).max(-Number.MAX_VALUE);
    }),
  );

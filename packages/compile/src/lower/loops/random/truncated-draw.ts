import { defineLoop, type F64 } from '../../../loops/index.ts';
import { portableLog } from '../../../math/portable.ts';
import { entry, type LoopEntry } from '../entry.ts';
import { streams } from './threefry.ts';
import { keyWords, Words } from './words.ts';

/** Standard normal draws from an interval, by rejection; each under a key of its own. */
export const truncatedDraw: LoopEntry = /* @__PURE__ */ entry('truncatedDraw', {
  kind: 'loop',
  layouts: 'any',
  emit: (writer, spec) => {
    const { low, high, shape } = spec.attrs;
    // By symmetry, an interval below 0 is one above.
    const mirrored = high <= 0;
    const [a, b] = mirrored ? [-high, -low] : [low, high];
    // The best rate of exponential proposals; the square must not overflow.
    const rate = a > 1e8 ? a : (a + Math.sqrt(a * a + 4)) / 2;
    const method =
      a <= 0
        ? b - a > 2.5
          ? 'normal'
          : 'uniform'
        : (b - a) * rate < 1
          ? 'uniform'
          : 'exponential';
    return defineLoop(writer, spec, {}, (k, { inputs: [key], outputs: [out] }) => {
      const [key0, key1] = keyWords(k, key!, spec.inputs[0]!);
      const result = k.floats(out!, 'float64', { strides: [1] });
      const words = new Words(k);
      const [own0, own1, attempt, z] = [k.i32(), k.i32(), k.i32(), k.f64()];
      const size = shape.reduce((count, n) => count * n, 1);
      const log = (x: F64): F64 => k.math(portableLog, x);
      k.for(0, size, (i) => {
        words.draw(key0, key1, i, streams.truncated);
        own0.set(words.first);
        own1.set(words.second);
        attempt.set(-1);
        k.while(
          () => k.int(1),
          (loop) => {
            attempt.set(attempt.add(1));
            words.draw(own0, own1, attempt, 0);
            if (method === 'normal') {
              z.set(words.normal());
              k.if(z.ge(a).and(z.le(b)), () => loop.break());
              return;
            }
            const u = words.fraction();
            const step = k.f64(method === 'uniform' ? u.mul(b - a) : log(u).neg().div(rate));
            z.set(step.add(a));
            k.if(z.gt(b), () => loop.continue());
            // The logarithm of the density relative to its bound.
            let bound = z.mul(-0.5).mul(z);
            if (method === 'exponential') {
              const miss = k.f64(step.add(a).sub(rate));
              bound = miss.mul(-0.5).mul(miss);
            } else if (a > 0) bound = step.mul(-0.5).mul(step.add(2 * a));
            const most = k.f64(bound);
            words.draw(own0, own1, attempt, 1);
            k.if(log(words.fraction()).le(most), () => loop.break());
          },
        );
        result.set(mirrored ? z.neg() : z, i);
      });
    });
  },
});

import { type Shape, sizeOf, viewOf } from '@tikhonov/array';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import { keyWords, requireKey, streams } from './bits.ts';
import { fractionOf, logOf, normalOf } from './portable.ts';
import { threefry2x32 } from './threefry.ts';

/** A shape and an interval, `low < high`; either end may be infinite. */
export interface TruncatedAttrs {
  readonly shape: Shape;
  readonly low: number;
  readonly high: number;
}

/**
 * Standard normal draws given that they lie in `[low, high]`, float64, by rejection: exact in the tails
 * too, where the normal distribution function has no accuracy left to invert. Whatever the interval, at
 * least 49 % of the proposals are accepted.
 *
 * @see Robert, "Simulation of truncated normal variables", Statistics and Computing 5 (1995)
 */
export const truncatedDrawP: Primitive<1, TruncatedAttrs> = /* @__PURE__ */ definePrimitive({
  name: 'truncatedDraw',
  infer: ([key], { shape }) => {
    requireKey('random.truncatedNormal', key);
    return { shape, dtype: 'float64' };
  },
  forward: ([key], { shape, low, high }) => {
    const [k0, k1] = keyWords(key);
    const data = new Float64Array(sizeOf(shape));
    const words = new Uint32Array(2);
    // By symmetry, an interval below 0 is one above.
    const mirrored = high <= 0;
    const a = mirrored ? -high : low;
    const b = mirrored ? -low : high;
    // The best rate of exponential proposals, (a + sqrt(a^2 + 4)) / 2; the square must not overflow.
    const rate = a > 1e8 ? a : (a + Math.sqrt(a * a + 4)) / 2;
    const method = methodFor(a, b, rate);
    for (let i = 0; i < data.length; i++) {
      threefry2x32(k0, k1, i, streams.truncated, words, 0);
      const z = draw(method, a, b, rate, words);
      data[i] = mirrored ? -z : z;
    }
    return viewOf(data, shape, 'float64');
  },
  vjp: [null],
});

export const truncatedDrawChecks: Checks<typeof truncatedDrawP> = {
  discrete: 'bits have no derivative',
  cases: (draw) => ({
    inputs: [draw.bits([2])],
    attrs: draw.pick([
      { shape: draw.shape(), low: -2, high: 2 },
      { shape: draw.shape(), low: -0.5, high: 0.25 },
      { shape: draw.shape(), low: 4, high: Infinity },
      { shape: draw.shape(), low: -9, high: -8.99 },
    ]),
  }),
};

type Method = 'normal' | 'uniform' | 'exponential';

/** The proposals for `[a, b]` with `b > 0`. */
function methodFor(a: number, b: number, rate: number): Method {
  if (a <= 0) return b - a > 2.5 ? 'normal' : 'uniform';
  return (b - a) * rate < 1 ? 'uniform' : 'exponential';
}

/** One draw; `words` holds its own key and is overwritten. */
function draw(method: Method, a: number, b: number, rate: number, words: Uint32Array): number {
  const own0 = words[0]!;
  const own1 = words[1]!;
  for (let attempt = 0; ; attempt++) {
    threefry2x32(own0, own1, attempt, 0, words, 0);
    if (method === 'normal') {
      const z = normalOf(words[0]!, words[1]!);
      if (z >= a && z <= b) return z;
      continue;
    }
    const u = fractionOf(words[0]!, words[1]!);
    const step = method === 'uniform' ? (b - a) * u : -logOf(u) / rate;
    const z = a + step;
    if (z > b) continue;
    // The logarithm of the density relative to its bound.
    const miss = step + a - rate;
    const bound =
      method === 'exponential'
        ? -0.5 * miss * miss
        : a > 0
          ? -0.5 * step * (2 * a + step)
          : -0.5 * z * z;
    threefry2x32(own0, own1, attempt, 1, words, 0);
    if (logOf(fractionOf(words[0]!, words[1]!)) <= bound) return z;
  }
}

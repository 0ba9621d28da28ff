import { contiguous, viewOf } from '@tikhonov/array';
import type { Checks } from '../checks.ts';
import { DTypeError, showShape } from '../errors.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import { add } from '../primitives/add.ts';
import { square } from '../primitives/mul.ts';
import { keyWords, requireKey, streams } from './bits.ts';
import { fractionOf, logOf, normalOf } from './portable.ts';
import { threefry2x32 } from './threefry.ts';

/**
 * The logarithm of a Gamma(alpha, 1) draw per element of `alpha`, float64. Each element has a key of
 * its own and counts its attempts under it, so no draw depends on how many another one needed. NaN for
 * alpha outside (0, Infinity).
 *
 * @see Marsaglia & Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000)
 */
export const logGammaDrawP: Primitive<2, null> = /* @__PURE__ */ definePrimitive({
  name: 'logGammaDraw',
  infer: ([key, alpha]) => {
    requireKey('random.gamma', key);
    if (alpha.dtype !== 'float64') {
      throw new DTypeError(
        `logGammaDraw: alpha must be float64, got ${alpha.dtype} ${showShape(alpha.shape)}.`,
      );
    }
    return { shape: alpha.shape, dtype: 'float64' };
  },
  forward: ([key, alpha]) => {
    const [k0, k1] = keyWords(key);
    const source = contiguous(alpha).data;
    const data = new Float64Array(source.length);
    const words = new Uint32Array(2);
    for (let i = 0; i < data.length; i++) data[i] = draw(k0, k1, i, source[i]!, words);
    return viewOf(data, alpha.shape, 'float64');
  },
  vjp: [null, null],
  nondifferentiable: 'draws by rejection jump with alpha',
});

export const logGammaDrawChecks: Checks<typeof logGammaDrawP> = {
  discrete: 'which proposal is accepted jumps with alpha',
  cases: (draw) => ({
    inputs: [draw.bits([2]), add(square(draw.tensor(draw.shape())), 0.05)],
    attrs: null,
  }),
};

function draw(k0: number, k1: number, i: number, alpha: number, words: Uint32Array): number {
  // Without this an invalid alpha would be tried for ever.
  if (!(alpha > 0 && alpha < Infinity)) return Number.NaN;
  threefry2x32(k0, k1, i, streams.gamma, words, 0);
  const own0 = words[0]!;
  const own1 = words[1]!;
  // Below 1 the method fails: Gamma(alpha) = Gamma(alpha + 1) U^(1 / alpha), in logs because the power
  // leaves the range of floats.
  const small = alpha < 1;
  const d = (small ? alpha + 1 : alpha) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (let attempt = 0; ; attempt++) {
    threefry2x32(own0, own1, attempt, 0, words, 0);
    const x = normalOf(words[0]!, words[1]!);
    const t = 1 + c * x;
    if (t <= 0) continue;
    const v = t * t * t;
    const logV = logOf(v);
    threefry2x32(own0, own1, attempt, 1, words, 0);
    const logU = logOf(fractionOf(words[0]!, words[1]!));
    // d (1 - v + log v), so that nothing cancels for large d, where v is close to 1.
    if (logU >= 0.5 * x * x + d * (1 - v + logV)) continue;
    const result = logOf(d) + logV;
    if (!small) return result;
    threefry2x32(own0, own1, 0, 2, words, 0);
    // Finite even for the smallest alpha, so that differences of logarithms are.
    return Math.max(result + logOf(fractionOf(words[0]!, words[1]!)) / alpha, -Number.MAX_VALUE);
  }
}

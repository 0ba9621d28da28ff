import {
  allocate,
  broadcastShapes,
  contiguous,
  type Shape,
  sameShape,
  viewOf,
} from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { bind } from '../bind.ts';
import { detach } from '../cell.ts';
import type { Checks } from '../checks.ts';
import { checkShape } from '../create.ts';
import { ShapeError, showShape } from '../errors.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import { abs } from '../primitives/abs.ts';
import { astype } from '../primitives/astype.ts';
import { check } from '../primitives/check.ts';
import { greaterEqual, lessEqual } from '../primitives/compare.ts';
import { logicalAnd } from '../primitives/logical.ts';
import { broadcastTo } from '../primitives/sum-broadcast.ts';
import type { Tensor } from '../tensor.ts';
import { keyWords, requireKey, streams } from './bits.ts';
import { expOf, fractionOf, logOf } from './portable.ts';
import { threefry2x32 } from './threefry.ts';

/** Poisson counts for rates in float64, one per element. */
export const poissonDrawP: Primitive<2, null> = /* @__PURE__ */ definePrimitive({
  name: 'poissonDraw',
  infer: ([key, rate]) => {
    requireKey('random.poisson', key);
    return { shape: rate.shape, dtype: 'int32' };
  },
  forward: ([key, rate]) => {
    const [k0, k1] = keyWords(key);
    const rates = contiguous(rate).data;
    const out = allocate('int32', rates.length);
    const words = new Uint32Array(2);
    for (let i = 0; i < rates.length; i++) {
      threefry2x32(k0, k1, i, streams.poisson, words, 0);
      out[i] = rates[i]! < 10 ? byProducts(rates[i]!, words) : byRejection(rates[i]!, words);
    }
    return viewOf(out, rate.shape, 'int32');
  },
  vjp: [null, null],
});

export const poissonDrawChecks: Checks<typeof poissonDrawP> = {
  discrete: 'the result is a count',
  cases: (draw) => ({
    inputs: [draw.bits([2]), abs(draw.tensor(draw.shape(), { max: 30 }))],
    attrs: null,
  }),
};

/** How many uniform factors it takes to fall to e^-rate, less one. `words` is overwritten. */
function byProducts(rate: number, words: Uint32Array): number {
  const own0 = words[0]!;
  const own1 = words[1]!;
  const end = expOf(-rate);
  let product = 1;
  for (let count = 0; ; count++) {
    threefry2x32(own0, own1, count, 0, words, 0);
    product *= fractionOf(words[0]!, words[1]!);
    if (product <= end) return count;
  }
}

/** Hörmann's transformed rejection with a squeeze, for rates >= 10. `words` is overwritten. */
function byRejection(rate: number, words: Uint32Array): number {
  const own0 = words[0]!;
  const own1 = words[1]!;
  const b = 0.931 + 2.53 * Math.sqrt(rate);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const squeeze = 0.9277 - 3.6224 / (b - 2);
  const logRate = logOf(rate);
  for (let attempt = 0; ; attempt++) {
    threefry2x32(own0, own1, attempt, 0, words, 0);
    const u = fractionOf(words[0]!, words[1]!) - 0.5;
    threefry2x32(own0, own1, attempt, 1, words, 0);
    const v = fractionOf(words[0]!, words[1]!);
    const room = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / room + b) * u + rate + 0.43);
    if (room >= 0.07 && v <= squeeze) return k;
    if (k < 0 || k >= 2 ** 31 || (room < 0.013 && v > room)) continue;
    const left = logOf((v * inverseAlpha) / (a / (room * room) + b));
    if (left <= k * logRate - rate - logFactorial(k)) return k;
  }
}

/** `log(k!)`: of the product itself where it is exact, else by Stirling's series. */
function logFactorial(k: number): number {
  if (k < 17) {
    let product = 1;
    for (let i = 2; i <= k; i++) product *= i;
    return logOf(product);
  }
  const s = 1 / (k * k);
  const series = (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s / 1680))) / k;
  return (k + 0.5) * logOf(k) - k + 0.9189385332046728 + series;
}

/**
 * Poisson counts as int32: the number of events of a rate. Exact for every rate, and the same on every
 * platform. No derivative in the rate.
 *
 * @param rate  expected count, in [0, 1e9]; a number or a tensor that broadcasts to `shape`
 * @param shape  @defaultValue the shape of `rate`
 * @throws RangeError for rates out of range; ShapeError if `rate` does not broadcast to `shape`
 * @see Hörmann, "The transformed rejection method for generating Poisson random variables", Insurance:
 * Mathematics and Economics 12 (1993), for rates of 10 and more
 * @example
 * ```ts
 * const counts = random.poisson(random.key(0), 3, [10000]);
 * Math.abs(counts.astype('float32').mean().item() - 3) < 0.1; // => true
 * ```
 */
export function poisson(from: Tensor, rate: TensorLike, shape?: Shape): Tensor {
  const name = 'random.poisson';
  requireKey(name, from);
  const rates = astype(detach(asTensor(rate, name)), 'float64');
  if (shape !== undefined) checkShape(name, shape);
  const target = shape ?? rates.shape;
  const joint = broadcastShapes(rates.shape, target);
  if (joint === undefined || !sameShape(joint, target)) {
    throw new ShapeError(
      `${name}: rate ${showShape(rates.shape)} does not broadcast to the shape ${showShape(target)}.`,
    );
  }
  check(
    logicalAnd(greaterEqual(rates, 0), lessEqual(rates, 1e9)),
    () => new RangeError(`${name}: the rate must be in [0, 1e9], got ${String(rate)}.`),
  );
  return bind(poissonDrawP, [from, broadcastTo(rates, target)], null);
}

import { mapKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { div } from './div.ts';

// Primitives, because a quotient of natural logarithms misses the exact powers: log(2^29) / log(2) is
// 29.000000000000004.

/** Elementwise logarithm to base 2. */
export const log2P: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'log2',
  infer: floatingUnary('log2'),
  forward: ([x]) => binary(x),
  // As g / x / ln 2, since x ln 2 of the smallest number is rounded off.
  vjp: [
    (_ans, [x]) =>
      (g) =>
        div(div(g, x), Math.LN2),
  ],
});

export const log2Checks: Checks<typeof log2P> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape(), { min: 0.3 })], attrs: null }),
};

const binary = /* @__PURE__ */ mapKernel(Math.log2);

/**
 * Elementwise logarithm to base 2, exact at powers of 2; -Infinity at 0, NaN below. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * log2(tensor([1, 8, 0.25])).toArray(); // => [0, 3, -2]
 * ```
 */
export const log2 = (x: TensorLike): Tensor => bind(log2P, [asTensor(x, 'log2')], null);

/** Elementwise logarithm to base 10. */
export const log10P: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'log10',
  infer: floatingUnary('log10'),
  forward: ([x]) => decimal(x),
  vjp: [
    (_ans, [x]) =>
      (g) =>
        div(div(g, x), Math.LN10),
  ],
});

export const log10Checks: Checks<typeof log10P> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape(), { min: 0.3 })], attrs: null }),
};

const decimal = /* @__PURE__ */ mapKernel(Math.log10);

/**
 * Elementwise logarithm to base 10, exact at powers of 10; -Infinity at 0, NaN below. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * log10(tensor([1, 1000])).toArray(); // => [0, 3]
 * ```
 */
export const log10 = (x: TensorLike): Tensor => bind(log10P, [asTensor(x, 'log10')], null);

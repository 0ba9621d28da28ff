import { mapKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';

/** Elementwise nearest integer, halves to even. Its derivative is 0 everywhere. */
export const roundP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'round',
  infer: floatingUnary('round'),
  forward: ([x]) => kernel(x),
  vjp: [null],
});

export const roundChecks: Checks<typeof roundP> = {
  cases: (draw) => ({
    inputs: [draw.tensor(draw.shape(), { avoid: [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5] })],
    attrs: null,
  }),
};

// From 2^52 on all doubles are integers, so adding 2^52 rounds away the fraction, halves to even as
// all additions do. (Math.round takes halves up.) The sign of zeros stays.
const integral = 2 ** 52;
const kernel = /* @__PURE__ */ mapKernel((x) => {
  if (!(Math.abs(x) < integral) || x === 0) return x;
  return x > 0 ? x + integral - integral : -(integral - x - integral);
});

/**
 * Elementwise nearest integer; halves go to the even one. The derivative is 0 everywhere.
 * `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * round(tensor([0.5, 1.5, 2.5, -0.6])).toArray(); // => [0, 2, 2, -1]
 * ```
 */
export const round = (x: TensorLike): Tensor => bind(roundP, [asTensor(x, 'round')], null);

import { binaryKernel } from '@tikhonov/array';
import type { TensorLike } from '../as-tensor.ts';
import { requireFloating } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { coercePair } from '../coerce.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { mul } from './mul.ts';
import { neg } from './neg.ts';

/** Elementwise `x / y` on equal shapes; floating only. */
export const divP: Primitive<2, null> = /* @__PURE__ */ definePrimitive({
  name: 'div',
  infer: ([x]) => {
    requireFloating('div', x.dtype);
    return { shape: x.shape, dtype: x.dtype };
  },
  forward: ([x, y]) => over(x, y),
  // d(x / y) = dx / y - (x / y) dy / y
  vjp: [
    (_ans, [, y]) =>
      (g) =>
        div(g, y),
    (ans, [, y]) =>
      (g) =>
        neg(div(mul(g, ans), y)),
  ],
});

export const divChecks: Checks<typeof divP> = {
  cases: (draw) => {
    const shape = draw.shape();
    return { inputs: [draw.tensor(shape), draw.tensor(shape, { min: 0.5 })], attrs: null };
  },
};

const over = /* @__PURE__ */ binaryKernel((out, o, x, ox, sx, y, oy, sy, n) => {
  if (sy === 0) {
    const scalar = y[oy]!;
    for (let i = 0; i < n; i++) out[o + i] = x[ox + i * sx]! / scalar;
    return;
  }
  for (let i = 0; i < n; i++) out[o + i] = x[ox + i * sx]! / y[oy + i * sy]!;
});

/**
 * Elementwise `x / y` with broadcasting. Division by 0 gives an infinity or NaN, as in IEEE 754.
 *
 * @throws DTypeError for integers: cast them first
 * @example
 * ```ts
 * div(tensor([1, -1]), tensor([4, 0])).toArray(); // => [0.25, -Infinity]
 * ```
 */
export const div = (x: TensorLike, y: TensorLike): Tensor =>
  bind(divP, coercePair('div', x, y), null);

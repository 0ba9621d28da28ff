import { binaryKernel } from '@tikhonov/array';
import type { TensorLike } from '../as-tensor.ts';
import { numericBinary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { coercePair } from '../coerce.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { neg } from './neg.ts';

/** Elementwise `x - y` on equal shapes. */
export const subP: Primitive<2, null> = /* @__PURE__ */ definePrimitive({
  name: 'sub',
  infer: numericBinary('sub'),
  forward: ([x, y]) => minus(x, y),
  vjp: [() => (g) => g, () => (g) => neg(g)],
});

export const subChecks: Checks<typeof subP> = {
  cases: (draw) => {
    const shape = draw.shape();
    return { inputs: [draw.tensor(shape), draw.tensor(shape)], attrs: null };
  },
};

const minus = /* @__PURE__ */ binaryKernel((out, o, x, ox, sx, y, oy, sy, n) => {
  if (sy === 0) {
    const scalar = y[oy]!;
    for (let i = 0; i < n; i++) out[o + i] = x[ox + i * sx]! - scalar;
    return;
  }
  for (let i = 0; i < n; i++) out[o + i] = x[ox + i * sx]! - y[oy + i * sy]!;
});

/**
 * Elementwise `x - y` with broadcasting. Integers wrap.
 *
 * @example
 * ```ts
 * sub(1, tensor([1, 3])).toArray(); // => [0, -2]
 * ```
 */
export const sub = (x: TensorLike, y: TensorLike): Tensor =>
  bind(subP, coercePair('sub', x, y), null);

import { binaryKernel, type View } from '@tikhonov/array';
import type { TensorLike } from '../as-tensor.ts';
import { numericBinary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { PrimitiveChecks } from '../checks.ts';
import { coercePair } from '../coerce.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { equal, less } from './compare.ts';
import { mul } from './mul.ts';
import { where } from './where.ts';

// Maximum and minimum have one form: the cotangent goes to the winner, half to each side of a tie.

const extremum = (
  name: string,
  kernel: (x: View, y: View) => View,
  /** Whether the first argument is strictly beaten by the second. */
  loses: (x: Tensor, y: Tensor) => Tensor,
): Primitive<2, null> =>
  definePrimitive({
    name,
    infer: numericBinary(name),
    forward: ([x, y]) => kernel(x, y),
    vjp: [
      (_ans, [x, y]) => {
        const [lost, tied] = [loses(x, y), equal(x, y)];
        return (g) => share(g, lost, tied);
      },
      (_ans, [x, y]) => {
        const [lost, tied] = [loses(y, x), equal(x, y)];
        return (g) => share(g, lost, tied);
      },
    ],
  });

export const extremumChecks: PrimitiveChecks<2, null> = {
  cases: (draw) => {
    const shape = draw.shape();
    const x = draw.tensor(shape, { avoid: [0] });
    return { inputs: [x, draw.pick([mul(x, 2), mul(x, -1)])], attrs: null };
  },
};

/**
 * The cotangent of one argument: 0 where it loses, half at a tie. Chosen, not multiplied: 0 times an
 * infinite cotangent would be NaN.
 */
const share = (g: Tensor, lost: Tensor, tied: Tensor): Tensor =>
  where(lost, 0, where(tied, mul(g, 0.5), g));

/** Elementwise larger value; NaN wins. */
export const maximumP: Primitive<2, null> = /* @__PURE__ */ extremum(
  'maximum',
  /* @__PURE__ */ binaryKernel((out, o, x, ox, sx, y, oy, sy, n) => {
    for (let i = 0; i < n; i++) out[o + i] = Math.max(x[ox + i * sx]!, y[oy + i * sy]!);
  }),
  less,
);

/** Elementwise smaller value; NaN wins. */
export const minimumP: Primitive<2, null> = /* @__PURE__ */ extremum(
  'minimum',
  /* @__PURE__ */ binaryKernel((out, o, x, ox, sx, y, oy, sy, n) => {
    for (let i = 0; i < n; i++) out[o + i] = Math.min(x[ox + i * sx]!, y[oy + i * sy]!);
  }),
  (x, y) => less(y, x),
);

/**
 * Elementwise larger value, with broadcasting; NaN wins. A tie sends half the gradient each way.
 *
 * @example
 * ```ts
 * maximum(tensor([1, 5]), 3).toArray(); // => [3, 5]
 * ```
 */
export const maximum = (x: TensorLike, y: TensorLike): Tensor =>
  bind(maximumP, coercePair('maximum', x, y), null);

/**
 * Elementwise smaller value, with broadcasting; NaN wins. A tie sends half the gradient each way.
 *
 * @example
 * ```ts
 * minimum(tensor([1, 5]), 3).toArray(); // => [1, 3]
 * ```
 */
export const minimum = (x: TensorLike, y: TensorLike): Tensor =>
  bind(minimumP, coercePair('minimum', x, y), null);

import { type View, zipKernel } from '@tikhonov/array';
import type { TensorLike } from '../as-tensor.ts';
import { numericBinary } from '../avals.ts';
import { bind } from '../bind.ts';
import { coercePair } from '../coerce.ts';
import { full } from '../create.ts';
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
        const part = share(loses(x, y), x, y);
        return (g) => mul(g, part);
      },
      (_ans, [x, y]) => {
        const part = share(loses(y, x), x, y);
        return (g) => mul(g, part);
      },
    ],
    cases: (draw) => {
      const shape = draw.shape();
      const x = draw.tensor(shape, { avoid: [0] });
      return { inputs: [x, draw.pick([mul(x, 2), mul(x, -1)])], attrs: null };
    },
  });

/** 0 where the argument loses, 1/2 at a tie, else 1. */
function share(loses: Tensor, x: Tensor, y: Tensor): Tensor {
  const half = full(x.shape, 0.5, { dtype: x.dtype });
  return where(loses, 0, where(equal(x, y), half, 1));
}

/** Elementwise larger value; NaN wins. */
export const maximumP: Primitive<2, null> = /* @__PURE__ */ extremum(
  'maximum',
  /* @__PURE__ */ zipKernel(Math.max),
  less,
);

/** Elementwise smaller value; NaN wins. */
export const minimumP: Primitive<2, null> = /* @__PURE__ */ extremum(
  'minimum',
  /* @__PURE__ */ zipKernel(Math.min),
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

import { binaryKernel, type View } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireFloating } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { coercePair } from '../coerce.ts';
import { scalar } from '../create.ts';
import { DTypeError, ShapeError, showShape } from '../errors.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { mul } from './mul.ts';
import { sum } from './sum-broadcast.ts';

/**
 * `a x + b y` for equal shapes and scalars `[]`, to the bit what the two products and the sum give. A
 * primitive for the sake of speed: an eager optimizer's moments take one pass over memory, not three.
 */
export const axpbyP: Primitive<4, null> = /* @__PURE__ */ definePrimitive({
  name: 'axpby',
  infer: ([x]) => {
    requireFloating('axpby', x.dtype);
    return { shape: x.shape, dtype: x.dtype };
  },
  forward: ([x, y, a, b]) =>
    (x.dtype === 'float32' ? combineSingles : combine)(a.data[a.offset]!, b.data[b.offset]!)(x, y),
  vjp: [
    (_ans, [, , a]) =>
      (g) =>
        mul(g, a),
    (_ans, [, , , b]) =>
      (g) =>
        mul(g, b),
    (_ans, [x]) =>
      (g) =>
        sum(mul(g, x)),
    (_ans, [, y]) =>
      (g) =>
        sum(mul(g, y)),
  ],
});

export const axpbyChecks: Checks<typeof axpbyP> = {
  cases: (draw) => {
    const shape = draw.shape();
    const inputs = [draw.tensor(shape), draw.tensor(shape), draw.tensor([]), draw.tensor([])];
    return { inputs: [inputs[0]!, inputs[1]!, inputs[2]!, inputs[3]!], attrs: null };
  },
};

const combine = (a: number, b: number): ((x: View, y: View) => View) =>
  binaryKernel((out, o, x, ox, sx, y, oy, sy, n) => {
    for (let i = 0; i < n; i++) out[o + i] = a * x[ox + i * sx]! + b * y[oy + i * sy]!;
  });

const combineSingles = (a: number, b: number): ((x: View, y: View) => View) =>
  binaryKernel((out, o, x, ox, sx, y, oy, sy, n) => {
    for (let i = 0; i < n; i++) {
      out[o + i] = Math.fround(a * x[ox + i * sx]!) + Math.fround(b * y[oy + i * sy]!);
    }
  });

/**
 * `a x + b y` with scalar factors, in one pass (BLAS's name). `[...s], [...s] -> [...s]`;
 * `x` and `y` broadcast.
 *
 * @param a  number, or a tensor `[]` of the dtype of `x`
 * @param b  as `a`
 * @throws ShapeError if a factor is not a scalar or the shapes do not broadcast; DTypeError for integers
 * and dtypes that differ
 * @example
 * ```ts
 * axpby(0.9, tensor([1, 2]), 0.1, tensor([10, 20])).toArray(); // => [1.9, 3.8]
 * ```
 */
export function axpby(a: TensorLike, x: TensorLike, b: TensorLike, y: TensorLike): Tensor {
  const [p, q] = coercePair('axpby', x, y);
  return bind(axpbyP, [p, q, factor(a, p), factor(b, p)], null);
}

function factor(value: TensorLike, like: Tensor): Tensor {
  const scale =
    typeof value === 'number' ? scalar(value, like.dtype, 'axpby') : asTensor(value, 'axpby');
  if (scale.rank === 0 && scale.dtype === like.dtype) return scale;
  throw new (scale.rank === 0 ? DTypeError : ShapeError)(
    `axpby: a factor must be ${like.dtype} [], got ${scale.dtype} ${showShape(scale.shape)}.\n  Use mul and add for elementwise factors.`,
  );
}

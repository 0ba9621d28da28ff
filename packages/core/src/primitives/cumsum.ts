import { cumsumKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireNumeric } from '../avals.ts';
import { normalizeAxis } from '../axes.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { requireOptions } from '../options.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';

/** Running sums along one axis; the adjoint runs the other way. */
export const cumsumP: Primitive<1, { readonly axis: number; readonly reverse: boolean }> =
  /* @__PURE__ */ definePrimitive({
    name: 'cumsum',
    infer: ([x]) => {
      requireNumeric('cumsum', x.dtype);
      return { shape: x.shape, dtype: x.dtype };
    },
    forward: ([x], { axis, reverse }) => cumsumKernel(x, axis, reverse),
    vjp: [
      (_ans, _inputs, { axis, reverse }) =>
        (g) =>
          bind(cumsumP, [g], { axis, reverse: !reverse }),
    ],
  });

export const cumsumChecks: Checks<typeof cumsumP> = {
  cases: (draw) => {
    const shape = draw.shape({ minRank: 1 });
    const axis = draw.integer(0, shape.length - 1);
    return { inputs: [draw.tensor(shape)], attrs: { axis, reverse: draw.pick([false, true]) } };
  },
};

/**
 * Running sums along one axis, `out[i] = x[0] + ... + x[i]`. Each line is accumulated in float64 and
 * every partial sum rounded once; integers wrap. `[...s] -> [...s]`.
 *
 * @param options  `axis` @defaultValue 0; `reverse` sums from the end, `x[i] + ... + x[n - 1]`
 * @throws DTypeError for bool; ShapeError for an axis out of range
 * @example
 * ```ts
 * cumsum(tensor([1, 2, 3])).toArray(); // => [1, 3, 6]
 * cumsum(tensor([1, 2, 3]), { reverse: true }).toArray(); // => [6, 5, 3]
 * ```
 */
export function cumsum(
  x: TensorLike,
  options: { readonly axis?: number; readonly reverse?: boolean } = {},
): Tensor {
  requireOptions('cumsum', options, { axis: true, reverse: 'boolean' });
  const source = asTensor(x, 'cumsum');
  const axis = normalizeAxis('cumsum', options.axis ?? 0, source.shape);
  return bind(cumsumP, [source], { axis, reverse: options.reverse === true });
}

import { flipView } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { type AxisLike, normalizeAxes } from '../axes.ts';
import { bind } from '../bind.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';

/** Axes read backwards, without a copy. */
export const flipP: Primitive<1, { readonly axes: readonly number[] }> =
  /* @__PURE__ */ definePrimitive({
    name: 'flip',
    infer: ([x]) => ({ shape: x.shape, dtype: x.dtype }),
    forward: ([x], { axes }) => flipView(x, axes),
    vjp: [(_ans, _inputs, attrs) => (g) => bind(flipP, [g], attrs)],
    cases: (draw) => {
      const shape = draw.shape();
      return { inputs: [draw.tensor(shape)], attrs: { axes: draw.axes(shape.length) } };
    },
  });

/**
 * The tensor read backwards along `axis` (all axes if missing); nothing is copied.
 *
 * @example
 * ```ts
 * flip(tensor([1, 2, 3])).toArray(); // => [3, 2, 1]
 * ```
 */
export function flip(x: TensorLike, axis?: AxisLike): Tensor {
  const source = asTensor(x);
  return bind(flipP, [source], { axes: normalizeAxes('flip', axis, source.shape) });
}

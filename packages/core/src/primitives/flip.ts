import { flipView } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { type AxisLike, type AxisOrOption, axisGiven, normalizeAxes } from '../axes.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';

/** Axes read backwards, without a copy. */
export const flipP: Primitive<1, { readonly axes: readonly number[] }> =
  /* @__PURE__ */ definePrimitive({
    name: 'flip',
    infer: ([x]) => ({ shape: x.shape, dtype: x.dtype }),
    forward: ([x], { axes }) => flipView(x, axes),
    vjp: [(_ans, _inputs, attrs) => (g) => bind(flipP, [g], attrs)],
  });

export const flipChecks: Checks<typeof flipP> = {
  cases: (draw) => {
    const shape = draw.shape();
    return { inputs: [draw.tensor(shape)], attrs: { axes: draw.axes(shape.length) } };
  },
};

/**
 * The tensor read backwards along `axis` (all axes if missing); nothing is copied.
 *
 * @param axis  one or several, plainly or as `{ axis }`
 * @throws ShapeError for an axis out of range
 * @example
 * ```ts
 * flip(tensor([1, 2, 3])).toArray(); // => [3, 2, 1]
 * ```
 */
export function flip(x: TensorLike, axis?: AxisOrOption<AxisLike>): Tensor {
  const source = asTensor(x, 'flip');
  return bind(flipP, [source], {
    axes: normalizeAxes('flip', axisGiven('flip', axis), source.shape),
  });
}

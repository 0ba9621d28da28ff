import { argsortKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { normalizeAxis } from '../axes.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { requireOptions } from '../options.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';

/** Stable order of the elements along one axis, as positions. */
export const argsortP: Primitive<1, { readonly axis: number; readonly descending: boolean }> =
  /* @__PURE__ */ definePrimitive({
    name: 'argsort',
    infer: ([x]) => ({ shape: x.shape, dtype: 'int32' }),
    forward: ([x], { axis, descending }) => argsortKernel(x, axis, descending),
    vjp: [null],
  });

export const argsortChecks: Checks<typeof argsortP> = {
  discrete: 'the result is an order',
  cases: (draw) => {
    const shape = draw.shape({ minRank: 1 });
    const attrs = {
      axis: draw.integer(0, shape.length - 1),
      descending: draw.pick([false, true]),
    };
    return { inputs: [draw.pick([draw.tensor(shape), draw.integers(shape, 0, 2)])], attrs };
  },
};

/** Options of `sort` and `argsort`. */
export interface SortOptions {
  /** @defaultValue -1 */
  readonly axis?: number;
  /** Largest first. @defaultValue false */
  readonly descending?: boolean;
}

/**
 * The positions that sort `x` along one axis, as int32. Stable: equal elements keep their order, also
 * when descending. NaN counts as the largest. `[...s] -> [...s]`; no gradient.
 *
 * @throws ShapeError for an axis out of range
 * @example
 * ```ts
 * argsort(tensor([3, 1, 2])).toArray(); // => [1, 2, 0]
 * argsort(tensor([1, 2, 2]), { descending: true }).toArray(); // => [1, 2, 0]
 * ```
 */
export function argsort(x: TensorLike, options: SortOptions = {}): Tensor {
  requireOptions('argsort', options, { axis: true, descending: 'boolean' });
  const source = asTensor(x, 'argsort');
  const axis = normalizeAxis('argsort', options.axis ?? -1, source.shape);
  return bind(argsortP, [source], { axis, descending: options.descending === true });
}

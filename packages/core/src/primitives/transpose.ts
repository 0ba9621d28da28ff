import { permuteView } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { ShapeError, showShape } from '../errors.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';

/** Axes reordered, without a copy: axis `k` of the result is axis `permutation[k]` of the input. */
export const permuteP: Primitive<1, { readonly permutation: readonly number[] }> =
  /* @__PURE__ */ definePrimitive({
    name: 'permute',
    infer: ([x], { permutation }) => ({
      shape: permutation.map((axis) => x.shape[axis]!),
      dtype: x.dtype,
    }),
    forward: ([x], { permutation }) => permuteView(x, permutation),
    vjp: [
      (_ans, _inputs, { permutation }) => {
        const inverse = permutation.map((_, k) => permutation.indexOf(k));
        return (g) => bind(permuteP, [g], { permutation: inverse });
      },
    ],
  });

export const permuteChecks: Checks<typeof permuteP> = {
  cases: (draw) => {
    const shape = draw.shape();
    return {
      inputs: [draw.tensor(shape)],
      attrs: { permutation: draw.permutation(shape.length) },
    };
  },
};

/**
 * The axes in a new order; negative axes count from the end. Nothing is copied.
 *
 * @throws ShapeError unless `axes` names each axis once
 * @example
 * ```ts
 * permute(zeros([2, 3, 4]), [2, 0, 1]).shape; // => [4, 2, 3]
 * ```
 */
export function permute(x: TensorLike, axes: readonly number[]): Tensor {
  const source = asTensor(x, 'permute');
  const rank = source.rank;
  if (!Array.isArray(axes)) {
    throw new TypeError(`permute: axes must be an array such as [1, 0], got ${String(axes)}.`);
  }
  const permutation = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  const sorted = [...permutation].sort((a, b) => a - b);
  if (sorted.length !== rank || sorted.some((axis, k) => axis !== k)) {
    throw new ShapeError(
      `permute: [${axes.join(', ')}] is not an order of the ${rank} axes of ${showShape(source.shape)}.`,
    );
  }
  return bind(permuteP, [source], { permutation });
}

/**
 * The last two axes exchanged (a matrix transpose, batch axes stay). `[..., n, m] -> [..., m, n]`.
 *
 * @throws ShapeError below rank 2; TypeError for axes, which it does not take: see `swapaxes`, `permute`
 * @example
 * ```ts
 * transpose(tensor([[1, 2, 3]])).shape; // => [3, 1]
 * ```
 */
export function transpose(x: TensorLike, ...none: readonly never[]): Tensor {
  const source = asTensor(x, 'transpose');
  if (none.length > 0) {
    throw new TypeError(
      'transpose: takes no axes, it exchanges the last two.\n  Use swapaxes(x, a, b) or permute(x, axes).',
    );
  }
  const rank = source.rank;
  if (rank < 2) {
    throw new ShapeError(`transpose: needs rank >= 2, got shape ${showShape(source.shape)}.`);
  }
  const permutation = source.shape.map((_, k) => k);
  permutation.splice(rank - 2, 2, rank - 1, rank - 2);
  return bind(permuteP, [source], { permutation });
}

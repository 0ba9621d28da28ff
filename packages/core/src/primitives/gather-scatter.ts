import { gatherKernel, type Shape, sameShape, scatterAddKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireNumeric } from '../avals.ts';
import { normalizeAxis } from '../axes.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { zeros } from '../create.ts';
import { DTypeError, ShapeError, showShape } from '../errors.ts';
import { requireOptions } from '../options.ts';
import { type Aval, definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { reshape } from './reshape.ts';
import { broadcastTo } from './sum-broadcast.ts';

// Gather and scatter-add are each other's adjoint, so they share a file.

const axisOnly = { axis: true } as const;

interface IndexAttrs {
  readonly axis: number;
}

function requireIndex(name: string, index: Aval): void {
  if (index.dtype !== 'int32' && index.dtype !== 'uint32') {
    throw new DTypeError(`${name}: the index must be int32 or uint32, got ${index.dtype}.`);
  }
}

const outOfRange =
  (name: string, size: number) =>
  (value: number): never => {
    throw new RangeError(`${name}: index ${value} is outside [0, ${size}).`);
  };

/** `out[i][j] = x[index[i][j]][j]` along `axis`. */
export const gatherP: Primitive<2, IndexAttrs> = /* @__PURE__ */ definePrimitive({
  name: 'gather',
  infer: ([x, index], { axis }) => {
    requireIndex('gather', index);
    requireFit('gather', x.shape, index.shape, axis);
    return { shape: index.shape, dtype: x.dtype };
  },
  forward: ([x, index], { axis }) =>
    gatherKernel(x, index, axis, outOfRange('gather', x.shape[axis]!)),
  vjp: [
    (_ans, [x, index], { axis }) => {
      const shape = x.shape;
      return (g) => scatterAdd(zeros(shape, { dtype: g.dtype }), index, g, { axis });
    },
    null,
  ],
});

export const gatherChecks: Checks<typeof gatherP> = {
  cases: (draw) => {
    const shape = draw.shape({ minRank: 1, minSize: 1 });
    const axis = draw.integer(0, shape.length - 1);
    const picked = shape.map((n, k) => (k === axis ? draw.integer(0, 4) : n));
    return {
      inputs: [draw.tensor(shape), draw.integers(picked, 0, shape[axis]! - 1)],
      attrs: { axis },
    };
  },
};

/** `base` with `source` added at `index` along `axis`. */
export const scatterAddP: Primitive<3, IndexAttrs> = /* @__PURE__ */ definePrimitive({
  name: 'scatterAdd',
  infer: ([base, index, source], { axis }) => {
    requireNumeric('scatterAdd', base.dtype);
    requireIndex('scatterAdd', index);
    requireFit('scatterAdd', base.shape, index.shape, axis);
    if (!sameShape(index.shape, source.shape)) {
      throw new ShapeError(
        `scatterAdd: index ${showShape(index.shape)} and source ${showShape(source.shape)} differ.`,
      );
    }
    if (base.dtype !== source.dtype) {
      throw new DTypeError(`scatterAdd: dtypes differ: ${base.dtype} and ${source.dtype}.`);
    }
    return { shape: base.shape, dtype: base.dtype };
  },
  forward: ([base, index, source], { axis }) =>
    scatterAddKernel(base, index, source, axis, outOfRange('scatterAdd', base.shape[axis]!)),
  vjp: [
    () => (g) => g,
    null,
    (_ans, [, index], { axis }) =>
      (g) =>
        gather(g, index, { axis }),
  ],
});

export const scatterAddChecks: Checks<typeof scatterAddP> = {
  cases: (draw) => {
    const shape = draw.shape({ minRank: 1, minSize: 1 });
    const axis = draw.integer(0, shape.length - 1);
    const picked = shape.map((n, k) => (k === axis ? draw.integer(0, 4) : n));
    return {
      inputs: [draw.tensor(shape), draw.integers(picked, 0, shape[axis]! - 1), draw.tensor(picked)],
      attrs: { axis },
    };
  },
};

function requireFit(name: string, x: Shape, index: Shape, axis: number): void {
  const fits = x.length === index.length && x.every((n, k) => k === axis || index[k] === n);
  if (!fits) {
    throw new ShapeError(
      `${name}: index ${showShape(index)} must have the shape ${showShape(x)} outside axis ${axis}.`,
    );
  }
}

/**
 * Picks along one axis, a position per element: `out[i][j] = x[i][index[i][j]]` for `axis` 1. Index
 * and `x` agree outside `axis`.
 *
 * @param index  int32 or uint32, in `[0, size of the axis)`: negative positions are errors, here and in
 * the functions below
 * @param options  `axis` @defaultValue 0
 * @throws RangeError for an index out of range; ShapeError for an index of another shape outside `axis`;
 * DTypeError for an index that is not of integers
 * @example
 * ```ts
 * const index = tensor([[1], [0]], { dtype: 'int32' });
 * gather(tensor([[1, 2], [3, 4]]), index, { axis: 1 }).toArray(); // => [[2], [3]]
 * ```
 */
export function gather(
  x: TensorLike,
  index: TensorLike,
  options: { readonly axis?: number } = {},
): Tensor {
  const source = asTensor(x, 'gather');
  requireOptions('gather', options, axisOnly);
  const axis = normalizeAxis('gather', options.axis ?? 0, source.shape);
  return bind(gatherP, [source, asTensor(index, 'gather')], { axis });
}

/**
 * A copy of `base` in which `source` has been added at the positions `index` along `axis`; repeated
 * positions add up, in float64, rounded once. There is no overwriting form, whose result and gradient
 * would depend on the order of repeated positions.
 *
 * @param index  int32 or uint32, in `[0, size of the axis)`, with the shape of `source`
 * @param options  `axis` @defaultValue 0
 * @throws RangeError for an index out of range; ShapeError for shapes that differ outside `axis`;
 * DTypeError for an index that is not of integers, or dtypes that differ
 * @example
 * ```ts
 * const index = tensor([0, 0, 1], { dtype: 'int32' });
 * scatterAdd(zeros([2]), index, tensor([1, 2, 3])).toArray(); // => [3, 3]
 * ```
 */
export function scatterAdd(
  base: TensorLike,
  index: TensorLike,
  source: TensorLike,
  options: { readonly axis?: number } = {},
): Tensor {
  const target = asTensor(base, 'scatterAdd');
  requireOptions('scatterAdd', options, axisOnly);
  const axis = normalizeAxis('scatterAdd', options.axis ?? 0, target.shape);
  return bind(
    scatterAddP,
    [target, asTensor(index, 'scatterAdd'), asTensor(source, 'scatterAdd')],
    { axis },
  );
}

/**
 * Whole slices picked along one axis: `out[i] = x[index[i]]` for axis 0, the rows of a batch.
 *
 * @param index  `[n]`, int32 or uint32, in `[0, size of the axis)`
 * @param options  `axis` @defaultValue 0
 * @throws RangeError for an index out of range; ShapeError for one that is not a vector; DTypeError for
 * one that is not of integers
 * @example
 * ```ts
 * const rows = tensor([1, 1], { dtype: 'int32' });
 * indexSelect(tensor([[1, 2], [3, 4]]), rows).toArray(); // => [[3, 4], [3, 4]]
 * ```
 */
export function indexSelect(
  x: TensorLike,
  index: TensorLike,
  options: { readonly axis?: number } = {},
): Tensor {
  const source = asTensor(x, 'indexSelect');
  requireOptions('indexSelect', options, axisOnly);
  const axis = normalizeAxis('indexSelect', options.axis ?? 0, source.shape);
  const [picks, shape] = alongAxis('indexSelect', source, asTensor(index, 'indexSelect'), axis);
  return bind(gatherP, [source, broadcastTo(picks, shape)], { axis });
}

/**
 * A copy of `base` in which the slices of `source` have been added at the positions `index` of one axis;
 * repeated positions add up. The adjoint of `indexSelect`.
 *
 * @param index  `[n]`, int32 or uint32, in `[0, size of the axis)`
 * @param source  the shape of `base`, with `n` along the axis
 * @throws RangeError for an index out of range; ShapeError for an index that is not a vector or a source
 * of another shape; DTypeError for an index that is not of integers, or dtypes that differ
 * @example
 * ```ts
 * const index = tensor([1, 1], { dtype: 'int32' });
 * indexAdd(zeros([2, 2]), index, ones([2, 2])).toArray(); // => [[0, 0], [2, 2]]
 * ```
 */
export function indexAdd(
  base: TensorLike,
  index: TensorLike,
  source: TensorLike,
  options: { readonly axis?: number } = {},
): Tensor {
  requireOptions('indexAdd', options, axisOnly);
  const [target, added] = [asTensor(base, 'indexAdd'), asTensor(source, 'indexAdd')];
  const axis = normalizeAxis('indexAdd', options.axis ?? 0, target.shape);
  const [places, shape] = alongAxis('indexAdd', target, asTensor(index, 'indexAdd'), axis);
  if (!sameShape(shape, added.shape)) {
    throw new ShapeError(
      `indexAdd: the source must have shape ${showShape(shape)}, got ${showShape(added.shape)}.`,
    );
  }
  return bind(scatterAddP, [target, broadcastTo(places, shape), added], { axis });
}

/** A vector of positions with its axis at `axis`, and the shape of the slices that it names. */
function alongAxis(
  name: string,
  x: Tensor,
  index: Tensor,
  axis: number,
): readonly [Tensor, number[]] {
  requireIndex(name, index);
  if (index.rank !== 1) {
    throw new ShapeError(`${name}: the index must be a vector, got ${showShape(index.shape)}.`);
  }
  const n = index.size;
  return [
    reshape(
      index,
      x.shape.map((_, k) => (k === axis ? n : 1)),
    ),
    x.shape.map((size, k) => (k === axis ? n : size)),
  ];
}

import { gatherKernel, type Shape, sameShape, scatterAddKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireNumeric } from '../avals.ts';
import { normalizeAxis } from '../axes.ts';
import { bind } from '../bind.ts';
import { zeros } from '../create.ts';
import { DTypeError, ShapeError, showShape } from '../errors.ts';
import { type Aval, definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { reshape } from './reshape.ts';
import { broadcastTo } from './sum-broadcast.ts';

// Gather and scatter-add are each other's adjoint, so they share a file.

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
  cases: (draw) => {
    const shape = draw.shape({ minRank: 1, minSize: 1 });
    const axis = draw.integer(0, shape.length - 1);
    const picked = shape.map((n, k) => (k === axis ? draw.integer(0, 4) : n));
    return {
      inputs: [draw.tensor(shape), draw.integers(picked, 0, shape[axis]! - 1)],
      attrs: { axis },
    };
  },
});

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
  cases: (draw) => {
    const shape = draw.shape({ minRank: 1, minSize: 1 });
    const axis = draw.integer(0, shape.length - 1);
    const picked = shape.map((n, k) => (k === axis ? draw.integer(0, 4) : n));
    return {
      inputs: [draw.tensor(shape), draw.integers(picked, 0, shape[axis]! - 1), draw.tensor(picked)],
      attrs: { axis },
    };
  },
});

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
 * @param index  int32 or uint32, in `[0, size of the axis)`
 * @throws RangeError for an index out of range
 * @example
 * ```ts
 * const index = tensor([[1], [0]], { dtype: 'int32' });
 * gather(tensor([[1, 2], [3, 4]]), index, { axis: 1 }).toArray(); // => [[2], [3]]
 * ```
 */
export function gather(x: TensorLike, index: TensorLike, options: { axis?: number } = {}): Tensor {
  const source = asTensor(x);
  const axis = normalizeAxis('gather', options.axis ?? 0, source.shape);
  return bind(gatherP, [source, asTensor(index)], { axis });
}

/**
 * A copy of `base` in which `source` has been added at the positions `index` along `axis`; repeated
 * positions add up.
 *
 * @throws RangeError for an index out of range
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
  options: { axis?: number } = {},
): Tensor {
  const target = asTensor(base);
  const axis = normalizeAxis('scatterAdd', options.axis ?? 0, target.shape);
  return bind(scatterAddP, [target, asTensor(index), asTensor(source)], { axis });
}

/**
 * Whole slices picked along one axis: `out[i] = x[index[i]]` for axis 0, the rows of a batch.
 *
 * @param index  `[n]`, int32 or uint32
 * @example
 * ```ts
 * const rows = tensor([1, 1], { dtype: 'int32' });
 * indexSelect(tensor([[1, 2], [3, 4]]), rows).toArray(); // => [[3, 4], [3, 4]]
 * ```
 */
export function indexSelect(
  x: TensorLike,
  index: TensorLike,
  options: { axis?: number } = {},
): Tensor {
  const [source, picks] = [asTensor(x), asTensor(index)];
  const axis = normalizeAxis('indexSelect', options.axis ?? 0, source.shape);
  if (picks.rank !== 1) {
    throw new ShapeError(`indexSelect: the index must be a vector, got ${showShape(picks.shape)}.`);
  }
  const column = reshape(
    picks,
    source.shape.map((_, k) => (k === axis ? picks.size : 1)),
  );
  const full = source.shape.map((n, k) => (k === axis ? picks.size : n));
  return bind(gatherP, [source, broadcastTo(column, full)], { axis });
}

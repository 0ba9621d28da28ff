import { concatKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { normalizeAxis } from '../axes.ts';
import { bind } from '../bind.ts';
import { DTypeError, ShapeError, showShape } from '../errors.ts';
import { type Aval, definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { expandDims } from './reshape.ts';
import { type AxisSlice, slice } from './slice-pad.ts';

/** Tensors joined along one axis. */
export const concatP: Primitive<number, { readonly axis: number }> =
  /* @__PURE__ */ definePrimitive<number, { readonly axis: number }>({
    name: 'concat',
    infer: (inputs, { axis }) => inferConcat(inputs, axis),
    forward: (inputs, { axis }) => concatKernel(inputs, axis, inferConcat(inputs, axis).shape),
    vjp:
      (index) =>
      (_ans, inputs, { axis }) => {
        const window = windowOf(inputs, index, axis);
        return (g) => slice(g, window);
      },
    cases: (draw) => {
      const shape = draw.shape({ minRank: 1 });
      const axis = draw.integer(0, shape.length - 1);
      const count = draw.integer(1, 3);
      const inputs = Array.from({ length: count }, () =>
        draw.tensor(shape.map((n, k) => (k === axis ? draw.integer(0, 3) : n))),
      );
      return { inputs, attrs: { axis } };
    },
  });

/** Where an input lies in the result. Apart from the rule, whose pullback would keep all inputs. */
function windowOf(inputs: readonly Aval[], index: number, axis: number): (AxisSlice | null)[] {
  let start = 0;
  for (let i = 0; i < index; i++) start += inputs[i]!.shape[axis]!;
  const window = { start, stop: start + inputs[index]!.shape[axis]! };
  return inputs[index]!.shape.map((_, k) => (k === axis ? window : null));
}

function inferConcat(inputs: readonly Aval[], axis: number): Aval {
  const first = inputs[0]!;
  let total = 0;
  for (const x of inputs) {
    if (x.dtype !== first.dtype) {
      throw new DTypeError(`concat: dtypes differ: ${inputs.map((t) => t.dtype).join(', ')}.`);
    }
    const fits =
      x.shape.length === first.shape.length &&
      x.shape.every((n, k) => k === axis || n === first.shape[k]);
    if (!fits) {
      throw new ShapeError(
        `concat: shapes differ outside axis ${axis}: ${inputs.map((t) => showShape(t.shape)).join(', ')}.`,
      );
    }
    total += x.shape[axis]!;
  }
  return { shape: first.shape.map((n, k) => (k === axis ? total : n)), dtype: first.dtype };
}

/**
 * Joins tensors along an existing axis.
 *
 * @throws ShapeError for an empty list or shapes that differ outside `axis`
 * @example
 * ```ts
 * concat([tensor([1, 2]), tensor([3])]).toArray(); // => [1, 2, 3]
 * ```
 */
export function concat(tensors: readonly TensorLike[], options: { axis?: number } = {}): Tensor {
  const list = tensors.map(asTensor);
  if (list.length === 0) throw new ShapeError('concat: needs at least one tensor.');
  const axis = normalizeAxis('concat', options.axis ?? 0, list[0]!.shape);
  return bind(concatP, list, { axis });
}

/**
 * Joins tensors of one shape along a new axis. `n x [...s] -> [..., n, ...]`.
 *
 * @example
 * ```ts
 * stack([tensor([1, 2]), tensor([3, 4])], { axis: 1 }).toArray(); // => [[1, 3], [2, 4]]
 * ```
 */
export function stack(tensors: readonly TensorLike[], options: { axis?: number } = {}): Tensor {
  const axis = options.axis ?? 0;
  return concat(
    tensors.map((x) => expandDims(x, axis)),
    { axis },
  );
}

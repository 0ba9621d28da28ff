import { concatKernel, sameShape } from '@tikhonov/array';
import { type TensorLike, tensorList } from '../as-tensor.ts';
import { normalizeAxis } from '../axes.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { DTypeError, ShapeError, showShape } from '../errors.ts';
import { requireOptions } from '../options.ts';
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
  });

export const concatChecks: Checks<typeof concatP> = {
  cases: (draw) => {
    const shape = draw.shape({ minRank: 1 });
    const axis = draw.integer(0, shape.length - 1);
    const count = draw.integer(1, 4);
    const inputs = Array.from({ length: count }, () =>
      draw.tensor(shape.map((n, k) => (k === axis ? draw.integer(0, 3) : n))),
    );
    return { inputs, attrs: { axis } };
  },
};

/** Where an input lies in the result. Apart from the rule, whose pullback would keep all inputs. */
function windowOf(inputs: readonly Aval[], index: number, axis: number): (AxisSlice | null)[] {
  const start = startsOf(inputs, axis)[index]!;
  const window = { start, stop: start + inputs[index]!.shape[axis]! };
  return inputs[index]!.shape.map((_, k) => (k === axis ? window : null));
}

// The rules of all inputs ask for the same list: adding it up for each would be quadratic.
const known = /* @__PURE__ */ new WeakMap<
  readonly Aval[],
  { axis: number; starts: readonly number[] }
>();

function startsOf(inputs: readonly Aval[], axis: number): readonly number[] {
  const before = known.get(inputs);
  if (before?.axis === axis) return before.starts;
  let end = 0;
  const starts = inputs.map(({ shape }) => {
    end += shape[axis]!;
    return end - shape[axis]!;
  });
  known.set(inputs, { axis, starts });
  return starts;
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
  const list = someTensors('concat', tensors);
  requireOptions('concat', options, { axis: true });
  const axis = normalizeAxis('concat', options.axis ?? 0, list[0]!.shape);
  return bind(concatP, list, { axis });
}

/**
 * Joins tensors of one shape along a new axis. `n x [...s] -> [..., n, ...]`.
 *
 * @param options  `axis` of the result @defaultValue 0
 * @throws ShapeError for an empty list, shapes that differ, or an axis out of range; DTypeError for
 * dtypes that differ
 * @example
 * ```ts
 * stack([tensor([1, 2]), tensor([3, 4])], { axis: 1 }).toArray(); // => [[1, 3], [2, 4]]
 * ```
 */
export function stack(tensors: readonly TensorLike[], options: { axis?: number } = {}): Tensor {
  const list = someTensors('stack', tensors);
  requireOptions('stack', options, { axis: true });
  const { shape } = list[0]!;
  const wrong = list.find((x) => !sameShape(x.shape, shape));
  if (wrong !== undefined) {
    throw new ShapeError(
      `stack: shapes differ: ${showShape(shape)} and ${showShape(wrong.shape)}.\n  To join along an existing axis use concat.`,
    );
  }
  const axis = normalizeAxis('stack', options.axis ?? 0, [...shape, 1]);
  return concat(
    list.map((x) => expandDims(x, axis)),
    { axis },
  );
}

function someTensors(name: string, tensors: readonly TensorLike[]): Tensor[] {
  const list = tensorList(name, tensors);
  if (list.length === 0) throw new ShapeError(`${name}: needs at least one tensor.`);
  return list;
}

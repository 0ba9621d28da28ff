import { padKernel, sliceView } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { bind } from '../bind.ts';
import { ShapeError, showShape } from '../errors.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';

// Slice and zero padding are each other's adjoint, so they share a file.

/** Per axis; steps are positive. */
export interface SliceAttrs {
  readonly starts: readonly number[];
  readonly stops: readonly number[];
  readonly steps: readonly number[];
}

/** Per axis: zeros before, after and between the elements. */
export interface PadAttrs {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly interior: readonly number[];
}

/** Every `steps`-th element from `starts` below `stops`, without a copy. */
export const sliceP: Primitive<1, SliceAttrs> = /* @__PURE__ */ definePrimitive({
  name: 'slice',
  infer: ([x], { starts, stops, steps }) => ({
    shape: x.shape.map((_, k) => Math.max(0, Math.ceil((stops[k]! - starts[k]!) / steps[k]!))),
    dtype: x.dtype,
  }),
  forward: ([x], { starts, stops, steps }) => sliceView(x, starts, stops, steps),
  vjp: [
    (ans, [x], { starts, steps }) => {
      const interior = steps.map((step) => step - 1);
      const used = ans.shape.map((n, k) => (n === 0 ? 0 : (n - 1) * steps[k]! + 1));
      // An empty slice pads to nothing but zeros: put them all behind it.
      const low = starts.map((start, k) => (used[k] === 0 ? 0 : start));
      const high = x.shape.map((n, k) => n - low[k]! - used[k]!);
      return (g) => bind(padP, [g], { low, high, interior });
    },
  ],
  cases: (draw) => {
    const shape = draw.shape();
    const starts = shape.map((n) => draw.integer(0, n));
    const stops = shape.map((n, k) => draw.integer(starts[k]!, n));
    return {
      inputs: [draw.tensor(shape)],
      attrs: { starts, stops, steps: shape.map(() => draw.integer(1, 3)) },
    };
  },
});

/** Zeros around and between the elements. */
export const padP: Primitive<1, PadAttrs> = /* @__PURE__ */ definePrimitive({
  name: 'pad',
  infer: ([x], attrs) => ({ shape: paddedShape(x.shape, attrs), dtype: x.dtype }),
  forward: ([x], attrs) => padKernel(x, attrs.low, attrs.interior, paddedShape(x.shape, attrs)),
  vjp: [
    (_ans, [x], { low, interior }) => {
      const starts = low;
      const stops = x.shape.map((n, k) =>
        n === 0 ? low[k]! : low[k]! + (n - 1) * (interior[k]! + 1) + 1,
      );
      const steps = interior.map((n) => n + 1);
      return (g) => bind(sliceP, [g], { starts, stops, steps });
    },
  ],
  cases: (draw) => {
    const shape = draw.shape();
    const amounts = (): number[] => shape.map(() => draw.integer(0, 2));
    return {
      inputs: [draw.tensor(shape)],
      attrs: { low: amounts(), high: amounts(), interior: amounts() },
    };
  },
});

const paddedShape = (shape: readonly number[], { low, high, interior }: PadAttrs): number[] =>
  shape.map((n, k) => low[k]! + n + Math.max(0, n - 1) * interior[k]! + high[k]!);

/** What to take of one axis; missing bounds mean the whole. Negative positions count from the end. */
export interface AxisSlice {
  readonly start?: number;
  readonly stop?: number;
  /** @defaultValue 1 */
  readonly step?: number;
}

/**
 * A window on the tensor, without a copy: one entry per leading axis, `null` for the whole axis.
 * Bounds are clipped as in NumPy.
 *
 * @throws RangeError for a step that is not a positive integer (see `flip`)
 * @example
 * ```ts
 * slice(tensor([1, 2, 3, 4, 5]), [{ start: 1, step: 2 }]).toArray(); // => [2, 4]
 * ```
 */
export function slice(x: TensorLike, ranges: readonly (AxisSlice | null)[]): Tensor {
  const source = asTensor(x);
  if (ranges.length > source.rank) {
    throw new ShapeError(
      `slice: ${ranges.length} ranges for shape ${showShape(source.shape)} of rank ${source.rank}.`,
    );
  }
  const parts = source.shape.map((n, k) => clipRange(ranges[k] ?? {}, n));
  return bind(sliceP, [source], {
    starts: parts.map((p) => p.start),
    stops: parts.map((p) => p.stop),
    steps: parts.map((p) => p.step),
  });
}

function clipRange(range: AxisSlice, n: number): Required<AxisSlice> {
  const { start = 0, stop = n, step = 1 } = range;
  if (!Number.isInteger(start) || !Number.isInteger(stop)) {
    throw new RangeError(`slice: bounds must be integers, got ${start} and ${stop}.`);
  }
  if (!Number.isInteger(step) || step < 1) {
    throw new RangeError(
      `slice: step must be an integer >= 1, got ${step}. To walk backwards, flip the axis first.`,
    );
  }
  const clip = (at: number): number => Math.min(n, Math.max(0, at < 0 ? at + n : at));
  const from = clip(start);
  return { start: from, stop: Math.max(from, clip(stop)), step };
}

/**
 * Zeros before and after the elements of each axis.
 *
 * @param widths  `[before, after]` for every axis
 * @example
 * ```ts
 * pad(tensor([1, 2]), [[1, 2]]).toArray(); // => [0, 1, 2, 0, 0]
 * ```
 */
export function pad(x: TensorLike, widths: readonly (readonly [number, number])[]): Tensor {
  const source = asTensor(x);
  if (widths.length !== source.rank) {
    throw new ShapeError(
      `pad: ${widths.length} pairs of widths for shape ${showShape(source.shape)} of rank ${source.rank}.`,
    );
  }
  if (!widths.flat().every((n) => Number.isInteger(n) && n >= 0)) {
    throw new RangeError(`pad: widths must be integers >= 0, got ${JSON.stringify(widths)}.`);
  }
  return bind(padP, [source], {
    low: widths.map(([before]) => before),
    high: widths.map(([, after]) => after),
    interior: widths.map(() => 0),
  });
}

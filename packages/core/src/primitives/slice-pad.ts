import { padKernel, sliceView } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { ShapeError, showShape } from '../errors.ts';
import { requireOptions } from '../options.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { flip } from './flip.ts';

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
});

export const sliceChecks: Checks<typeof sliceP> = {
  cases: (draw) => {
    const shape = draw.shape();
    const starts = shape.map((n) => draw.integer(0, n));
    const stops = shape.map((n, k) => draw.integer(starts[k]!, n));
    return {
      inputs: [draw.tensor(shape)],
      attrs: { starts, stops, steps: shape.map(() => draw.integer(1, 3)) },
    };
  },
};

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
});

export const padChecks: Checks<typeof padP> = {
  cases: (draw) => {
    const shape = draw.shape();
    const amounts = (): number[] => shape.map(() => draw.integer(0, 2));
    return {
      inputs: [draw.tensor(shape)],
      attrs: { low: amounts(), high: amounts(), interior: amounts() },
    };
  },
};

const paddedShape = (shape: readonly number[], { low, high, interior }: PadAttrs): number[] =>
  shape.map((n, k) => low[k]! + n + Math.max(0, n - 1) * interior[k]! + high[k]!);

/** What to take of one axis, with Python's meaning. Negative positions count from the end. */
export interface AxisSlice {
  /** The first position. @defaultValue the first, or the last for a negative step */
  readonly start?: number | null | undefined;
  /** The position to stop before. @defaultValue one past the end of the walk */
  readonly stop?: number | null | undefined;
  /** Negative steps walk backwards. @defaultValue 1 */
  readonly step?: number | null | undefined;
}

/**
 * A window on the tensor, without a copy: one entry per leading axis, `null` for the whole axis.
 * Bounds are clipped and negative steps walk backwards, as in Python and NumPy.
 *
 * @throws RangeError for a step of 0 or bounds that are not integers; ShapeError for too many entries
 * @example
 * ```ts
 * slice(tensor([1, 2, 3, 4, 5]), [{ start: 1, step: 2 }]).toArray(); // => [2, 4]
 * slice(tensor([1, 2, 3, 4, 5]), [{ start: 3, stop: null, step: -2 }]).toArray(); // => [4, 2]
 * ```
 */
export function slice(x: TensorLike, ranges: readonly (AxisSlice | null)[]): Tensor {
  const source = asTensor(x, 'slice');
  if (!Array.isArray(ranges)) {
    throw new TypeError(
      `slice: ranges must be an array, one entry per axis, as in [{ start: 1 }].`,
    );
  }
  if (ranges.length > source.rank) {
    throw new ShapeError(
      `slice: ${ranges.length} ranges for shape ${showShape(source.shape)} of rank ${source.rank}.`,
    );
  }
  const parts = source.shape.map((n, k) => clipRange(ranges[k] ?? {}, n));
  const backwards = parts.flatMap(({ step }, k) => (step < 0 ? [k] : []));
  const ahead = parts.map((part, k) => (part.step < 0 ? reversed(part, source.shape[k]!) : part));
  return bind(sliceP, [backwards.length === 0 ? source : flip(source, backwards)], {
    starts: ahead.map((p) => p.start),
    stops: ahead.map((p) => p.stop),
    steps: ahead.map((p) => p.step),
  });
}

interface ClippedRange {
  readonly start: number;
  readonly stop: number;
  readonly step: number;
}

const rangeNames = { start: true, stop: true, step: true } as const;

/** As Python's `slice.indices(n)`: `-1` is the position before the first when walking backwards. */
function clipRange(range: AxisSlice, n: number): ClippedRange {
  if (typeof range !== 'object' || Array.isArray(range)) {
    throw new TypeError(
      `slice: a range is { start, stop, step } or null, got ${JSON.stringify(range)}.\n  For one position use select.`,
    );
  }
  requireOptions('slice', range, rangeNames);
  const step = range.step ?? 1;
  if (!Number.isInteger(step) || step === 0) {
    throw new RangeError(`slice: step must be an integer other than 0, got ${step}.`);
  }
  const [low, high] = step > 0 ? [0, n] : [-1, n - 1];
  const clip = (at: number | null | undefined, whole: number): number => {
    if (at === null || at === undefined) return whole;
    if (!Number.isInteger(at)) throw new RangeError(`slice: bounds must be integers, got ${at}.`);
    return Math.min(high, Math.max(low, at < 0 ? at + n : at));
  };
  const start = clip(range.start, step > 0 ? low : high);
  const stop = clip(range.stop, step > 0 ? high : low);
  const empty = step > 0 ? stop <= start : stop >= start;
  return empty ? { start: 0, stop: 0, step: Math.abs(step) } : { start, stop, step };
}

/** The same walk, seen on the flipped axis. */
const reversed = ({ start, stop, step }: ClippedRange, n: number): ClippedRange => ({
  start: n - 1 - start,
  stop: n - 1 - stop,
  step: -step,
});

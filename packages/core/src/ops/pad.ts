import { asTensor, type TensorLike } from '../as-tensor.ts';
import { bind } from '../bind.ts';
import { full } from '../create.ts';
import { ShapeError, showShape } from '../errors.ts';
import { requireOptions } from '../options.ts';
import { concat } from '../primitives/concat.ts';
import { type AxisSlice, padP, slice } from '../primitives/slice-pad.ts';
import { broadcastTo } from '../primitives/sum-broadcast.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';

/** What lies outside: a value, the mirror image, the nearest element, or the other end. */
export type PadMode = 'constant' | 'reflect' | 'edge' | 'wrap';

/** Options of `pad`, with NumPy's names. */
export interface PadOptions {
  /**
   * `constant` fills with `value`; `reflect` mirrors without repeating the edge; `edge` repeats it;
   * `wrap` continues periodically. @defaultValue 'constant'
   */
  readonly mode?: PadMode;
  /** The constant. @defaultValue 0 */
  readonly value?: number;
}

type Widths = readonly (readonly [before: number, after: number])[];

/**
 * Elements before and after those of each axis, by default zeros.
 *
 * @param widths  `[before, after]` for every axis
 * @throws ShapeError unless there is a pair per axis, for `reflect` that is not narrower than the axis,
 * and for `edge` and `wrap` of an empty axis; RangeError for widths that are not integers >= 0
 * @example
 * ```ts
 * pad(tensor([1, 2]), [[1, 2]]).toArray(); // => [0, 1, 2, 0, 0]
 * pad(tensor([1, 2, 3]), [[2, 0]], { mode: 'reflect' }).toArray(); // => [3, 2, 1, 2, 3]
 * pad(tensor([1, 2, 3]), [[2, 1]], { mode: 'wrap' }).toArray(); // => [2, 3, 1, 2, 3, 1]
 * ```
 */
export function pad(x: TensorLike, widths: Widths, options: PadOptions = {}): Tensor {
  requireOptions('pad', options, { mode: true, value: true });
  const { mode = 'constant', value = 0 } = options;
  const source = asTensor(x, 'pad');
  requireWidths(source, widths);
  if (typeof value !== 'number') {
    throw new TypeError(`pad: value must be a number, got ${typeof value}.`);
  }
  if (mode === 'constant') return constant(source, widths, value);
  if (options.value !== undefined) {
    throw new TypeError(`pad: value is for mode 'constant', but mode is '${mode}'. Drop one.`);
  }
  if (!Object.hasOwn(outside, mode)) {
    throw new RangeError(
      `pad: unknown mode ${JSON.stringify(mode)}. Use 'constant', 'reflect', 'edge' or 'wrap'.`,
    );
  }
  return widths.reduce<Tensor>(
    (y, [before, after], axis) =>
      before + after === 0 ? y : concat(outside[mode](y, axis, before, after), { axis }),
    source,
  );
}

function requireWidths(x: Tensor, widths: Widths): void {
  const pairs =
    Array.isArray(widths) && widths.every((pair) => Array.isArray(pair) && pair.length === 2);
  if (!pairs || widths.length !== x.rank) {
    throw new ShapeError(
      `pad: ${JSON.stringify(widths)} are not pairs [before, after] for the ${x.rank} axes of ${showShape(x.shape)}.`,
    );
  }
  if (!widths.flat().every((n) => Number.isInteger(n) && n >= 0)) {
    throw new RangeError(`pad: widths must be integers >= 0, got ${JSON.stringify(widths)}.`);
  }
}

function constant(x: Tensor, widths: Widths, value: number): Tensor {
  const attrs = {
    low: widths.map(([before]) => before),
    high: widths.map(([, after]) => after),
    interior: widths.map(() => 0),
  };
  const padded = bind(padP, [x], attrs);
  // Object.is, because a pad of -0 is not the kernel's 0.
  if (Object.is(value, 0)) return padded;
  const inside = bind(padP, [full(x.shape, 1, { dtype: 'bool' })], attrs);
  return where(inside, padded, value);
}

const part = (x: Tensor, axis: number, range: AxisSlice): Tensor =>
  slice(
    x,
    x.shape.map((_, k) => (k === axis ? range : null)),
  );

type Pieces = (x: Tensor, axis: number, before: number, after: number) => Tensor[];

/** The pieces to join along one axis. */
const outside: Readonly<Record<Exclude<PadMode, 'constant'>, Pieces>> = {
  reflect(x, axis, before, after) {
    const n = x.shape[axis]!;
    if (Math.max(before, after) >= n) {
      throw new ShapeError(
        `pad: mode 'reflect' needs widths below the size ${n} of axis ${axis} of ${showShape(x.shape)}, got [${before}, ${after}].`,
      );
    }
    return [
      part(x, axis, { start: before, stop: 0, step: -1 }),
      x,
      part(x, axis, { start: n - 2, stop: after === n - 1 ? null : n - 2 - after, step: -1 }),
    ];
  },
  edge(x, axis, before, after) {
    const n = requireSome(x, axis, 'edge');
    const repeated = (at: number, count: number): Tensor =>
      broadcastTo(
        part(x, axis, { start: at, stop: at + 1 }),
        x.shape.map((m, k) => (k === axis ? count : m)),
      );
    return [repeated(0, before), x, repeated(n - 1, after)];
  },
  wrap(x, axis, before, after) {
    const n = requireSome(x, axis, 'wrap');
    const copies = Math.floor(before / n) + 1 + Math.floor(after / n);
    return [
      part(x, axis, { start: n - (before % n) }),
      ...Array.from({ length: copies }, () => x),
      part(x, axis, { stop: after % n }),
    ];
  },
};

function requireSome(x: Tensor, axis: number, mode: string): number {
  const n = x.shape[axis]!;
  if (n === 0) {
    throw new ShapeError(
      `pad: mode '${mode}' has nothing to repeat along axis ${axis} of ${showShape(x.shape)}.`,
    );
  }
  return n;
}

import { asTensor, type TensorLike } from '../../as-tensor.ts';
import { requireFloating } from '../../avals.ts';
import { bind } from '../../bind.ts';
import { DTypeError, ShapeError, showShape, showValue } from '../../errors.ts';
import { padP } from '../../primitives/slice-pad.ts';
import type { Tensor } from '../../tensor.ts';

// What convolutions and pools share: options that are one number or one per axis, and shape checks.

/** One number for all spatial axes, or one for each. */
export type PerAxis = number | readonly number[];

/** Zeros around the spatial axes: the same on both sides, or `[before, after]` for each axis. */
export type Padding = PerAxis | readonly (readonly [number, number])[];

/** `[before, after]` for each spatial axis. */
export type PaddingPairs = readonly (readonly [number, number])[];

/** The option as one integer per axis. */
export function perAxis(
  name: string,
  what: string,
  value: PerAxis,
  axes: number,
  least: number,
): readonly number[] {
  const list = typeof value === 'number' ? new Array<number>(axes).fill(value) : value;
  const valid = Array.isArray(list) && list.every((n) => Number.isInteger(n) && n >= least);
  if (!valid || list.length !== axes) {
    throw new RangeError(
      `${name}: ${what} must be an integer >= ${least}${orList(axes)}, got ${showValue(value)}.`,
    );
  }
  return list;
}

const orList = (axes: number): string =>
  axes === 1 ? ' or a list of 1' : `, or a list of ${axes}, one per spatial axis`;

/** A TypeError unless a flag is true, false or missing. */
export function requireFlag(name: string, what: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return;
  throw new TypeError(`${name}: ${what} must be true or false, got ${showValue(value)}.`);
}

/** The padding as `[before, after]` per axis. */
export function paddingPairs(name: string, value: Padding, axes: number): PaddingPairs {
  if (Array.isArray(value) && value.some(Array.isArray)) {
    const pairs = value as PaddingPairs;
    const valid = pairs.every(
      (pair) =>
        Array.isArray(pair) &&
        pair.length === 2 &&
        pair.every((n) => Number.isInteger(n) && n >= 0),
    );
    if (pairs.length === axes && valid) return pairs;
    throw new RangeError(
      `${name}: padding must hold ${axes} pairs [before, after] of integers >= 0, got ${showValue(value)}.`,
    );
  }
  return perAxis(name, 'padding', value as PerAxis, axes, 0).map((n) => [n, n] as const);
}

/** Zeros around the last axes; `x` itself where there are none. */
export function padSpatial(x: Tensor, padding: PaddingPairs): Tensor {
  if (padding.every(([before, after]) => before === 0 && after === 0)) return x;
  const lead = new Array<number>(x.rank - padding.length).fill(0);
  return bind(padP, [x], {
    low: [...lead, ...padding.map(([before]) => before)],
    high: [...lead, ...padding.map(([, after]) => after)],
    interior: x.shape.map(() => 0),
  });
}

/** Number of elements that a window spans on each axis. */
export const spanOf = (size: readonly number[], dilation: readonly number[]): number[] =>
  size.map((n, k) => (n - 1) * dilation[k]! + 1);

/** How many windows fit on each axis; a ShapeError if none does. */
export function countWindows(
  name: string,
  extent: readonly number[],
  padding: PaddingPairs,
  span: readonly number[],
  stride: readonly number[],
): number[] {
  const padded = extent.map((n, k) => n + padding[k]![0] + padding[k]![1]);
  if (padded.some((n, k) => span[k]! > n)) {
    const seen = String(padded) === String(extent) ? '' : `, ${showShape(padded)} with padding`;
    throw new ShapeError(
      `${name}: the kernel spans ${showShape(span)}, but the input has only ${showShape(extent)}${seen}.\n` +
        '  Take a smaller kernel or dilation, or more padding.',
    );
  }
  return padded.map((n, k) => Math.floor((n - span[k]!) / stride[k]!) + 1);
}

/** Names of the spatial axes for messages, each behind a prefix. */
export const axesText = (axes: number, prefix = ''): string =>
  ['D', 'H', axes === 1 ? 'L' : 'W']
    .slice(3 - axes)
    .map((axis) => prefix + axis)
    .join(', ');

/**
 * The input with a batch axis, `[N, C, ...spatial]`, and whether it came without one, `[C, ...spatial]`.
 */
export function batched(
  name: string,
  x: TensorLike,
  axes: number,
): { readonly source: Tensor; readonly single: boolean } {
  const source = asTensor(x, name);
  requireFloating(name, source.dtype);
  if (source.rank !== axes + 2 && source.rank !== axes + 1) {
    throw new ShapeError(
      `${name}: x must be [N, C, ${axesText(axes)}] or [C, ${axesText(axes)}], got shape ${showShape(source.shape)}.\n` +
        '  Insert the missing axes with reshape or expandDims.',
    );
  }
  const single = source.rank === axes + 1;
  return { source: single ? source.reshape([1, ...source.shape]) : source, single };
}

/** Throws unless two operands have one dtype. */
export function requireSameDtype(name: string, what: string, x: Tensor, other: Tensor): void {
  if (x.dtype === other.dtype) return;
  throw new DTypeError(
    `${name}: x is ${x.dtype} and ${what} ${other.dtype}.\n  Cast one of them, for example with astype('${x.dtype}').`,
  );
}

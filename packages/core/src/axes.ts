import { ShapeError, showShape } from './errors.ts';

/** One axis, or several. Negative axes count from the end. */
export type AxisLike = number | readonly number[];

/** Options of reductions. */
export interface ReduceOptions {
  /** The axes to reduce. @defaultValue all of them */
  readonly axis?: AxisLike;
  /** Keep reduced axes with size 1. @defaultValue false */
  readonly keepdims?: boolean;
}

/** The axis as a number in `[0, rank)`. */
export function normalizeAxis(name: string, axis: number, shape: readonly number[]): number {
  const rank = shape.length;
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ShapeError(
      `${name}: axis ${axis} is out of range for shape ${showShape(shape)}.\n` +
        (rank === 0 ? '  A scalar has no axes.' : `  Use ${-rank} to ${rank - 1}.`),
    );
  }
  return axis < 0 ? axis + rank : axis;
}

/** The axes that a reduction's options name. */
export function reducedAxes(
  name: string,
  options: ReduceOptions,
  shape: readonly number[],
): number[] {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const given = JSON.stringify(options);
    throw new TypeError(
      `${name}: options must be an object, got ${given}. Did you mean { axis: ${given} }?`,
    );
  }
  return normalizeAxes(name, options.axis, shape);
}

/** Sorted, distinct axes; all of them when `axis` is missing. */
export function normalizeAxes(
  name: string,
  axis: AxisLike | undefined,
  shape: readonly number[],
): number[] {
  if (axis === undefined) return shape.map((_, k) => k);
  const list = (typeof axis === 'number' ? [axis] : axis).map((a) => normalizeAxis(name, a, shape));
  if (new Set(list).size !== list.length) {
    throw new ShapeError(`${name}: axis [${list.join(', ')}] names an axis twice.`);
  }
  return list.sort((a, b) => a - b);
}

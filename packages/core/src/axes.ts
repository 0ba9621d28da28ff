import { ShapeError, showShape, showValue } from './errors.ts';
import { type OptionNames, requireOptions } from './options.ts';

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
  if (!Number.isInteger(axis)) {
    throw new TypeError(`${name}: axis must be an integer, got ${showValue(axis)}.`);
  }
  if (axis < -rank || axis >= rank) {
    throw new ShapeError(
      `${name}: axis ${axis} is out of range for shape ${showShape(shape)}.\n` +
        (rank === 0 ? '  A scalar has no axes.' : `  Use ${-rank} to ${rank - 1}.`),
    );
  }
  return axis < 0 ? axis + rank : axis;
}

/** What reductions take. */
export const reduceNames: OptionNames<ReduceOptions> = { axis: true, keepdims: 'boolean' };

/** The axes that a reduction's options name; throws for options other than the known ones. */
export function reducedAxes(
  name: string,
  options: ReduceOptions,
  shape: readonly number[],
  known: OptionNames<ReduceOptions> = reduceNames,
): number[] {
  requireOptions(name, options, known);
  return normalizeAxes(name, options.axis, shape);
}

/** An axis, or several, given plainly or as the one option. */
export type AxisOrOption<Axis> = Axis | { readonly axis?: Axis };

/** The axis that was given either way. */
export function axisGiven<Axis extends AxisLike>(
  name: string,
  given: AxisOrOption<Axis> | undefined,
): Axis | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return given as Axis | undefined;
  }
  const options = given as { readonly axis?: Axis };
  requireOptions(name, options, { axis: true });
  return options.axis;
}

/** One axis or several as a list; what is neither is left for `normalizeAxis` to refuse. */
export const axisList = (axis: AxisLike): readonly number[] =>
  Array.isArray(axis) ? axis : [axis as number];

/** Sorted, distinct axes; all of them when `axis` is missing. */
export function normalizeAxes(
  name: string,
  axis: AxisLike | undefined,
  shape: readonly number[],
): number[] {
  if (axis === undefined) return shape.map((_, k) => k);
  const list = axisList(axis).map((a) => normalizeAxis(name, a, shape));
  if (new Set(list).size !== list.length) {
    throw new ShapeError(`${name}: axis [${list.join(', ')}] names an axis twice.`);
  }
  return list.sort((a, b) => a - b);
}

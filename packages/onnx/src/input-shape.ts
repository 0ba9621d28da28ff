import { showValue } from '@tikhonov/core/engine';
import type { Trials } from './values.ts';

/** Sizes of an input: a number, the name of a dynamic axis, or `null` for one without a name. */
export type InputShape = readonly (number | string | null)[];

/** The axes of an input. */
export interface InputAxes {
  readonly trials: Trials;
  readonly names: InputShape;
  /** The sizes of another value, with the names of the axes that they come from. */
  readonly namesOf: (trials: Trials) => InputShape;
}

/**
 * The input's axes, with sizes for dynamic ones in two trials: large, so that strides leave something of
 * them, with many divisors, but no power of two, so that they can be told from what is rounded up to one,
 * and different for each name.
 */
export function parseInputShape(shape: InputShape): InputAxes {
  if (
    !Array.isArray(shape) ||
    !shape.every((size) =>
      typeof size === 'string'
        ? size !== ''
        : size === null || (Number.isInteger(size) && size >= 1),
    )
  ) {
    throw new RangeError(
      `exportOnnx: inputShape must hold sizes >= 1, names of dynamic axes or null, got ${showValue(shape)}.\n` +
        "  For example ['batch', 3, 32, 32].",
    );
  }
  const order = new Map<string | symbol, number>();
  const pairs = shape.map((size: number | string | null): readonly [number, number] => {
    if (typeof size === 'number') return [size, size];
    const key = size ?? Symbol('axis');
    const at = order.get(key) ?? order.size;
    order.set(key, at);
    return trialSizes(at);
  });
  const byPair = new Map(
    [...order].flatMap(([key, at]) =>
      typeof key === 'string' ? [[String(trialSizes(at)), key]] : [],
    ) as [string, string][],
  );
  const trials: Trials = [pairs.map(([first]) => first), pairs.map(([, second]) => second)];
  const namesOf = ([first, second]: Trials): InputShape =>
    first.map((size, axis) =>
      size === second[axis] ? size : (byPair.get(String([size, second[axis]])) ?? null),
    );
  return { trials, names: shape, namesOf };
}

const trialSizes = (index: number): readonly [number, number] => [
  24 * (2 * index + 5),
  24 * (2 * index + 7),
];

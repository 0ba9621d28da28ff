import { equal, greater, logicalNot, logicalOr, type Shape, type Tensor } from '@tikhonov/core';
import { check } from '@tikhonov/core/engine';
import { keepMask, requireNoise, requireRng } from './keep-mask.ts';

/** Where decisions come from: a key, or the decisions themselves. */
export interface DecisionSource {
  readonly rng: Tensor | undefined;
  readonly given: Tensor | undefined;
}

/**
 * Decisions that are true with probability `p`, as bool of the shape: one uniform `u` for each in row-major order,
 * true iff `u < p`; or those that are given, 1 or true and 0 or false.
 *
 * @param what  the option that gives them
 * @throws TypeError with neither; ShapeError or RangeError for given ones that do not fit
 */
export function decide(
  name: string,
  what: string,
  shape: Shape,
  p: number | Tensor,
  { rng, given }: DecisionSource,
): Tensor {
  if (given === undefined) {
    return logicalNot(keepMask(name, shape, p, { rng: requireRng(name, rng, what) }));
  }
  const fitting = requireNoise(name, what, given, shape);
  if (fitting.dtype === 'bool') return fitting;
  check(
    logicalOr(equal(fitting, 0), equal(fitting, 1)),
    () =>
      new RangeError(
        `${name}: ${what} must hold 0 and 1, got ${String(fitting)}.\n  Give decisions, not probabilities, or leave it out and pass rng.`,
      ),
  );
  return greater(fitting, 0);
}

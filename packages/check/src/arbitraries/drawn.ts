import type { CaseDraw } from '@tikhonov/core/engine';
import type fc from 'fast-check';
import { caseDraw } from './case-draw.ts';
import { steps } from './steps.ts';

/**
 * Anything that is drawn step by step, such as a primitive's own `cases`. It shrinks.
 *
 * @param build  deterministic but for its draws
 * @example
 * ```ts
 * const rows = drawn((draw) => draw.tensor([draw.integer(1, 3), 2]));
 * fc.assert(fc.property(rows, (x) => x.shape[1] === 2));
 * ```
 */
export const drawn = <T>(build: (draw: CaseDraw) => T): fc.Arbitrary<T> =>
  steps((draw) => build(caseDraw(draw)));

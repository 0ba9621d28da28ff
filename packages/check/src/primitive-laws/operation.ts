import type { Tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';

/** A function of tensors that is checked as primitives are: a composite, a layer, a loss. */
export interface Operation {
  /** As users call it: `softmax`, `linalg.cholesky`, `nn.crossEntropy`. */
  readonly name: string;
  /**
   * Draws a case away from kinks: the call with everything but tensors bound, then its tensors,
   * floating ones in float64.
   */
  readonly cases: (draw: CaseDraw) => readonly [OperationCall, ...Tensor[]];
  /** The highest order of derivatives that is compared. @defaultValue 3 */
  readonly order?: 1 | 2 | 3;
  /** Conventions at kinks and the like, for the table of operations. */
  readonly note?: string;
  /** Why derivatives are not compared, e.g. for integer results. */
  readonly discrete?: string;
  /** What NaN does, where it may stay out of results whose derivative is not zero. */
  readonly nonFinite?: string;
  /** Why no case has an axis of size 0; without it, some case must, and some one of size 1. */
  readonly nonEmpty?: string;
}

/** What a case calls: a function to a tensor, or an array or object of tensors. */
export type OperationCall = (...inputs: Tensor[]) => object;

/**
 * An operation to be checked, in a line: `operation('relu', (draw) => [relu, draw.tensor([3])])`.
 *
 * @param cases  draws the call, with options bound, and its tensors
 * @example
 * ```ts
 * const halves = operation('halves', (draw) => [(x) => x.div(2), draw.tensor(draw.shape())]);
 * runLaws(operationLaws([halves]), { runs: 5 }).every(({ holds }) => holds); // => true
 * ```
 */
export const operation = (
  name: string,
  cases: Operation['cases'],
  options: Omit<Operation, 'name' | 'cases'> = {},
): Operation => ({ name, cases, ...options });

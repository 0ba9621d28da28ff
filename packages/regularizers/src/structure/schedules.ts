import {
  add,
  astype,
  Cell,
  div,
  expm1,
  greaterEqual,
  minimum,
  mul,
  sub,
  Tensor,
} from '@tikhonov/core';
import { asTensor, check, kindOf, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { requireSize } from '@tikhonov/nn/engine';
import { requireProbability } from './keep-mask.ts';

/**
 * A rate as a pure function of the step, counted from 0. Of a number it is a number; of a count of steps, a 0-d
 * tensor or cell, a float64 scalar, so that a compiled step follows it.
 */
export interface RateSchedule {
  (step: number): number;
  (step: Tensor | Cell): Tensor;
}

/** What is done at a step, in both arithmetics. */
interface Formulas {
  readonly name: string;
  readonly ofNumber: (step: number) => number;
  /** Of float64. */
  readonly ofTensor: (step: Tensor) => Tensor;
}

/** A schedule that refuses what are no steps. */
function scheduleOf({ name, ofNumber, ofTensor }: Formulas): RateSchedule {
  function rate(step: number): number;
  function rate(step: Tensor | Cell): Tensor;
  function rate(step: number | Tensor | Cell): number | Tensor {
    const refuse = (): RangeError =>
      new RangeError(
        `${name}: the step must be >= 0, got ${String(step)}.\n  Steps are counted from 0.`,
      );
    if (typeof step === 'number') {
      if (!(step >= 0)) throw refuse();
      return ofNumber(step);
    }
    if (!(step instanceof Tensor || step instanceof Cell)) {
      throw new TypeError(
        `${name}: the step must be a number, a Tensor or a Cell, got ${kindOf(step)}.\n  Steps are counted from 0.`,
      );
    }
    const exact = astype(asTensor(step, name), 'float64');
    check(greaterEqual(exact, 0), refuse);
    return ofTensor(exact);
  }
  return rate;
}

/** Options of `linearRamp`. */
export interface LinearRampOptions {
  /** The probability at step 0, in [0, 1]. @defaultValue 0 */
  readonly start?: number;
}

/**
 * A drop probability that grows from 0 to `p`: `p min(k / steps, 1)` at step `k`, as DropBlock's; from `start` if it
 * is given, `start + (p - start) min(k / steps, 1)`.
 *
 * @param p  the final probability, in [0, 1]
 * @param steps  the step at which it is reached, an integer >= 1
 * @throws RangeError for other values
 * @see Ghiasi, Lin & Le, "DropBlock: a regularization method for convolutional networks", NeurIPS 2018,
 * arXiv 1810.12890
 * @example
 * ```ts
 * const rate = reg.linearRamp(0.5, 10);
 * [0, 5, 20].map((k) => rate(k)); // => [0, 0.25, 0.5]
 * rate(tensor(5, { dtype: 'int32' })).item(); // => 0.25
 * ```
 */
export function linearRamp(
  p: number,
  steps: number,
  options: LinearRampOptions = {},
): RateSchedule {
  requireOptions('linearRamp', options, { start: true });
  const { start = 0 } = options;
  requireProbability('linearRamp', 'p', p);
  requireProbability('linearRamp', 'start', start);
  requireSize('linearRamp', 'steps', steps);
  return scheduleOf({
    name: 'linearRamp',
    ofNumber: (k) => start + (p - start) * Math.min(k / steps, 1),
    ofTensor: (k) => add(mul(minimum(div(k, steps), 1), p - start), start),
  });
}

/** Options of `curriculum` and `curriculumRate`. */
export interface CurriculumOptions {
  /** How fast the probability falls, > 0. @defaultValue 10 / steps, as in the paper */
  readonly gamma?: number;
}

const knownCurriculum: OptionNames<CurriculumOptions> = { gamma: true };

/**
 * The keep probability of curriculum dropout, which falls from 1 to `keep`: `(1 - keep) exp(-gamma t) + keep` at
 * step `t`. What layers take is the probability of dropping: `curriculumRate`.
 *
 * @param keep  the final keep probability, in [0, 1]
 * @param steps  of the whole training, an integer >= 1
 * @throws RangeError for other values
 * @see Morerio, Cavazza, Volpi, Vidal & Murino, "Curriculum dropout", ICCV 2017, arXiv 1703.06229
 * @example
 * ```ts
 * const keep = reg.curriculum(0.5, 100);
 * [keep(0), keep(10)]; // => [1, 0.5 + 0.5 / Math.E]
 * ```
 */
export function curriculum(
  keep: number,
  steps: number,
  options: CurriculumOptions = {},
): RateSchedule {
  requireProbability('curriculum', 'keep', keep);
  const rate = falling('curriculum', 1 - keep, steps, options);
  return scheduleOf({
    name: 'curriculum',
    ofNumber: (t) => 1 - rate.ofNumber(t),
    ofTensor: (t) => sub(1, rate.ofTensor(t)),
  });
}

/**
 * The drop probability of curriculum dropout, which grows from 0 to `p`: `p (1 - exp(-gamma t))` at step `t`.
 *
 * @param p  the final drop probability, in [0, 1]
 * @param steps  of the whole training, an integer >= 1
 * @throws RangeError for other values
 * @see Morerio, Cavazza, Volpi, Vidal & Murino, "Curriculum dropout", ICCV 2017, arXiv 1703.06229
 * @example
 * ```ts
 * const rate = reg.curriculumRate(0.5, 100);
 * [rate(0), rate(10)]; // => [0, 0.5 - 0.5 / Math.E]
 * ```
 */
export function curriculumRate(
  p: number,
  steps: number,
  options: CurriculumOptions = {},
): RateSchedule {
  requireProbability('curriculumRate', 'p', p);
  return scheduleOf(falling('curriculumRate', p, steps, options));
}

function falling(name: string, p: number, steps: number, options: CurriculumOptions): Formulas {
  requireSize(name, 'steps', steps);
  requireOptions(name, options, knownCurriculum);
  const { gamma = 10 / steps } = options;
  if (!(gamma > 0 && gamma < Infinity)) {
    throw new RangeError(
      `${name}: gamma must be finite and > 0, got ${gamma}.\n  It is how fast the rate rises; 10 / steps gets there within the training.`,
    );
  }
  return {
    name,
    ofNumber: (t) => -p * Math.expm1(-gamma * t),
    ofTensor: (t) => mul(expm1(mul(t, -gamma)), -p),
  };
}

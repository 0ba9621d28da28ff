import { dot } from './vectors.ts';

/** Value and gradient at a point. */
export interface Evaluation {
  readonly x: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
}

/** A point of a line. */
interface Sample {
  readonly step: number;
  readonly at: Evaluation;
  readonly slope: number;
}

/** Sufficient decrease and curvature, as Nocedal & Wright recommend for quasi-Newton methods. */
const decrease = 1e-4;
const curvature = 0.9;

/**
 * A step along a direction of descent that satisfies the strong Wolfe conditions, or the best one found
 * within `maxEvaluations`; `null` if none decreases the value.
 *
 * @see Nocedal & Wright, "Numerical optimization", 2nd edition, 2006, algorithms 3.5 and 3.6
 */
export function strongWolfe(
  start: Evaluation,
  direction: Float64Array,
  firstStep: number,
  evaluate: (step: number) => Evaluation,
  maxEvaluations: number,
): Evaluation | null {
  const origin: Sample = { step: 0, at: start, slope: dot(start.gradient, direction) };
  const sample = (step: number): Sample => {
    const at = evaluate(step);
    return { step, at, slope: dot(at.gradient, direction) };
  };
  const falls = ({ step, at }: Sample): boolean =>
    at.value <= start.value + decrease * step * origin.slope;
  const flat = ({ slope }: Sample): boolean => Math.abs(slope) <= -curvature * origin.slope;

  let [low, high]: [Sample, Sample | null] = [origin, null];
  let step = firstStep;
  for (let k = 0; k < maxEvaluations; k++) {
    const now = sample(step);
    if (!falls(now) || !(now.at.value < low.at.value || low === origin)) {
      // Too far, or not finite: the step lies between.
      high = now;
    } else {
      if (flat(now)) return now.at;
      // The end to keep is the lower one; the other must lie where it falls.
      if (high === null ? now.slope >= 0 : now.slope * (high.step - low.step) >= 0) high = low;
      low = now;
    }
    step = high === null ? 2 * low.step : between(low, high);
    if (high !== null && Math.abs(high.step - low.step) < 1e-12 * Math.max(1, low.step)) break;
  }
  return low === origin ? null : low.at;
}

/** The minimum of the cubic through both ends, kept away from them; the middle where there is none. */
function between(low: Sample, high: Sample): number {
  const width = high.step - low.step;
  const middle = low.step + width / 2;
  if (!Number.isFinite(high.at.value) || !Number.isFinite(high.slope)) return middle;
  const d1 = low.slope + high.slope - (3 * (high.at.value - low.at.value)) / width;
  const square = d1 * d1 - low.slope * high.slope;
  if (!(square >= 0)) return middle;
  const d2 = Math.sign(width) * Math.sqrt(square);
  const share = (high.slope + d2 - d1) / (high.slope - low.slope + 2 * d2);
  const inside = 1 - share;
  return inside > 0.1 && inside < 0.9 ? low.step + inside * width : middle;
}

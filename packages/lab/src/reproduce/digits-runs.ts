import { type CurvePoint, isFailure, runOne } from '../compare/run-one.ts';
import { type CompareSettings, defaults, type MethodSetting } from '../compare/settings.ts';

/** One network trained on digits by a method of the catalogue. */
export interface DigitsInput {
  readonly method: MethodSetting;
  readonly seed: number;
  /** What differs from the defaults of `tikhonov compare`. */
  readonly settings?: Partial<Omit<CompareSettings, 'methods'>>;
}

/** What it gave; losses are infinite where it diverged. */
export interface DigitsOutput {
  readonly testNll: number;
  readonly testAccuracy: number;
  readonly trainNll: number;
  readonly curve: readonly CurvePoint[];
}

/** Trains it. */
export async function digitsTask({ method, seed, settings }: DigitsInput): Promise<DigitsOutput> {
  const outcome = await runOne({ method, seed, settings: { ...defaults, ...settings } });
  if (isFailure(outcome)) {
    return { testNll: Infinity, testAccuracy: 0, trainNll: Infinity, curve: [] };
  }
  const { test, train, curve } = outcome;
  return { testNll: test.nll, testAccuracy: test.accuracy, trainNll: train.nll, curve };
}

/** The mean of numbers. */
export const meanOf = (values: readonly number[]): number =>
  values.reduce((total, x) => total + x, 0) / values.length;

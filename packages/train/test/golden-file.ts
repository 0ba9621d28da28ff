import { goldenFile } from '@tikhonov/golden';

/** An early-stopping case of the reference file. */
export interface StoppingCase {
  readonly id: string;
  readonly method: string;
  readonly inputs: { readonly val: readonly number[] };
  readonly expected: {
    /** patience, minDelta, epoch of the stop or null, best epoch, best value */
    readonly patience: readonly (readonly [number, number, number | null, number, number])[];
  };
}

/** The early-stopping cases of the reference file. */
export const stoppingCases = (): readonly StoppingCase[] =>
  goldenFile<{ readonly cases: readonly StoppingCase[] }>('objective.json').cases.filter(
    ({ method }) => method === 'early_stopping',
  );

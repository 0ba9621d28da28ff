import { goldenFile } from '@tikhonov/golden';

/** An early-stopping case of the reference file. */
export interface StoppingCase {
  readonly id: string;
  readonly method: string;
  readonly params: { readonly strip: number };
  readonly inputs: { readonly train: readonly number[]; readonly val: readonly number[] };
  readonly expected: {
    readonly generalizationLoss: readonly number[];
    /** end of a strip, progress */
    readonly progress: readonly (readonly [number, number])[];
    /** alpha or s, epoch of the stop or null */
    readonly GL: readonly (readonly [number, number | null])[];
    readonly PQ: readonly (readonly [number, number | null])[];
    readonly UP: readonly (readonly [number, number | null])[];
    /** patience, minDelta, epoch of the stop or null, best epoch, best value */
    readonly patience: readonly (readonly [number, number, number | null, number, number])[];
  };
}

/** The early-stopping cases of the reference file. */
export const stoppingCases = (): readonly StoppingCase[] =>
  goldenFile<{ readonly cases: readonly StoppingCase[] }>('objective.json').cases.filter(
    ({ method }) => method === 'early_stopping',
  );

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The early-stopping cases of the reference file, from the folder in TIKHONOV_GOLDEN if set. */
export interface StoppingCase {
  readonly id: string;
  readonly method: string;
  readonly inputs: { readonly val: readonly number[] };
  readonly expected: {
    /** patience, minDelta, epoch of the stop or null, best epoch, best value */
    readonly patience: readonly (readonly [number, number, number | null, number, number])[];
  };
}

export function stoppingCases(): readonly StoppingCase[] {
  const here = fileURLToPath(new URL('golden/', import.meta.url));
  const folder = process.env.TIKHONOV_GOLDEN || here;
  const file: { readonly cases: readonly StoppingCase[] } = JSON.parse(
    readFileSync(join(folder, 'objective.json'), 'utf8'),
  );
  return file.cases.filter(({ method }) => method === 'early_stopping');
}

import { type Law, type LawResult, operationLaws, primitiveLaws, runLaw } from '@tikhonov/check';
import { primitives } from '@tikhonov/core/engine';
import { fuzzLaws } from '../fuzz/laws.ts';
import { operations } from '../operations/index.ts';

/** Every law of the deep check: the registry's, the composites', and bad calls of every export. */
export const deepLaws = (): Law[] => [
  ...primitiveLaws(primitives),
  ...operationLaws(operations),
  ...fuzzLaws(),
];

/** A law for another thread to run: only data passes between threads. */
export interface DeepTask {
  readonly id: string;
  readonly runs: number;
  readonly seed: number;
}

/** What became of it. */
export interface DeepResult extends LawResult {
  readonly dtypes: readonly string[];
  readonly seconds: number;
}

let known: ReadonlyMap<string, Law> | undefined;

/** Runs one law with the full number of cases. */
export function runTask({ id, runs, seed }: DeepTask): DeepResult {
  known ??= new Map(deepLaws().map((law) => [law.id, law]));
  const law = known.get(id);
  if (law === undefined) throw new Error(`internal: no law ${id}`);
  const start = performance.now();
  const result = runLaw(law, { runs, seed, full: true });
  const seconds = (performance.now() - start) / 1000;
  return { ...result, dtypes: law.dtypes ?? [], seconds };
}

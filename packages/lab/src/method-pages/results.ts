import { type LawResult, runLaws } from '@tikhonov/check';
import { findMethod, methods } from '@tikhonov/regularizers';
import { laws } from '@tikhonov/regularizers/laws';
import { startProgress } from '../compare/progress.ts';
import { runAll } from '../compare/run-all.ts';
import { baseline, type CompareSettings, defaults, settingOf } from '../compare/settings.ts';
import { type Row, summarize } from '../compare/summarize.ts';
import { type CurveRow, meanCurve } from '../report/curves.ts';

/** What a law's cases gave. */
export type LawFigures = Pick<LawResult, 'id' | 'cases' | 'worstSlack' | 'holds'>;

/** What was measured for the pages: kept beside them, so that they can be written again. */
export interface MethodResults {
  /** Cases of each law. */
  readonly runs: number;
  readonly settings: Omit<CompareSettings, 'methods'>;
  readonly laws: readonly LawFigures[];
  /** Of `none` and every method. */
  readonly rows: readonly Omit<Row, 'seconds'>[];
  /** Mean test loss over training with the range of the seeds. */
  readonly curves: readonly CurveRow[];
}

/** How much is measured. */
export interface MeasureOptions {
  readonly runs: number;
  readonly seeds: number;
  readonly epochs: number;
  /** The methods to measure anew; the others keep what `before` has of them. */
  readonly only: readonly string[] | null;
  readonly before: MethodResults | null;
}

/** Tries the laws and compares the methods at their defaults. */
export async function measureMethods(options: MeasureOptions): Promise<MethodResults> {
  const { runs, seeds, epochs, only, before } = options;
  const chosen = methods.filter(({ id }) => only === null || only.includes(id));
  const settings = { ...defaults, seeds, epochs };
  const own = laws.filter(({ id }) => chosen.some((method) => id.startsWith(`${method.id}/`)));
  const lawProgress = startProgress(own.length, false, 'laws');
  const tried = await runLaws(own, {
    runs,
    onProgress: ({ id }: LawResult, done: number) => lawProgress.update(done, id),
  });
  lawProgress.stop();
  const comparison = { ...settings, methods: chosen.map((method) => settingOf(method)) };
  const progress = startProgress(seeds * (chosen.length + 1), false);
  const outcomes = await runAll(comparison, {
    onResult: ({ method, seed }, done) => progress.update(done, `${method}, seed ${seed}`),
  }).finally(() => progress.stop());
  const { rows } = summarize(comparison, outcomes.runs, outcomes.failures);
  const names = [baseline, ...chosen.map(({ id }) => id)];
  const kept = <T>(list: readonly T[] | undefined, nameOf: (item: T) => string): T[] =>
    (list ?? []).filter((item) => {
      const name = nameOf(item).split('/')[0]!;
      return !names.includes(name) && methods.some(({ id }) => id === name);
    });
  const place = (name: string): number => methods.findIndex(({ id }) => id === name.split('/')[0]!);
  return {
    runs,
    settings,
    laws: [
      ...kept(before?.laws, ({ id }) => id),
      ...tried.map(({ id, cases, worstSlack, holds }) => ({ id, cases, worstSlack, holds })),
    ].sort((a, b) => place(a.id) - place(b.id)),
    rows: [
      ...kept(before?.rows, ({ method }) => method),
      ...rows.map(({ seconds: _seconds, ...row }) => row),
    ].sort((a, b) => place(a.method) - place(b.method)),
    curves: [
      ...kept(before?.curves, ({ method }) => method),
      ...names.flatMap((id) => meanCurve(outcomes.runs, id)),
    ].sort((a, b) => place(a.method) - place(b.method) || a.epoch - b.epoch),
  };
}

/** Checks names of methods. */
export const knownMethod = (id: string): string => findMethod(id).id;

import { type LawResult, runLaws } from '@tikhonov/check';
import { findMethod, type Method, methods, type NetworkKind } from '@tikhonov/regularizers';
import { laws } from '@tikhonov/regularizers/laws';
import { startProgress } from '../compare/progress.ts';
import { runAll } from '../compare/run-all.ts';
import {
  actsOn,
  baseline,
  type CompareSettings,
  defaults,
  networkDefaults,
  settingOf,
} from '../compare/settings.ts';
import { type Row, summarize } from '../compare/summarize.ts';
import { type CurveRow, meanCurve } from '../report/curves.ts';
import { adjusted } from './adjust.ts';

/** What a law's cases gave. */
export type LawFigures = Pick<LawResult, 'id' | 'cases' | 'worstSlack' | 'holds'>;

/** The methods of a kind of network, compared at their defaults. */
export interface MethodComparison {
  readonly settings: Omit<CompareSettings, 'methods'>;
  /** Of `none` and every method; p-values are adjusted over all of them. */
  readonly rows: readonly Omit<Row, 'seconds'>[];
  /** Mean test loss over training with the range of the seeds. */
  readonly curves: readonly CurveRow[];
}

/** What was measured for the pages: kept beside them, so that they can be written again. */
export interface MethodResults {
  /** Cases of each law. */
  readonly runs: number;
  readonly laws: readonly LawFigures[];
  /** By the network that they are of; see `networkOf`. */
  readonly comparisons: { readonly [Kind in NetworkKind]?: MethodComparison };
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

const kinds = ['mlp', 'cnn', 'resnet'] as const;

/** The network that a method's page is about; null if plans have none for it. */
export const networkOf = (method: Method): NetworkKind | null =>
  kinds.find((kind) => actsOn(method, kind)) ?? null;

/** Tries the laws and compares the methods at their defaults. */
export async function measureMethods(options: MeasureOptions): Promise<MethodResults> {
  const { runs, only, before } = options;
  const chosen = methods.filter(({ id }) => only === null || only.includes(id));
  const own = laws.filter(({ id }) => chosen.some((method) => id.startsWith(`${method.id}/`)));
  const lawProgress = startProgress(own.length, false, 'laws');
  const tried = await runLaws(own, {
    runs,
    onProgress: ({ id }: LawResult, done: number) => lawProgress.update(done, id),
  });
  lawProgress.stop();
  const comparisons: { [Kind in NetworkKind]?: MethodComparison } = {};
  for (const kind of kinds) {
    const known = before?.comparisons[kind];
    const measured = chosen.filter((method) => networkOf(method) === kind);
    if (measured.length > 0) comparisons[kind] = await compareOn(kind, measured, options);
    else if (known !== undefined) comparisons[kind] = known;
  }
  return {
    runs,
    laws: [
      ...others(before?.laws, chosen, ({ id }) => id),
      ...tried.map(({ id, cases, worstSlack, holds }) => ({ id, cases, worstSlack, holds })),
    ].sort((a, b) => placeOf(a.id) - placeOf(b.id)),
    comparisons,
  };
}

/** The results with p-values adjusted over all methods of a network, whenever they were measured. */
export function readjusted(results: MethodResults): MethodResults {
  const comparisons: { [Kind in NetworkKind]?: MethodComparison } = {};
  for (const kind of kinds) {
    const known = results.comparisons[kind];
    if (known !== undefined) comparisons[kind] = { ...known, rows: adjusted(known.rows) };
  }
  return { ...results, comparisons };
}

async function compareOn(
  kind: NetworkKind,
  chosen: readonly Method[],
  { seeds, epochs, before }: MeasureOptions,
): Promise<MethodComparison> {
  const network = networkDefaults[defaults.dataset]![kind];
  const settings = { ...defaults, network, seeds, epochs };
  const comparison = { ...settings, methods: chosen.map((method) => settingOf(method)) };
  const progress = startProgress(seeds * (chosen.length + 1), false);
  const outcomes = await runAll(comparison, {
    onResult: ({ method, seed }, done) => progress.update(done, `${method}, seed ${seed}`),
  }).finally(() => progress.stop());
  const { rows } = summarize(comparison, outcomes.runs, outcomes.failures);
  const known = before?.comparisons[kind];
  const names = [baseline, ...chosen.map(({ id }) => id)];
  return {
    settings,
    rows: [
      ...others(known?.rows, chosen, ({ method }) => method),
      ...rows.map(({ seconds: _seconds, ...row }) => row),
    ].sort((a, b) => placeOf(a.method) - placeOf(b.method)),
    curves: [
      ...others(known?.curves, chosen, ({ method }) => method),
      ...names.flatMap((id) => meanCurve(outcomes.runs, id)),
    ].sort((a, b) => placeOf(a.method) - placeOf(b.method) || a.epoch - b.epoch),
  };
}

/** What is known of methods that are not measured anew and are still there. */
const others = <T>(
  list: readonly T[] | undefined,
  anew: readonly Method[],
  nameOf: (item: T) => string,
): T[] =>
  (list ?? []).filter((item) => {
    const name = nameOf(item).split('/')[0]!;
    return !anew.some(({ id }) => id === name) && methods.some(({ id }) => id === name);
  });

const placeOf = (name: string): number => methods.findIndex(({ id }) => id === name.split('/')[0]!);

/** Checks names of methods. */
export const knownMethod = (id: string): string => findMethod(id).id;

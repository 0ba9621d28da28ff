import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { startProgress } from '../compare/progress.ts';
import { parseNumber } from '../flags.ts';
import { onlyHelp, selectLaws } from '../laws/select.ts';
import { runScript } from '../script.ts';
import { UsageError } from '../usage-error.ts';
import { type Variant, variantNames } from './compiler.ts';
import { mutate, mutationTable } from './mutate.ts';
import { mutations } from './mutations.ts';
import { coverageTable, isClean, summarize, summaryText } from './report.ts';
import {
  chunk,
  type DifferentialResult,
  type DifferentialTask,
  differentialLaws,
} from './tasks.ts';

const usage = `Compares compiled functions with the same functions run eagerly: random programs, and every operation,
its pullback and its second derivatives by themselves.

  npm run check:differential -- [--runs 1000] [--seed 0] [--jobs n] [--cases 100] [--variant all] [--only text] [--list]
  npm run check:differential -- --mutate [--runs 400] [--seed 0] [--only text] [--list]

--runs: programs; from 20000 on, one in a hundred must contain each primitive in each dtype.
--cases: cases per operation. --jobs: threads, by default one per processor.
--variant: how functions are compiled, one of ${variantNames.join(', ')}; several by commas take turns.
--only: 'programs', or ${onlyHelp}.
--list: prints the names of the laws, or mutations, and runs nothing.
--mutate: breaks the compiler on purpose, in one place at a time and not on disk. Every mutation must be caught by
          one of the first programs.`;

/** After this long, a task is taken to run for ever. */
const limit = 900_000;
/** After so many programs that differ, no more are run. */
const most = 12;

interface Options {
  readonly runs?: string | undefined;
  readonly seed?: string | undefined;
  readonly jobs?: string | undefined;
  readonly cases?: string | undefined;
  readonly variant?: string | undefined;
  readonly only?: string | undefined;
  readonly list?: boolean | undefined;
  readonly mutate?: boolean | undefined;
}

interface Settings {
  readonly runs: number;
  readonly seed: number;
  readonly jobs: number;
  readonly cases: number;
  readonly variants: readonly Variant[];
  readonly only: string;
}

function settingsOf(values: Options): Settings {
  const number = (
    name: 'runs' | 'seed' | 'jobs' | 'cases',
    value: string,
    min: number,
    max = 2 ** 31 - 1,
  ): number => parseNumber(name, values[name] ?? value, { integer: true, min, max });
  const variants = (values.variant ?? 'all').split(',');
  const isKnown = (name: string): name is Variant => variantNames.some((known) => known === name);
  if (!variants.every(isKnown)) {
    throw new UsageError(`--variant takes ${variantNames.join(', ')}, got '${values.variant}'.`);
  }
  return {
    runs: number('runs', values.mutate === true ? '400' : '1000', 0),
    seed: number('seed', '0', 0, 2 ** 30),
    jobs: number('jobs', String(availableParallelism()), 1, 256),
    cases: number('cases', '100', 0),
    variants,
    only: values.only ?? '',
  };
}

function tasksOf({ runs, seed, cases, variants, only }: Settings): DifferentialTask[] {
  const tasks: DifferentialTask[] = [];
  const turn = (k: number): Variant => variants[k % variants.length]!;
  if (only === '' || only === 'programs') {
    for (let at = 0, k = 0; at < runs; at += chunk, k++) {
      const count = Math.min(chunk, runs - at);
      tasks.push({ kind: 'programs', seed: seed + k, count, variant: turn(k) });
    }
  }
  if (only === 'programs' || cases === 0) return tasks;
  const laws = selectLaws(differentialLaws(), only);
  return [
    ...tasks,
    ...laws.map(({ id }, k) => ({ kind: 'law', id, seed, runs: cases, variant: turn(k) }) as const),
  ];
}

const labelOf = (task: DifferentialTask): string =>
  task.kind === 'law' ? task.id : `programs of seed ${task.seed}`;

async function compare(settings: Settings): Promise<void> {
  const { jobs } = settings;
  const tasks = tasksOf(settings);
  const pool = new Piscina<DifferentialTask, DifferentialResult>({
    filename: new URL('./worker.js', import.meta.url).href,
    minThreads: Math.min(jobs, Math.max(1, tasks.length)),
    maxThreads: jobs,
  });
  const progress = startProgress(tasks.length, false, 'tasks');
  const stuck: string[] = [];
  let [done, differing, left] = [0, 0, 0];
  try {
    const waiting = tasks.values();
    const results: DifferentialResult[] = [];
    const note = (task: DifferentialTask, result: DifferentialResult): void => {
      results.push(result);
      if (result.kind !== 'programs') return;
      differing += result.disagreements.length;
      for (const { index, problem } of result.disagreements) {
        process.stderr.write(`program ${index} of seed ${task.seed} differs: ${problem}\n`);
      }
    };
    // A task enters the pool when a thread is free, so that its time begins then.
    const thread = async (): Promise<void> => {
      for (const task of waiting) {
        if (task.kind === 'programs' && differing >= most) {
          left += 1;
          continue;
        }
        try {
          note(task, await pool.run(task, { signal: AbortSignal.timeout(limit) }));
        } catch (error) {
          if (!(error instanceof Error && error.name === 'AbortError')) throw error;
          stuck.push(labelOf(task));
        }
        done += 1;
        progress.update(done, labelOf(task));
      }
    };
    await Promise.all(Array.from({ length: jobs }, thread));
    progress.stop();
    const summary = summarize(results);
    if (summary.programs > 0) process.stdout.write(`${coverageTable(summary.counts)}\n`);
    process.stdout.write(`${summaryText(summary)}\n`);
    for (const label of stuck) process.stdout.write(`did not end: ${label}\n`);
    if (left > 0) process.stdout.write(`not begun after ${most} differences: ${left} tasks\n`);
    if (!isClean(summary) || stuck.length > 0) process.exitCode = 1;
  } finally {
    await pool.destroy();
  }
}

async function main(values: Options): Promise<void> {
  const settings = settingsOf(values);
  const { only } = settings;
  const isMutating = values.mutate === true;
  if (values.list === true) {
    const names = isMutating
      ? mutations.map(({ name }) => name).filter((name) => name.includes(only))
      : selectLaws(differentialLaws(), only).map(({ id }) => id);
    process.stdout.write(`${names.join('\n')}\n`);
    return;
  }
  if (!isMutating) return compare(settings);
  const chosen = mutations.filter(({ name }) => name.includes(only));
  if (chosen.length === 0) throw new UsageError(`no mutation's name contains '${only}'.`);
  const outcomes = await mutate(chosen, settings);
  process.stdout.write(`${mutationTable(outcomes)}\n`);
  const alive = outcomes.filter(({ fate }) => fate !== 'caught');
  process.stdout.write(`${outcomes.length} mutations, ${outcomes.length - alive.length} caught\n`);
  if (alive.length > 0) process.exitCode = 1;
}

const options = {
  runs: { type: 'string' },
  seed: { type: 'string' },
  jobs: { type: 'string' },
  cases: { type: 'string' },
  variant: { type: 'string' },
  only: { type: 'string' },
  list: { type: 'boolean' },
  mutate: { type: 'boolean' },
} as const;

await runScript('check:differential', usage, options, main);

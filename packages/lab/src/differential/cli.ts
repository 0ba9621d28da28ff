import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { startProgress } from '../compare/progress.ts';
import { parseNumber } from '../flags.ts';
import { onlyHelp, selectLaws } from '../laws/select.ts';
import { runScript } from '../script.ts';
import { coverageTable, isClean, summarize, summaryText } from './report.ts';
import {
  chunk,
  type DifferentialResult,
  type DifferentialTask,
  differentialLaws,
} from './tasks.ts';

const usage = `Compares compiled functions with the same functions run eagerly: random programs, and every operation
and its pullback by itself.

  npm run check:differential -- [--runs 1000] [--seed 0] [--jobs n] [--cases 100] [--only text] [--list]

--runs: programs. --cases: cases per operation. --jobs: threads, by default one per processor.
--only: 'programs', or ${onlyHelp}.
--list: prints the names of the laws and runs nothing.`;

/** After this long, a task is taken to run for ever. */
const limit = 900_000;

interface Options {
  readonly runs?: string | undefined;
  readonly seed?: string | undefined;
  readonly jobs?: string | undefined;
  readonly cases?: string | undefined;
  readonly only?: string | undefined;
  readonly list?: boolean | undefined;
}

function tasksOf(runs: number, seed: number, cases: number, only: string): DifferentialTask[] {
  const tasks: DifferentialTask[] = [];
  if (only === '' || only === 'programs') {
    for (let at = 0, k = 0; at < runs; at += chunk, k++) {
      tasks.push({ kind: 'programs', seed: seed + k, count: Math.min(chunk, runs - at) });
    }
  }
  if (only === 'programs' || cases === 0) return tasks;
  const laws = selectLaws(differentialLaws(), only);
  return [...tasks, ...laws.map(({ id }) => ({ kind: 'law', id, seed, runs: cases }) as const)];
}

const labelOf = (task: DifferentialTask): string =>
  task.kind === 'law' ? task.id : `programs of seed ${task.seed}`;

async function main(values: Options): Promise<void> {
  const number = (
    name: 'runs' | 'seed' | 'jobs' | 'cases',
    value: string,
    min: number,
    max = 2 ** 31 - 1,
  ): number => parseNumber(name, values[name] ?? value, { integer: true, min, max });
  const seed = number('seed', '0', 0, 2 ** 30);
  if (values.list === true) {
    const laws = selectLaws(differentialLaws(), values.only ?? '');
    process.stdout.write(`${laws.map(({ id }) => id).join('\n')}\n`);
    return;
  }
  const jobs = number('jobs', String(availableParallelism()), 1, 256);
  const tasks = tasksOf(
    number('runs', '1000', 0),
    seed,
    number('cases', '100', 0),
    values.only ?? '',
  );
  const pool = new Piscina<DifferentialTask, DifferentialResult>({
    filename: new URL('./worker.js', import.meta.url).href,
    minThreads: Math.min(jobs, Math.max(1, tasks.length)),
    maxThreads: jobs,
  });
  const progress = startProgress(tasks.length, false, 'tasks');
  const stuck: string[] = [];
  let done = 0;
  try {
    const waiting = tasks.values();
    const results: DifferentialResult[] = [];
    // A task enters the pool when a thread is free, so that its time begins then.
    const thread = async (): Promise<void> => {
      for (const task of waiting) {
        try {
          results.push(await pool.run(task, { signal: AbortSignal.timeout(limit) }));
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
    if (!isClean(summary) || stuck.length > 0) process.exitCode = 1;
  } finally {
    await pool.destroy();
  }
}

const options = {
  runs: { type: 'string' },
  seed: { type: 'string' },
  jobs: { type: 'string' },
  cases: { type: 'string' },
  only: { type: 'string' },
  list: { type: 'boolean' },
} as const;

await runScript('check:differential', usage, options, main);

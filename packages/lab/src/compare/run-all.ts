import { setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { isFailure, type RunFailure, type RunResult, type RunTask } from './run-one.ts';
import { baseline, type CompareSettings } from './settings.ts';

/** How `runAll` reports and can be stopped. */
export interface RunAllOptions {
  /** Worker threads. @defaultValue the number of cores */
  readonly workers?: number | undefined;
  readonly onResult?: (outcome: RunResult | RunFailure, finished: number, total: number) => void;
  /** Stops the runs that are not finished; those that are stay. */
  readonly signal?: AbortSignal;
  /** The module whose default export runs a task in a thread. @defaultValue the package's own */
  readonly worker?: URL;
}

/** What became of the runs. */
export interface Outcomes {
  readonly runs: readonly RunResult[];
  readonly failures: readonly RunFailure[];
}

/** The runs of a comparison, all methods of a seed together, so that what finishes early is paired. */
export function tasksOf({ methods, ...settings }: CompareSettings): RunTask[] {
  const everything = [{ id: baseline, values: {} }, ...methods];
  return Array.from({ length: settings.seeds }, (_, i) => settings.firstSeed + i).flatMap((seed) =>
    everything.map((method) => ({ settings, method, seed })),
  );
}

/**
 * Runs every task on a pool of workers and returns what finished, in the order of the tasks. A run that
 * fails does not take the others with it.
 */
export async function runAll(
  settings: CompareSettings,
  options: RunAllOptions = {},
): Promise<Outcomes> {
  const tasks = tasksOf(settings);
  const workers = Math.min(tasks.length, options.workers ?? availableParallelism());
  const pool = new Piscina<RunTask, RunResult | RunFailure>({
    filename: (options.worker ?? new URL('./worker.js', import.meta.url)).href,
    minThreads: workers,
    maxThreads: workers,
  });
  const runs: RunResult[] = [];
  const failures: RunFailure[] = [];
  const { signal } = options;
  // Every queued run listens to the signal.
  if (signal !== undefined) setMaxListeners(0, signal);
  try {
    await Promise.all(
      tasks.map(async (task) => {
        const outcome = await pool
          .run(task, signal === undefined ? {} : { signal })
          .catch((error: unknown) => crash(task, error));
        if (signal?.aborted === true) return;
        if (isFailure(outcome)) failures.push(outcome);
        else runs.push(outcome);
        options.onResult?.(outcome, runs.length + failures.length, tasks.length);
      }),
    );
  } finally {
    await pool.destroy();
  }
  const name = ({ method, seed }: RunResult | RunFailure): string => `${method}/${seed}`;
  const place = new Map(tasks.map(({ method, seed }, i) => [`${method.id}/${seed}`, i]));
  const byTask = (a: RunResult | RunFailure, b: RunResult | RunFailure): number =>
    place.get(name(a))! - place.get(name(b))!;
  return { runs: runs.sort(byTask), failures: failures.sort(byTask) };
}

const crash = ({ method, seed }: RunTask, error: unknown): RunFailure => ({
  method: method.id,
  seed,
  failure: 'crashed',
  message: messageOf(error).split('\n')[0]!,
});

// Errors come from another thread, so they are not instances of this one's Error.
const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : String(error);

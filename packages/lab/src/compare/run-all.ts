import { setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { RunResult, RunTask } from './run-one.ts';
import { baseline, type CompareSettings } from './settings.ts';

/** How `runAll` reports and can be stopped. */
export interface RunAllOptions {
  /** Worker threads. @defaultValue the number of cores */
  readonly workers?: number | undefined;
  readonly onResult?: (result: RunResult, finished: number, total: number) => void;
  /** Stops the runs that are not finished; those that are stay. */
  readonly signal?: AbortSignal;
}

/** The runs of a comparison, all methods of a seed together, so that what finishes early is paired. */
export function tasksOf({ methods, ...settings }: CompareSettings): RunTask[] {
  const everything = [{ id: baseline, values: {} }, ...methods];
  return Array.from({ length: settings.seeds }, (_, i) => settings.firstSeed + i).flatMap((seed) =>
    everything.map((method) => ({ settings, method, seed })),
  );
}

/** Runs every task on a pool of workers and returns what finished, in no particular order. */
export async function runAll(
  settings: CompareSettings,
  options: RunAllOptions = {},
): Promise<RunResult[]> {
  const tasks = tasksOf(settings);
  const workers = Math.min(tasks.length, options.workers ?? availableParallelism());
  const pool = new Piscina<RunTask, RunResult>({
    filename: new URL('./worker.js', import.meta.url).href,
    minThreads: workers,
    maxThreads: workers,
  });
  const results: RunResult[] = [];
  const { signal } = options;
  // Every queued run listens to the signal.
  if (signal !== undefined) setMaxListeners(0, signal);
  try {
    await Promise.all(
      tasks.map(async (task) => {
        const result = await pool.run(task, signal === undefined ? {} : { signal });
        if (signal?.aborted === true) return;
        results.push(result);
        options.onResult?.(result, results.length, tasks.length);
      }),
    );
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  } finally {
    await pool.destroy();
  }
  return results;
}

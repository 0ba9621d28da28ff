import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { startProgress } from '../compare/progress.ts';
import type { PoolTask } from './worker.ts';

/** How tasks are run. */
export interface PoolOptions {
  readonly workers: number | undefined;
  readonly quiet: boolean;
  readonly signal: AbortSignal;
}

/** Runs the tasks of a reproduction in threads; the results are in the order of the inputs. */
export async function runInPool<Input, Output>(
  name: string,
  inputs: readonly Input[],
  label: (input: Input) => string,
  { workers, quiet, signal }: PoolOptions,
): Promise<Output[]> {
  const threads = Math.max(1, Math.min(inputs.length, workers ?? availableParallelism()));
  const pool = new Piscina<PoolTask, Output>({
    // From the bundle, which lies in dist.
    filename: new URL('./reproduce/worker.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
  });
  const progress = startProgress(inputs.length, quiet, 'runs');
  let done = 0;
  try {
    return await Promise.all(
      inputs.map(async (input) => {
        const output = await pool.run({ name, input }, { signal });
        progress.update(++done, label(input));
        return output;
      }),
    );
  } finally {
    progress.stop();
    await pool.destroy();
  }
}

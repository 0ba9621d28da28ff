import { parentPort, workerData } from 'node:worker_threads';
import { agreement } from '@tikhonov/check';
import { compiledBy, type Variant } from './compiler.ts';
import { chunk, programsOf } from './tasks.ts';

/** What a thread with a broken compiler is told to do. */
export interface MutantTask {
  readonly seed: number;
  readonly runs: number;
  readonly variant: Variant;
}

/** What it finds. */
export interface MutantFinding {
  /** The number of the first program that differs, from 1; `null` if none does. */
  readonly program: number | null;
  readonly problem: string;
}

function find({ seed, runs, variant }: MutantTask): MutantFinding {
  for (let done = 0; done < runs; done += chunk) {
    const programs = programsOf(seed + done / chunk, Math.min(chunk, runs - done));
    for (const [k, program] of programs.entries()) {
      const { problem } = agreement(program.experiment(), compiledBy(variant));
      if (problem !== null) return { program: done + k + 1, problem };
    }
  }
  return { program: null, problem: '' };
}

// A thread runs this file; a test may import it.
parentPort?.postMessage(find(workerData as MutantTask));

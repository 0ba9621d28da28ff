import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import type { JudgeTask, Verdict } from './judge.ts';
import { type Mutant, mutatedSource, root } from './mutant.ts';

const patience = 120_000;

/**
 * What became of a mutant. `stale`: the source is no longer what it changes. `timeout` and `crashed`: the judge
 * did not end, or fell over, before a law or a reference case could notice; that counts as caught for a mutant
 * that expects it, and as nothing for others.
 */
export interface Fate {
  readonly mutant: Mutant;
  readonly fate: 'caught' | 'survived' | 'stale' | 'timeout' | 'crashed';
  /** Which law or reference case noticed, and what it says. */
  readonly caughtBy: string;
  readonly problem: string;
}

/** How hard the laws try, and how many threads do. */
export interface RunSettings extends Omit<JudgeTask, 'method'> {
  readonly jobs: number;
  /** Milliseconds that a mutant has: it may loop for ever. @defaultValue two minutes */
  readonly limit?: number;
  /** Called when a mutant's fate is known. */
  readonly onFate?: (fate: Fate) => void;
}

/** The judge's code with the given contents in place of a file. */
async function bundleOf(file: string | null, contents: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'packages', 'mutants', 'src', 'judge.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    conditions: ['@tikhonov/source'],
    logLevel: 'silent',
    plugins: [
      {
        name: 'mutant',
        setup: ({ onLoad }) => {
          if (file === null) return;
          onLoad({ filter: /\.ts$/ }, (args) =>
            args.path === join(root, file) ? { contents, loader: 'ts' } : undefined,
          );
        },
      },
    ],
  });
  return outputFiles[0]!.text;
}

const golden = join(root, 'packages', 'golden', 'fixtures');

/** What a thread of its own finds, or that it came to no finding. */
interface Judged extends Verdict {
  readonly end: 'judged' | 'timeout' | 'crashed';
}

const judgedBy = (code: string, task: JudgeTask, limit: number): Promise<Judged> =>
  new Promise((resolve) => {
    const env = { ...process.env, TIKHONOV_GOLDEN: golden };
    const worker = new Worker(code, { workerData: task, env });
    const done = (judged: Judged): void => {
      clearTimeout(timer);
      void worker.terminate();
      resolve(judged);
    };
    const without = (end: 'timeout' | 'crashed', problem: string): void =>
      done({ end, caughtBy: null, problem });
    const timer = setTimeout(() => without('timeout', `not done after ${limit / 1000} s`), limit);
    worker.once('message', (verdict: Verdict) => done({ end: 'judged', ...verdict }));
    worker.once('error', (error) => without('crashed', String(error)));
    worker.once('exit', (code) => without('crashed', `ended with code ${code} and no verdict`));
  });

function fateAfter(
  { expect }: Mutant,
  end: Judged['end'],
  { caughtBy, problem }: Verdict,
): Omit<Fate, 'mutant'> {
  if (end === 'judged') {
    return { fate: caughtBy === null ? 'survived' : 'caught', caughtBy: caughtBy ?? '', problem };
  }
  return { fate: expect === 'crash' ? 'caught' : end, caughtBy: problem, problem };
}

/**
 * Makes one mistake after the other and looks who notices.
 *
 * @throws Error if a law falls or a reference value is missed without any mistake
 */
export async function runMutants(
  mutants: readonly Mutant[],
  { jobs, limit = patience, onFate, ...how }: RunSettings,
): Promise<Fate[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tikhonov-mutants-'));
  const judged = async (
    at: string,
    method: string,
    file: string | null,
    source: string,
  ): Promise<Judged> => {
    const code = join(folder, `${at}.mjs`);
    await writeFile(code, await bundleOf(file, source));
    // Code without a mistake ends; how long it takes says nothing.
    return judgedBy(code, { method, ...how }, file === null ? patience : limit);
  };
  const fateOf = async (at: number, mutant: Mutant): Promise<Fate> => {
    const source = await mutatedSource(mutant);
    const stale = (problem: string): Fate => ({ mutant, fate: 'stale', caughtBy: '', problem });
    if (source === null) return stale(`${mutant.file} has changed: the mutant must, too`);
    try {
      const { end, ...found } = await judged(String(at), mutant.method, mutant.file, source);
      return { mutant, ...fateAfter(mutant, end, found) };
    } catch (error) {
      // What does not even build says nothing about the laws.
      return stale(String(error));
    }
  };
  try {
    for (const method of new Set(mutants.map((mutant) => mutant.method))) {
      const sound = await judged(method, method, null, '');
      if (sound.end === 'judged' && sound.caughtBy === null) continue;
      throw new Error(
        `${method}: ${sound.caughtBy ?? 'the judge'} fails without any mistake: ${sound.problem}\n  Mend that first.`,
      );
    }
    const fates: Fate[] = [];
    const waiting = mutants.entries();
    const thread = async (): Promise<void> => {
      for (const [at, mutant] of waiting) {
        fates[at] = await fateOf(at, mutant);
        onFate?.(fates[at]);
      }
    };
    await Promise.all(Array.from({ length: jobs }, thread));
    return fates;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

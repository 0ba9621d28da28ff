import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import type { JudgeTask, Verdict } from './judge.ts';
import { type Mutant, mutatedSource, root } from './mutant.ts';

/** A mutant may loop for ever; that is noticed, too. */
const limit = 120_000;

/** What became of a mutant: `stale` if the source is no longer what it changes. */
export interface Fate {
  readonly mutant: Mutant;
  readonly fate: 'caught' | 'survived' | 'stale';
  /** Which law or reference case noticed, and what it says. */
  readonly caughtBy: string;
  readonly problem: string;
}

/** How hard the laws try, and how many threads do. */
export interface RunSettings extends Omit<JudgeTask, 'method'> {
  readonly jobs: number;
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

/** What a thread of its own finds; running for ever or falling over is a finding. */
const verdictOf = (code: string, task: JudgeTask): Promise<Verdict> =>
  new Promise((resolve) => {
    const env = { ...process.env, TIKHONOV_GOLDEN: golden };
    const worker = new Worker(code, { workerData: task, env });
    const done = (verdict: Verdict): void => {
      clearTimeout(timer);
      void worker.terminate();
      resolve(verdict);
    };
    const timer = setTimeout(
      () => done({ caughtBy: 'the clock', problem: `not done after ${limit / 1000} s` }),
      limit,
    );
    worker.once('message', done);
    worker.once('error', (error) => done({ caughtBy: 'an error', problem: String(error) }));
  });

/**
 * Makes one mistake after the other and looks who notices.
 *
 * @throws Error if a law falls or a reference value is missed without any mistake
 */
export async function runMutants(
  mutants: readonly Mutant[],
  { jobs, onFate, ...how }: RunSettings,
): Promise<Fate[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tikhonov-mutants-'));
  const judged = async (
    at: string,
    method: string,
    file: string | null,
    source: string,
  ): Promise<Verdict> => {
    const code = join(folder, `${at}.mjs`);
    await writeFile(code, await bundleOf(file, source));
    return verdictOf(code, { method, ...how });
  };
  const fateOf = async (at: number, mutant: Mutant): Promise<Fate> => {
    const source = await mutatedSource(mutant);
    const stale = (problem: string): Fate => ({ mutant, fate: 'stale', caughtBy: '', problem });
    if (source === null) return stale(`${mutant.file} has changed: the mutant must, too`);
    try {
      const { caughtBy, problem } = await judged(String(at), mutant.method, mutant.file, source);
      const fate = caughtBy === null ? 'survived' : 'caught';
      return { mutant, fate, caughtBy: caughtBy ?? '', problem };
    } catch (error) {
      // What does not even build says nothing about the laws.
      return stale(String(error));
    }
  };
  try {
    for (const method of new Set(mutants.map((mutant) => mutant.method))) {
      const sound = await judged(method, method, null, '');
      if (sound.caughtBy === null) continue;
      throw new Error(
        `${method}: ${sound.caughtBy} fails without any mistake: ${sound.problem}\n  Mend that first.`,
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

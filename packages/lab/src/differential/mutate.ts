import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import Table from 'cli-table3';
import { UsageError } from '../usage-error.ts';
import type { Variant } from './compiler.ts';
import type { MutantFinding, MutantTask } from './mutant.ts';
import type { Mutation } from './mutations.ts';

/** A program of a broken compiler that runs so long runs for ever. */
const limit = 120_000;

/** What became of a mutation. */
export interface MutationOutcome {
  readonly name: string;
  /** `stale` if the source is no longer what the mutation changes. */
  readonly fate: 'caught' | 'survived' | 'stale';
  /** By which program, from 1. */
  readonly program: number | null;
  readonly problem: string;
}

/** Which programs are run, and by how many threads at a time. */
export interface MutationSettings extends Omit<MutantTask, 'variant'> {
  readonly jobs: number;
  readonly variants: readonly Variant[];
}

// From src/differential as from dist/differential.
const packages = fileURLToPath(new URL('../../../', import.meta.url));
const compilerSource = join(packages, 'compile', 'src');

/** The changed source; `null` unless what is to be changed is there exactly once. */
export function changed(source: string, { find, replace }: Mutation): string | null {
  const at = source.indexOf(find);
  if (at < 0 || source.indexOf(find, at + 1) >= 0) return null;
  return source.slice(0, at) + replace + source.slice(at + find.length);
}

/** The changed source of a mutation's file. */
export const mutated = async (mutation: Mutation): Promise<string | null> => {
  const file = join(compilerSource, ...mutation.file.split('/'));
  return changed(await readFile(file, 'utf8').catch(() => ''), mutation);
};

/** The code of a thread with the given source in place of a file of the compiler's. */
async function bundleOf(file: string | null, contents: string): Promise<string> {
  // biome-ignore lint/correctness/noUndeclaredDependencies: only here, and only where the sources are
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [join(packages, 'lab', 'src', 'differential', 'mutant.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    conditions: ['@tikhonov/source'],
    logLevel: 'error',
    plugins: [
      {
        name: 'mutation',
        setup: ({ onLoad }) => {
          if (file === null) return;
          const path = join(compilerSource, ...file.split('/'));
          onLoad({ filter: /\.ts$/ }, (args) =>
            args.path === path ? { contents, loader: 'ts' } : undefined,
          );
        },
      },
    ],
  });
  return outputFiles[0]!.text;
}

/** What a thread of its own finds; running for ever or falling over is a finding, too. */
const findingOf = (file: string, task: MutantTask): Promise<MutantFinding> =>
  new Promise((resolve) => {
    const worker = new Worker(file, { workerData: task });
    const done = (finding: MutantFinding): void => {
      clearTimeout(timer);
      void worker.terminate();
      resolve(finding);
    };
    const timer = setTimeout(
      () => done({ program: NaN, problem: `it did not end within ${limit / 1000} s` }),
      limit,
    );
    worker.once('message', done);
    worker.once('error', (error) => done({ program: NaN, problem: `it ended with ${error}` }));
  });

/**
 * Breaks the compiler in one place after the other and has programs look for it.
 *
 * @throws UsageError if a program differs already without a mutation
 */
export async function mutate(
  chosen: readonly Mutation[],
  { seed, runs, jobs, variants }: MutationSettings,
): Promise<MutationOutcome[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tikhonov-mutations-'));
  const task: MutantTask = { seed, runs, variant: variants[0]! };
  const run = async (at: number, file: string | null, source: string): Promise<MutantFinding> => {
    const bundle = join(folder, `mutant-${at}.mjs`);
    await writeFile(bundle, await bundleOf(file, source));
    return findingOf(bundle, task);
  };
  try {
    const sound = await run(-1, null, '');
    if (sound.program !== null) {
      throw new UsageError(`program ${sound.program} differs without a mutation: ${sound.problem}`);
    }
    const outcomes: MutationOutcome[] = [];
    const waiting = chosen.entries();
    const thread = async (): Promise<void> => {
      for (const [at, mutation] of waiting) {
        const { name, file } = mutation;
        const source = await mutated(mutation);
        if (source === null) {
          const problem = `packages/compile/src/${file} has changed: the mutation must, too`;
          outcomes[at] = { name, fate: 'stale', program: null, problem };
          continue;
        }
        outcomes[at] = await run(at, file, source).then(
          ({ program, problem }) => ({
            name,
            fate: program === null ? ('survived' as const) : ('caught' as const),
            program,
            problem,
          }),
          // What does not even build says nothing about the programs.
          (error) => ({ name, fate: 'stale' as const, program: null, problem: String(error) }),
        );
        process.stderr.write(`${outcomes[at].fate}: ${name}\n`);
      }
    };
    await Promise.all(Array.from({ length: jobs }, thread));
    return outcomes;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Every mutation with its fate. */
export function mutationTable(outcomes: readonly MutationOutcome[]): string {
  const table = new Table({
    head: ['mutation', 'fate', 'program', 'what was wrong'],
    colAligns: ['left', 'left', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const { name, fate, program, problem } of outcomes) {
    const [line = ''] = problem.split('\n');
    const text = line.length > 90 ? `${line.slice(0, 89)}…` : line;
    table.push([name, fate, program === null || Number.isNaN(program) ? '' : program, text]);
  }
  return table.toString();
}

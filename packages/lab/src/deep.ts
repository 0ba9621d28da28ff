import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { startProgress } from './compare/progress.ts';
import { deepSummary, deepTable } from './deep/report.ts';
import { type DeepResult, type DeepTask, deepLaws } from './deep/tasks.ts';
import { parseNumber } from './flags.ts';
import { onlyHelp, selectLaws } from './laws/select.ts';
import { deepRuns } from './operations/table.ts';
import { runScript } from './script.ts';

const usage = `Tries to falsify the laws of every operation, all at the full number of cases, on all processors.

  npm run check:deep -- [--runs ${deepRuns}] [--seed 0] [--only text] [--list]

--only: ${onlyHelp}.
--list: prints the ids and runs nothing.`;

interface Options {
  readonly runs?: string | undefined;
  readonly seed?: string | undefined;
  readonly only?: string | undefined;
  readonly list?: boolean | undefined;
}

async function main(values: Options): Promise<void> {
  const runs = parseNumber('runs', values.runs ?? String(deepRuns), { integer: true, min: 1 });
  const seed = parseNumber('seed', values.seed ?? '0', { integer: true, min: 0, max: 2 ** 31 - 1 });
  const ids = selectLaws(deepLaws(), values.only ?? '').map(({ id }) => id);
  if (values.list === true) {
    process.stdout.write(`${ids.join('\n')}\n`);
    return;
  }
  const threads = availableParallelism();
  const pool = new Piscina<DeepTask, DeepResult>({
    filename: new URL('./deep-worker.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
  });
  const progress = startProgress(ids.length, false, 'laws');
  let done = 0;
  try {
    const results = await Promise.all(
      ids.map(async (id) => {
        const result = await pool.run({ id, runs, seed });
        done += 1;
        progress.update(done, id);
        return result;
      }),
    );
    progress.stop();
    process.stdout.write(`${deepTable(results)}\n${deepSummary(results, seed)}\n`);
    if (results.some(({ holds }) => !holds)) process.exitCode = 1;
  } finally {
    await pool.destroy();
  }
}

const options = {
  runs: { type: 'string' },
  seed: { type: 'string' },
  only: { type: 'string' },
  list: { type: 'boolean' },
} as const;

await runScript('check:deep', usage, options, main);

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { loadMutants } from './mutant.ts';
import { type Fate, runMutants } from './run.ts';

const usage = `Makes deliberate mistakes in the catalogue and looks whether its laws and reference values notice.

  npm run check:mutants -- [--only text] [--runs 100] [--seed 0] [--jobs n]

--only keeps the mutants whose method or name contains the text. Exit status 1 unless all are caught.`;

function fail(message: string): never {
  process.stderr.write(`check:mutants: ${message}\n`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string', default: '' },
        runs: { type: 'string', default: '100' },
        seed: { type: 'string', default: '0' },
        jobs: { type: 'string', default: String(availableParallelism()) },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
}

const values = readOptions();
if (values.help) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}

const count = (name: 'runs' | 'seed' | 'jobs', least: number): number => {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= least) return value;
  return fail(`--${name} must be an integer >= ${least}, got '${values[name]}'.`);
};

const mutants = (await loadMutants()).filter(({ method, name }) =>
  `${method} ${name}`.includes(values.only),
);
if (mutants.length === 0) fail(`no mutant contains "${values.only}".`);

const fates = await runMutants(mutants, {
  runs: count('runs', 1),
  seed: count('seed', 0),
  jobs: count('jobs', 1),
  onFate: ({ fate, mutant }) => process.stderr.write(`${fate}: ${mutant.method}, ${mutant.name}\n`),
}).catch((error: Error) => fail(error.message));

const table = new Table({
  head: ['method', 'mistake', 'fate', 'noticed by'],
  style: { head: [], border: [], compact: true },
});
for (const { mutant, fate, caughtBy, problem } of fates) {
  table.push([mutant.method, mutant.name, fate, fate === 'stale' ? problem : caughtBy]);
}
const outcomes = ['caught', 'survived', 'stale', 'timeout', 'crashed'] as const;
const number = (fate: Fate['fate']): number => fates.filter((one) => one.fate === fate).length;
process.stdout.write(
  `${table.toString()}\n${outcomes.map((one) => `${number(one)} ${one}`).join(', ')}\n`,
);
process.exitCode = number('caught') === fates.length ? 0 : 1;

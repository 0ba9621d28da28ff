import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { allLowerings, compile } from '@tikhonov/compile';
import { type GoldenName, hasGolden, precisions } from './golden-file.ts';
import { runObjective } from './objective/objective.ts';
import { runOps } from './ops/ops.ts';
import type { Outcome } from './outcome.ts';
import { runStructure } from './structure/structure.ts';
import type { Through } from './through.ts';

type Runner = (
  float: (typeof precisions)[number][0],
  tolerance: number,
  only: string,
  through: Through,
) => Outcome[];

/** The files that run here, by the name that `--file` takes. */
const files: Readonly<Record<string, readonly [GoldenName, Runner]>> = {
  ops: ['ops.json', runOps],
  objective: ['objective.json', runObjective],
  structure: ['structure.json', runStructure],
};

const usage = `Compares the library with reference values.

  npm run golden -- [--file ops|objective|structure] [--only text] [--dtype float64|float32] [--compiled]

--only keeps the cases whose operation, method, variant or id contains the text.
--compiled runs every operation, method and derivative as a compiled function, nothing of it by eager
  kernels; only decisions, such as when to stop, are no functions of tensors.

Methods that the library does not have are named as unsupported. The status is 0 only if nothing
mismatches and nothing is unsupported.

TIKHONOV_GOLDEN names a folder with other files of the same schema; files it lacks are skipped.`;

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        file: { type: 'string' },
        only: { type: 'string', default: '' },
        dtype: { type: 'string' },
        compiled: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    return fail(`golden: ${(error as Error).message}`);
  }
}
const values = readOptions();

if (values.help) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}
const name = values.file?.replace(/\.json$/, '');
if (name !== undefined && !Object.hasOwn(files, name)) {
  fail(`golden: no file '${values.file}'. Known: ${Object.keys(files).join(', ')}.`);
}
const dtypes = precisions.filter(([dtype]) => values.dtype === undefined || dtype === values.dtype);
if (dtypes.length === 0) fail(`golden: --dtype must be float64 or float32, got '${values.dtype}'.`);

const folder = process.env.TIKHONOV_GOLDEN;
if (folder && !existsSync(folder)) fail(`golden: TIKHONOV_GOLDEN names no folder: '${folder}'.`);

const through: Through = values.compiled
  ? (f) => compile(f, { lowerings: allLowerings })
  : (f) => f;

/** The unsupported operations and methods, one line each. */
function describeUnsupported(outcomes: readonly Outcome[], dtype: string): string[] {
  const unsupported = outcomes.filter(({ status }) => status === 'unsupported');
  return [...new Set(unsupported.map(({ op }) => op))].map((op) => {
    const cases = unsupported.filter((one) => one.op === op);
    const why = [...new Set(cases.flatMap(({ problems }) => problems))].join('; ');
    return `  unsupported ${op} (${dtype}, ${cases.length} case${cases.length === 1 ? '' : 's'}): ${why}`;
  });
}

const count = (outcomes: readonly Outcome[], status: Outcome['status']): number =>
  outcomes.filter((one) => one.status === status).length;

let [passed, failed, unsupported, seen] = [0, 0, 0, 0];
for (const [key, [file, run]] of Object.entries(files)) {
  if (name !== undefined && key !== name) continue;
  if (!hasGolden(file)) {
    process.stdout.write(`${file}: not in the folder, skipped\n`);
    continue;
  }
  seen += 1;
  for (const [dtype, tolerance] of dtypes) {
    const outcomes = run(dtype, tolerance, values.only, through);
    if (outcomes.length === 0 && values.only !== '') continue;
    for (const { id, status, problems } of outcomes) {
      if (status !== 'mismatch') continue;
      process.stdout.write(`  ${status} ${id} (${dtype})\n`);
      for (const problem of problems) process.stdout.write(`    ${problem}\n`);
    }
    for (const line of describeUnsupported(outcomes, dtype)) process.stdout.write(`${line}\n`);
    const [wrong, missing] = [count(outcomes, 'mismatch'), count(outcomes, 'unsupported')];
    process.stdout.write(
      `${file} ${dtype}: ${outcomes.length} cases, ${wrong} mismatches, ${missing} unsupported\n`,
    );
    passed += count(outcomes, 'passed');
    failed += wrong;
    unsupported += missing;
  }
}
if (seen > 0 && passed + failed + unsupported === 0) {
  fail(`golden: no case contains "${values.only}".`);
}
const rest = unsupported === 0 ? '' : `, ${unsupported} unsupported`;
process.stdout.write(`${passed} passed, ${failed} failed${rest}\n`);
process.exitCode = failed + unsupported === 0 ? 0 : 1;

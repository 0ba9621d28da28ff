import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { allLowerings, compile } from '@tikhonov/compile';
import { type GoldenName, hasGolden, precisions } from './golden-file.ts';
import { runOps, type Through } from './ops/ops.ts';
import type { Outcome } from './outcome.ts';

type Runner = (
  float: (typeof precisions)[number][0],
  tolerance: number,
  only: string,
  through: Through,
) => Outcome[];

/** The files that run here, by the name that `--file` takes. */
const files: Readonly<Record<string, readonly [GoldenName, Runner]>> = {
  ops: ['ops.json', runOps],
};

const usage = `Compares the library with reference values.

  npm run golden -- [--file ops] [--only text] [--dtype float64|float32] [--compiled]

--compiled runs every operation and derivative as a compiled function, nothing of it by eager kernels.

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

let [passed, failed, seen] = [0, 0, 0];
for (const [key, [file, run]] of Object.entries(files)) {
  if (name !== undefined && key !== name) continue;
  if (!hasGolden(file)) {
    process.stdout.write(`${file}: not in the folder, skipped\n`);
    continue;
  }
  seen += 1;
  for (const [dtype, tolerance] of dtypes) {
    const outcomes = run(dtype, tolerance, values.only, through);
    const bad = outcomes.filter(({ status }) => status !== 'passed');
    for (const { id, status, problems } of bad) {
      process.stdout.write(`  ${status} ${id} (${dtype})\n`);
      for (const problem of problems) process.stdout.write(`    ${problem}\n`);
    }
    const missing = bad.filter(({ status }) => status === 'unsupported').length;
    process.stdout.write(
      `${file} ${dtype}: ${outcomes.length} cases, ${bad.length - missing} mismatches, ${missing} unsupported\n`,
    );
    passed += outcomes.length - bad.length;
    failed += bad.length;
  }
}
if (seen > 0 && passed + failed === 0) fail(`golden: no case contains "${values.only}".`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

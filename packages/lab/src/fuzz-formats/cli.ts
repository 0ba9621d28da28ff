import { startProgress } from '../compare/progress.ts';
import { parseNames, parseNumber } from '../flags.ts';
import { runScript } from '../script.ts';
import { formats } from './formats.ts';
import { fuzzFormat } from './fuzz.ts';

const names = formats.map(({ name }) => name);

const usage = `Changes valid files at random and reads them: every one must be read, or refused by a FormatError, in
little time, with memory in proportion to the file, and without a trace on the prototypes.

  npm run fuzz:formats -- [--runs 1000000] [--seed 0] [--formats ${names.join(',')}]

--runs: files of all formats together. --formats: those to fuzz, by commas.`;

/** Files between two reports. */
const stretch = 2000;

const options = {
  runs: { type: 'string' },
  seed: { type: 'string' },
  formats: { type: 'string' },
} as const;

await runScript('fuzz:formats', usage, options, async (values) => {
  const chosen = parseNames('formats', values.formats ?? names.join(','), names);
  const runs = parseNumber('runs', values.runs ?? '1000000', { integer: true, min: 1 });
  const seed = parseNumber('seed', values.seed ?? '0', { integer: true, min: 0, max: 2 ** 30 });
  const each = Math.ceil(runs / chosen.length);
  const progress = startProgress(each * chosen.length, false, 'files');
  let done = 0;
  const lines: string[] = [];
  const failures: string[] = [];
  for (const format of formats.filter(({ name }) => chosen.includes(name))) {
    let [accepted, refused, memory, slowest] = [0, 0, 0, 0];
    let isFailing = false;
    for (let from = 0; from < each && !isFailing; from += stretch) {
      const to = Math.min(each, from + stretch);
      // Told beforehand: of a file that hangs, this says where to look.
      progress.update(done, `${format.name} ${from}`);
      const report = await fuzzFormat(format, { seed, from, to });
      accepted += report.accepted;
      refused += report.refused;
      memory = Math.max(memory, report.memory);
      slowest = Math.max(slowest, report.slowest);
      failures.push(...report.failures);
      isFailing = report.failures.length > 0;
      done += to - from;
    }
    lines.push(
      `${format.name.padEnd(12)} ${accepted} read, ${refused} refused, at most ${slowest.toFixed(0)} ms and ${(100 * memory).toFixed(0)} % of the memory allowed`,
    );
  }
  progress.stop();
  process.stdout.write(`${[...lines, ...failures].join('\n')}\n`);
  if (failures.length > 0) process.exitCode = 1;
});

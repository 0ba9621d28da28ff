import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseNumber } from '../flags.ts';
import { runScript } from '../script.ts';
import { UsageError } from '../usage-error.ts';
import { knownMethod, measureMethods, readjusted } from './results.ts';
import { allPages, loadResults, pagesFolder } from './write.ts';

const usage = `Writes a page for every method, docs/methods/*.md, from the catalogue and what was measured last.

  npm run docs:methods -- [--measure] [--only a,b] [--runs 1000] [--seeds 5] [--epochs 120]

--measure tries the laws and compares the methods on digits anew, which takes minutes; --only does so for
some methods and keeps what is known of the others.`;

const options = {
  measure: { type: 'boolean', default: false },
  only: { type: 'string' },
  runs: { type: 'string', default: '1000' },
  seeds: { type: 'string', default: '5' },
  epochs: { type: 'string', default: '120' },
} as const;

await runScript('docs:methods', usage, options, async (values) => {
  const before = await loadResults();
  if (!values.measure && before === null) {
    throw new UsageError('nothing was measured yet: add --measure');
  }
  const count = (name: 'runs' | 'seeds' | 'epochs'): number =>
    parseNumber(name, values[name], { integer: true, min: 1 });
  const found = values.measure
    ? await measureMethods({
        runs: count('runs'),
        seeds: count('seeds'),
        epochs: count('epochs'),
        only: values.only === undefined ? null : values.only.split(',').map(knownMethod),
        before,
      })
    : before!;
  const results = readjusted(found);
  const fallen = results.laws.filter(({ holds }) => !holds).map(({ id }) => id);
  if (fallen.length > 0) {
    throw new UsageError(`nothing is written, since laws fall: ${fallen.join(', ')}`);
  }
  await mkdir(join(pagesFolder, 'figures'), { recursive: true });
  await writeFile(join(pagesFolder, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
  const pages = await allPages(results);
  for (const [name, text] of Object.entries(pages)) await writeFile(join(pagesFolder, name), text);
  await removeOthers(Object.keys(pages));
  process.stdout.write(`${Object.keys(pages).length} files in docs/methods are up to date\n`);
});

/** Pages of methods that are gone. */
async function removeOthers(names: readonly string[]): Promise<void> {
  for (const entry of await readdir(pagesFolder, { recursive: true })) {
    const isPage = /\.(md|svg)$/.test(entry);
    if (isPage && !names.includes(entry.replaceAll('\\', '/'))) await rm(join(pagesFolder, entry));
  }
}

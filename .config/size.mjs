// The size of what a user's page loads: bundles each package and the committed entries as a bundler would,
// minified, and compares the entries with their budgets. Sizes are of the built packages, as published; what
// they are made of is read off a bundle of the sources. Prints JSON. A budget above its entry's `aim` is as
// low as it is by now.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import esbuild from 'esbuild';

const usage = `Bundles each package and the committed entries, and prints their sizes as JSON. Fails when an entry is
over its budget in .config/size-budget.json. It takes no options.

  npm run size`;

try {
  if (parseArgs({ options: { help: { type: 'boolean', short: 'h' } } }).values.help) {
    console.log(usage);
    process.exit(0);
  }
} catch (error) {
  console.error(`size: ${error.message}`);
  process.exit(2);
}

const root = fileURLToPath(new URL('../', import.meta.url));
const packagesDir = join(root, 'packages');
const budgetFile = join(root, '.config/size-budget.json');
const budget = JSON.parse(readFileSync(budgetFile, 'utf8'));

const fromSource = ['@tikhonov/source'];

/** One minified ES module; `external` leaves other packages out. */
async function bundle(entry, { conditions = [], external = [] }) {
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    conditions,
    external,
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  const { contents, text } = outputFiles[0];
  return { bytes: contents.length, gzip: gzipSync(contents, { level: 9 }).length, text, metafile };
}

const manifestOf = (dir) =>
  JSON.parse(readFileSync(join(packagesDir, dir, 'package.json'), 'utf8'));

async function packageSizes() {
  const sizes = {};
  for (const dir of readdirSync(packagesDir).sort()) {
    if (!existsSync(join(packagesDir, dir, 'package.json'))) continue;
    const manifest = manifestOf(dir);
    const main = manifest.exports['.']?.default;
    const nodeOnly = manifest.bin !== undefined;
    if (manifest.private || nodeOnly || main === undefined) continue;
    // Its own code: what it imports is counted where it lives.
    const others = [...Object.keys(manifest.dependencies ?? {}), 'node:*'];
    const { bytes, gzip } = await bundle(join(packagesDir, dir, main), { external: others });
    sizes[manifest.name] = { bytes, gzip };
  }
  return sizes;
}

/** Source files whose code survived in the bundle, with the bytes that each contributes, largest first. */
function contributions(metafile) {
  const [output] = Object.values(metafile.outputs);
  return Object.entries(output.inputs)
    .map(([file, { bytesInOutput }]) => [
      relative(packagesDir, join(root, file)).split('\\').join('/'),
      bytesInOutput,
    ])
    .filter(([, bytes]) => bytes > 0)
    .sort((a, b) => b[1] - a[1]);
}

const problems = [];

/** The size of an entry and its largest files; adds what is wrong with it to the problems. */
async function entryReport({ file: name, gzip: limit, aim, absent, absentFiles = [] }) {
  const file = join(root, name);
  const { bytes, gzip, text } = await bundle(file, {});
  const { metafile } = await bundle(file, { conditions: fromSource });
  const files = contributions(metafile);
  if (gzip > limit) {
    problems.push(`${name} is ${gzip} bytes minified and gzipped, the budget is ${limit}`);
  }
  // Neither their files nor their primitives' names may be there; of some only the files.
  const words = [...absent, ...absentFiles];
  for (const [source, size] of files) {
    if (words.some((word) => source.includes(word))) {
      problems.push(`${source} (${size} bytes) is in the bundle of ${name}, which does not use it`);
    }
  }
  for (const word of absent) {
    const named = new RegExp(`["'\`]${word}`, 'i').test(text);
    if (named) problems.push(`the bundle of ${name} names "${word}", which it does not use`);
  }
  // What only the checks know of a primitive stands beside it and must stay behind.
  for (const property of budget.absentProperties) {
    if (new RegExp(`[{,]${property}[:(,}]`).test(text)) {
      problems.push(`the bundle of ${name} has a property "${property}", which only checks read`);
    }
  }
  const largest = Object.fromEntries(files.slice(0, 12));
  return { file: name, bytes, gzip, budget: limit, ...(aim === undefined ? {} : { aim }), largest };
}

const entries = [];
for (const entry of budget.entries) entries.push(await entryReport(entry));
const report = {
  entries,
  packages: await packageSizes(),
  problems,
};
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
if (problems.length > 0) process.exitCode = 1;

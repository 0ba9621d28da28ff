// The size of what a user's page loads: bundles each package and the committed entry as a bundler would,
// minified, and compares the entry with the budget. Sizes are of the built packages, as published; what
// they are made of is read off a bundle of the sources. Prints JSON.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import esbuild from 'esbuild';

const usage = `Bundles each package and the committed entry, and prints their sizes as JSON. Fails when the entry is
over the budget in .config/size-budget.json. It takes no options.

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

const entryFile = join(root, budget.entry);
const entry = await bundle(entryFile, {});
const sources = await bundle(entryFile, { conditions: fromSource });
const files = contributions(sources.metafile);
const problems = [];
if (entry.gzip > budget.gzip) {
  problems.push(
    `${budget.entry} is ${entry.gzip} bytes minified and gzipped, the budget is ${budget.gzip}`,
  );
}
// Neither their files nor their primitives' names may be there.
for (const [file, bytes] of files) {
  if (budget.absent.some((word) => file.includes(word))) {
    problems.push(`${file} (${bytes} bytes) is in the entry's bundle, which does not use it`);
  }
}
for (const word of budget.absent) {
  const named = new RegExp(`["'\`]${word}`, 'i').test(entry.text);
  if (named) problems.push(`the entry's bundle names "${word}", which it does not use`);
}

// What only the checks know of a primitive stands beside it and must stay behind.
for (const property of budget.absentProperties) {
  if (new RegExp(`[{,]${property}[:(,}]`).test(entry.text)) {
    problems.push(`the entry's bundle has a property "${property}", which only checks read`);
  }
}

const { bytes, gzip } = entry;
const report = {
  entry: { file: relative(root, entryFile), bytes, gzip, budget: budget.gzip },
  packages: await packageSizes(),
  largest: Object.fromEntries(files.slice(0, 12)),
  problems,
};
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
if (problems.length > 0) process.exitCode = 1;

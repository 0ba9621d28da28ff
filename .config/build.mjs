// Builds every package's own source into its dist/ twice: bundled, one ES module per public entry, which
// Node loads fast; and module by module in dist/modules, for bundlers, which drop whole files more surely
// than statements. Types are `tsc -b`'s job. Only files whose content changed are written, each by a rename, so a running
// process never reads a half-written module and two builds may overlap.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import esbuild from 'esbuild';

const packagesDir = fileURLToPath(new URL('../packages/', import.meta.url));

/** Entries that are not public exports, and the platform when it is not neutral. */
const special = {
  bench: {
    platform: 'node',
    entries: [
      'src/cli.ts',
      'src/child.ts',
      'src/memory-child.ts',
      'src/cold-child.ts',
      'src/overhead-child.ts',
    ],
  },
  examples: { platform: 'node', entries: ['src/mnist/cli.ts'] },
  golden: { platform: 'node', entries: ['src/cli.ts'] },
  mutants: { platform: 'node', entries: ['src/cli.ts'] },
  lab: {
    platform: 'node',
    entries: [
      ...['src/cli.ts', 'src/worker.ts', 'src/reproduce/worker.ts'],
      ...['src/deep.ts', 'src/deep-worker.ts', 'src/operations/cli.ts', 'src/method-pages/cli.ts'],
      ...['src/differential/cli.ts', 'src/differential/worker.ts'],
      ...['src/fuzz-formats/cli.ts', 'src/resume/cli.ts', 'src/resume/child.ts'],
    ],
  },
};

const read = (file) => readFile(file, 'utf8').catch(() => undefined);

async function filesUnder(dir) {
  const found = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  return found.filter((e) => e.isFile()).map((e) => join(e.parentPath ?? e.path, e.name));
}

function entriesOf(name, manifest) {
  const sources = Object.values(manifest.exports).map((target) => target['@tikhonov/source']);
  return [...sources.filter(Boolean), ...(special[name]?.entries ?? [])];
}

async function writeIfChanged(file, text) {
  if ((await read(file)) === text) return;
  await mkdir(dirname(file), { recursive: true });
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}`);
  await writeFile(temporary, text);
  await rename(temporary, file);
}

/** Old chunks, and declarations whose source is gone: both would be packed. */
async function removeStale(dir, outputs) {
  const sources = new Set(await filesUnder(join(dir, 'src')));
  for (const file of await filesUnder(join(dir, 'dist'))) {
    const inner = relative(join(dir, 'dist'), file);
    const declared = /^(.*)\.d\.ts(\.map)?$/.exec(inner);
    const stale = declared
      ? !sources.has(join(dir, 'src', `${declared[1]}.ts`))
      : /\.js(\.map)?$/.test(inner) && !outputs.has(file);
    if (stale) await rm(file, { force: true });
  }
}

/** Every source file as a module of its own; packages that run under Node only have no use for them. */
async function buildModules(name, dir, sources) {
  if (special[name]?.platform === 'node') return [];
  const files = [...sources].filter((file) => /(?<!\.d)\.ts$/.test(file));
  const building = files.map(async (file) => {
    const { code } = await esbuild.transform(await readFile(file, 'utf8'), {
      loader: 'ts',
      format: 'esm',
      target: 'es2022',
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
      sourcefile: file,
    });
    const inner = relative(join(dir, 'src'), file).replace(/\.ts$/, '.js');
    const text = code.replace(/(\b(?:from|import)[\s(]*["']\.[^"'\n]*)\.ts(["'])/g, '$1.js$2');
    return { path: join(dir, 'dist/modules', inner), text };
  });
  return Promise.all(building);
}

async function buildPackage(name) {
  const dir = join(packagesDir, name);
  const text = await read(join(dir, 'package.json'));
  if (text === undefined) return;
  const sources = new Set(await filesUnder(join(dir, 'src')));
  const entries = entriesOf(name, JSON.parse(text)).map((entry) => join(dir, entry));
  for (const entry of entries.filter((e) => !sources.has(e))) {
    process.stderr.write(`build: ${relative(packagesDir, entry)} does not exist yet, skipped\n`);
  }
  const { outputFiles } = await esbuild.build({
    absWorkingDir: dir,
    entryPoints: entries.filter((entry) => sources.has(entry)),
    outdir: 'dist',
    outbase: 'src',
    bundle: true,
    packages: 'external',
    splitting: true,
    format: 'esm',
    target: 'es2022',
    platform: special[name]?.platform ?? 'neutral',
    sourcemap: true,
    sourcesContent: false,
    chunkNames: 'chunk-[hash]',
    logLevel: 'warning',
    // A bare import that `sideEffects` lets esbuild drop is a mistake in package.json.
    logOverride: { 'ignored-bare-import': 'error' },
    write: false,
  });
  // Chunks before entries: an entry never names a chunk that is not there yet.
  const modules = await buildModules(name, dir, sources);
  outputFiles.sort(
    (a, b) => basename(b.path).startsWith('chunk-') - basename(a.path).startsWith('chunk-'),
  );
  const outputs = [...modules, ...outputFiles];
  for (const file of outputs) await writeIfChanged(file.path, file.text);
  await removeStale(dir, new Set(outputs.map((file) => file.path)));
}

/** Bundles all packages; rejects with esbuild's error, already printed. */
export async function build() {
  await Promise.all((await readdir(packagesDir)).map(buildPackage));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await build().catch((error) => {
    if (!error.errors) console.error(error);
    process.exitCode = 1;
  });
}

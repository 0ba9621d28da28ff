// Checks what users get: packs every public package, lints the tarballs, installs them all into an
// empty project, and there runs and type-checks the README's first example.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import esbuild from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = fileURLToPath(new URL('../', import.meta.url));
const exec = promisify(execFile);
const problems = [];

/** Runs a command; a failure becomes a problem with its output. */
async function run(what, command, args, cwd) {
  const started = performance.now();
  try {
    const { stdout } = await exec(command, args, { cwd, maxBuffer: 2 ** 26 });
    console.log(`ok    ${what} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    return stdout;
  } catch (error) {
    const output = [error.stdout, error.stderr].filter(Boolean).join('\n').trim();
    console.log(`FAIL  ${what}`);
    problems.push(`${what}\n${(output || error.message).replace(/^/gm, '  ')}`);
    return undefined;
  }
}

async function publicPackages() {
  const names = await readdir(join(root, 'packages'));
  const found = names.map(async (dir) => {
    const file = join(root, 'packages', dir, 'package.json');
    return existsSync(file) ? { dir, manifest: JSON.parse(await readFile(file, 'utf8')) } : [];
  });
  return (await Promise.all(found)).flat().filter((p) => !p.manifest.private);
}

async function pack(packages, destination) {
  const workspaces = packages.map((p) => `--workspace=${p.manifest.name}`);
  const args = ['pack', '--json', '--ignore-scripts', `--pack-destination=${destination}`];
  const output = await run('npm pack', 'npm', [...args, ...workspaces], root);
  if (output === undefined) return [];
  const packed = Object.values(JSON.parse(output));
  return packages.map((p) => {
    const { filename, size } = packed.find((entry) => entry.name === p.manifest.name);
    return { ...p, size, tarball: join(destination, filename) };
  });
}

async function lint({ manifest, tarball }) {
  const bytes = await readFile(tarball);
  const { messages } = await publint({ pack: { tarball: new Uint8Array(bytes).buffer } });
  const serious = messages.filter((message) => message.type !== 'suggestion');
  for (const message of serious) {
    problems.push(`publint ${manifest.name}\n  ${formatMessage(message, manifest)}`);
  }
  console.log(`${serious.length > 0 ? 'FAIL ' : 'ok   '} publint ${manifest.name}`);
  const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
  const args = [attw, tarball, '--profile=esm-only', '--format=ascii', '--no-emoji', '--no-color'];
  await run(`attw ${manifest.name}`, process.execPath, args, root);
}

/** The README's first ts fence. */
async function readExample() {
  const readme = await readFile(join(root, 'README.md'), 'utf8').catch(() => undefined);
  if (readme === undefined) {
    console.log('note  no README.md yet: the example is one bare import');
    return "import * as tikhonov from 'tikhonov';\n\nconsole.log(typeof tikhonov);\n";
  }
  const fence = /^```ts\b[^\n]*\n([\s\S]*?)^```/m.exec(readme);
  if (!fence) problems.push('README.md\n  has no ```ts example to run');
  return fence?.[1] ?? '';
}

/** An import of every public entry of the libraries, so that no d.ts goes unchecked. */
function everyEntry(packages) {
  return packages
    .flatMap(({ manifest }) =>
      Object.keys(manifest.exports)
        .filter((key) => key !== './package.json')
        .map((key) => manifest.name + key.slice(1)),
    )
    .map((specifier, i) => `import * as entry${i} from '${specifier}';\nvoid entry${i};\n`)
    .join('');
}

async function createProject(dir, packed) {
  const example = await readExample();
  const manifest = {
    private: true,
    dependencies: Object.fromEntries(packed.map((p) => [p.manifest.name, `file:${p.tarball}`])),
  };
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2023', 'dom'],
    module: 'nodenext',
    strict: true,
    types: [],
    noEmit: true,
  };
  const esm = await esbuild.transform(example, { loader: 'ts', format: 'esm' });
  // A CommonJS module cannot await at its top level: the body moves into a function.
  const importLine = /^import\b[\s\S]*?['"];?$/gm;
  const imports = (esm.code.match(importLine) ?? []).join('\n');
  const wrapped = `${imports}\n(async () => {${esm.code.replace(importLine, '')}})();\n`;
  const cjs = await esbuild.transform(wrapped, { format: 'cjs' });
  const files = {
    'package.json': JSON.stringify(manifest),
    'tsconfig.json': JSON.stringify({ compilerOptions, files: ['example.mts', 'entries.mts'] }),
    'example.mts': example,
    'example.mjs': esm.code,
    'example.cjs': cjs.code,
    'entries.mts': everyEntry(packed.filter((p) => p.dir !== 'lab')),
  };
  await mkdir(dir);
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
}

async function checkProject(dir) {
  const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--no-package-lock'];
  if ((await run('install of all tarballs', 'npm', install, dir)) === undefined) return;
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const node = process.execPath;
  const strict = '--disallow-code-generation-from-strings';
  await run('type check under strict', node, [tsc, '-p', 'tsconfig.json'], dir);
  await run('example as an ES module', node, ['example.mjs'], dir);
  await run('example as CommonJS', node, ['example.cjs'], dir);
  await run('example without code generation', node, [strict, 'example.mjs'], dir);
  await run('tikhonov --help', node, ['node_modules/.bin/tikhonov', '--help'], dir);
}

const scratch = await mkdtemp(join(tmpdir(), 'tikhonov-packages-'));
try {
  const packed = await pack(await publicPackages(), scratch);
  const queue = [...packed];
  const worker = async () => {
    for (let p = queue.shift(); p; p = queue.shift()) await lint(p);
  };
  await Promise.all([worker(), worker()]);
  if (packed.length > 0) {
    const project = join(scratch, 'project');
    await createProject(project, packed);
    await checkProject(project);
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}

if (problems.length > 0) {
  console.error(`\n${problems.join('\n\n')}\n\n${problems.length} package problem(s)`);
  process.exitCode = 1;
}

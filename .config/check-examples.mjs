// Type-checks every example of the documentation as a user would paste it: each becomes a module under
// .cache/examples, with the names in scope that the tests give it, and one run of the compiler reads them
// all, under `strict` and with nothing stricter.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import esbuild from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = join(root, '.cache/examples');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

/** The example reader of the tests, which is TypeScript. */
async function reader() {
  const source = join(root, 'packages/tikhonov/test/fences.ts');
  const file = join(folder, 'fences.mjs');
  writeFileSync(
    file,
    esbuild.transformSync(readFileSync(source, 'utf8'), { loader: 'ts', format: 'esm' }).code,
  );
  return import(pathToFileURL(file).href);
}

/** Writes the module that everything in scope comes from, and names its exports. */
async function scope() {
  const file = join(folder, 'scope.ts');
  // As in documentation.test.ts.
  const specifiers = ['@tikhonov/core/engine', 'tikhonov/check', 'tikhonov'];
  writeFileSync(file, specifiers.map((name) => `export * from '${name}';\n`).join(''));
  const { metafile } = await esbuild.build({
    entryPoints: [file],
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@tikhonov/source'],
    outdir: folder,
    metafile: true,
    write: false,
  });
  return Object.values(metafile.outputs)[0].exports;
}

/** Imports stay outside the block, in which an example may declare a name that is in scope anyway. */
function moduleOf({ code }, names) {
  const imports = [];
  const body = code.replace(/^import\s[^;]*;$/gm, (statement) => {
    imports.push(statement.replaceAll(/\s*\n\s*/g, ' '));
    return statement.replaceAll(/[^\n]/g, '');
  });
  const taken = new Set(imports.join(' ').match(/[\w$]+/g));
  const used = new Set(body.match(/[\w$]+/g));
  const wanted = names.filter((name) => used.has(name) && !taken.has(name));
  const own = `import { ${wanted.join(', ')} } from './scope.ts';`;
  // One line before the body, so that line n of the example is line n + 1 here.
  return `${[own, ...imports].join(' ')} {\n${body}\n}\nexport {};\n`;
}

const [{ documented, fencesOf }, names] = [await reader(), await scope()];
const { pages, sources } = documented(root);
const fences = [...pages, ...sources].flatMap((file) => fencesOf(root, file));
fences.forEach((fence, i) => {
  writeFileSync(join(folder, `example-${i}.ts`), moduleOf(fence, names));
});
writeFileSync(
  join(folder, 'tsconfig.json'),
  JSON.stringify({
    extends: '../../tsconfig.json',
    compilerOptions: {
      declaration: false,
      isolatedDeclarations: false,
      noUncheckedIndexedAccess: false,
      exactOptionalPropertyTypes: false,
    },
    include: ['example-*.ts'],
  }),
);

const { stdout, stderr, status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '--pretty', 'false', '-p', folder],
  { encoding: 'utf8', cwd: folder },
);
// Names of generated modules mean nothing to the reader: where the example stands does.
const located = stdout.replaceAll(/^example-(\d+)\.ts\((\d+),(\d+)\)/gm, (_at, i, line, column) => {
  const fence = fences[i];
  return `${fence.file}:${fence.line + Number(line) - 1} (column ${column})`;
});
process.stdout.write(located);
process.stderr.write(stderr);
if (status !== 0) {
  console.error(`check:examples: ${located.match(/error TS/g)?.length ?? 0} errors in examples.`);
  process.exit(1);
}
console.log(`check:examples: ${fences.length} examples type-check.`);

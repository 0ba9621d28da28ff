// Proves the directions of imports between packages: as in the table below, types included, and
// never past another package's declared exports. Cycles and undeclared dependencies are Biome's.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const packagesDir = join(root, 'packages');

/** Package -> the packages its source may import. */
const allowed = {
  array: [],
  core: ['array'],
  nn: ['core'],
  compile: ['core'],
  onnx: ['core', 'nn'],
  optim: ['core'],
  check: ['core'],
  golden: ['compile', 'core', 'nn', 'optim', 'data', 'train', 'regularizers'],
  data: ['core'],
  train: ['core', 'compile', 'nn', 'optim', 'data'],
  regularizers: ['core', 'nn', 'optim', 'data', 'train'],
  mutants: ['check', 'golden', 'regularizers'],
  bench: ['compile', 'tikhonov'],
  'browser-tests': ['bench', 'tikhonov'],
  examples: ['lab', 'tikhonov'],
  lab: [
    'array',
    'core',
    'compile',
    'nn',
    'onnx',
    'optim',
    'check',
    'data',
    'train',
    'regularizers',
  ],
  tikhonov: ['core', 'compile', 'nn', 'onnx', 'optim', 'data', 'train', 'regularizers'],
};

/**
 * Source files behind a subpath of their own, which may import more than the rest of their
 * package; therefore the rest must not import them.
 */
const behindSubpath = [
  { files: /^regularizers\/src\/(.*[./])?laws(\/.*)?\.ts$/, packages: ['check'] },
  { files: /^tikhonov\/src\/(check|laws)\.ts$/, packages: ['check'] },
];

/** Packages that run under Node only; the others must not import its modules statically. */
const nodeOnly = new Set(['bench', 'browser-tests', 'examples', 'lab', 'golden', 'mutants']);

const problems = [];
const report = (file, line, what, hint) =>
  problems.push(`${relative(root, file).split(sep).join('/')}:${line}: ${what}\n  ${hint}`);

/**
 * The module specifiers of a TypeScript source: `import`/`export ... from 'x'`, `import 'x'`,
 * `import('x')`, types included. Comments are skipped, and a string counts only straight after
 * one of these keywords, so examples in comments and messages in strings are not imports.
 */
function specifiersOf(source) {
  const token =
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|`(?:\\[\s\S]|[^`\\])*`|(['"])((?:\\.|(?!\1)[^\\\n])*)\1/g;
  const found = [];
  let code = '';
  let last = 0;
  for (const match of source.matchAll(token)) {
    code = (code + source.slice(last, match.index)).slice(-200);
    last = match.index + match[0].length;
    const isComment = match[0].startsWith('/');
    const keyword =
      match[1] && /(?:^|[^.\w$])(from|import|import\s*(\()|require\s*\()\s*$/.exec(code);
    if (keyword) {
      const line = source.slice(0, match.index).split('\n').length;
      found.push({ specifier: match[2], line, dynamic: keyword[2] === '(' });
    }
    if (!isComment) code += ' "" ';
  }
  return found;
}

function filesUnder(dir) {
  try {
    return readdirSync(dir, { recursive: true })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(dir, name));
  } catch {
    return [];
  }
}

const packages = readdirSync(packagesDir).flatMap((name) => {
  try {
    return [{ name, manifest: JSON.parse(readFileSync(join(packagesDir, name, 'package.json'))) }];
  } catch {
    return [];
  }
});
const byPackageName = new Map(packages.map((p) => [p.manifest.name, p]));

/** `@scope/name/sub` -> [`@scope/name`, `./sub`]. */
function splitSpecifier(specifier) {
  const parts = specifier.split('/');
  const length = specifier.startsWith('@') ? 2 : 1;
  const rest = parts.slice(length).join('/');
  return [parts.slice(0, length).join('/'), rest ? `./${rest}` : '.'];
}

const inPackages = (file) => relative(packagesDir, file).split(sep).join('/');
const subpathRules = (file) => behindSubpath.filter((rule) => rule.files.test(inPackages(file)));

function checkRelative(file, dir, { specifier, line }) {
  const target = join(dirname(file), specifier);
  if (!target.startsWith(dir + sep)) {
    const hint = 'Import the other package by its name.';
    report(file, line, `'${specifier}' leaves the package`, hint);
  }
  const inSource = file.startsWith(join(dir, 'src') + sep);
  if (inSource && subpathRules(target).some((rule) => !rule.files.test(inPackages(file)))) {
    const hint = 'It is public only behind its own subpath, because of what it imports.';
    report(file, line, `'${specifier}' must not be imported from here`, hint);
  }
}

function checkPackage(file, name, manifest, inSource, { specifier, line, dynamic }) {
  if (specifier.startsWith('node:')) {
    if (inSource && !dynamic && !nodeOnly.has(name)) {
      const hint =
        'Browsers load this package: take the data as an argument, or `await import()` it.';
      report(file, line, `'${specifier}' is imported statically`, hint);
    }
    return;
  }
  const [target, subpath] = splitSpecifier(specifier);
  const other = byPackageName.get(target);
  if (other && !(subpath in other.manifest.exports)) {
    const exported = Object.keys(other.manifest.exports).join(', ');
    report(file, line, `'${specifier}' is a deep import`, `${target} exports only: ${exported}`);
  }
  if (!inSource || !other || target === manifest.name) return;
  const may = [...(allowed[name] ?? []), ...subpathRules(file).flatMap((rule) => rule.packages)];
  if (!may.includes(other.name)) {
    const hint = `packages/${name} may import ${may.join(', ') || 'no other package'} here; move the code down, or pass it in.`;
    report(file, line, `'${specifier}' is an upward import`, hint);
  }
}

let count = 0;
for (const { name, manifest } of packages) {
  const dir = join(packagesDir, name);
  if (!(name in allowed)) {
    const hint = 'Add a row for it to the table in .config/check-imports.mjs.';
    report(join(dir, 'package.json'), 1, `packages/${name} has no rule`, hint);
  }
  for (const folder of ['src', 'test']) {
    for (const file of filesUnder(join(dir, folder))) {
      count++;
      for (const found of specifiersOf(readFileSync(file, 'utf8'))) {
        if (found.specifier.startsWith('.')) checkRelative(file, dir, found);
        else checkPackage(file, name, manifest, folder === 'src', found);
      }
    }
  }
}

if (problems.length > 0) {
  console.error(`${problems.join('\n')}\n\n${problems.length} import problem(s)`);
  process.exitCode = 1;
} else {
  console.log(`Imports of ${count} files follow the package table.`);
}

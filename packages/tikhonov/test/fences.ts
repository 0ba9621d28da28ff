// Read by the tests, which run every example, and by .config/check-examples.mjs, which type-checks it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** A runnable example: its code and where it stands. */
export interface Fence {
  readonly file: string;
  readonly line: number;
  readonly code: string;
}

/** Files below a folder whose names end in `extension`. */
export function filesUnder(folder: string, extension: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Every file that holds examples: Markdown pages, and the packages' sources. */
export function documented(root: string): { pages: string[]; sources: string[] } {
  const packages = join(root, 'packages');
  const readmes = readdirSync(packages).map((name) => join(packages, name, 'README.md'));
  return {
    pages: [join(root, 'README.md'), ...readmes, ...filesUnder(join(root, 'docs'), '.md')].filter(
      (page) => existsSync(page),
    ),
    sources: readdirSync(packages)
      .map((name) => join(packages, name, 'src'))
      .filter((folder) => existsSync(folder))
      .flatMap((folder) => filesUnder(folder, '.ts')),
  };
}

/** Every ```ts block of a Markdown file, or of the doc comments of a source file. */
export function fencesOf(root: string, file: string): Fence[] {
  const inComments = file.endsWith('.ts');
  const fences: Fence[] = [];
  let open: { line: number; code: string[] } | null = null;
  for (const [i, raw] of readFileSync(file, 'utf8').split('\n').entries()) {
    const line = inComments ? raw.replace(/^\s*\* ?/, '') : raw;
    if (inComments && !/^\s*\*/.test(raw)) continue;
    if (open === null) {
      if (/^```ts\s*$/.test(line)) open = { line: i + 1, code: [] };
    } else if (/^```\s*$/.test(line)) {
      fences.push({ file: relative(root, file), line: open.line, code: open.code.join('\n') });
      open = null;
    } else {
      open.code.push(line);
    }
  }
  return fences;
}

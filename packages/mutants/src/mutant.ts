import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A mistake made on purpose in one place of a source. */
export interface Mutant {
  /** The method whose laws or reference values must notice. */
  readonly method: string;
  /** What is wrong, in a few words. */
  readonly name: string;
  /** Path from the root of the repository. */
  readonly file: string;
  /** What is there, exactly once, and what takes its place. */
  readonly find: string;
  readonly replace: string;
  /** Says that falling over or not ending, which no law reports, is what must happen. */
  readonly expect?: 'crash';
}

/** The root of the repository, from src as from dist. */
export const root: string = fileURLToPath(new URL('../../../', import.meta.url));

const folder = join(root, 'packages', 'regularizers', 'src');
const suffix = '.mutants.json';

/** The mutants beside the methods' sources, by method. */
export async function loadMutants(): Promise<Mutant[]> {
  const entries = await readdir(folder, { recursive: true });
  const files = entries.filter((entry) => entry.endsWith(suffix)).sort();
  const lists = files.map(async (file) => {
    const method = file.split(/[\\/]/).at(-1)!.slice(0, -suffix.length);
    const list: unknown = JSON.parse(await readFile(join(folder, file), 'utf8'));
    if (!Array.isArray(list)) throw new TypeError(`${file}: must be a list of mutants.`);
    return list.map((entry) => mutantOf(file, method, entry));
  });
  return (await Promise.all(lists)).flat();
}

const fields = ['name', 'file', 'find', 'replace'] as const;

function mutantOf(file: string, method: string, entry: unknown): Mutant {
  const given = Object(entry) as Readonly<Record<string, unknown>>;
  const [name, source, find, replace] = fields.map((field) => {
    const value = given[field];
    if (typeof value === 'string') return value;
    throw new TypeError(`${file}: a mutant has no text "${field}".`);
  }) as [string, string, string, string];
  const mutant = { method, name, file: source, find, replace };
  if (given.expect === undefined) return mutant;
  if (given.expect === 'crash') return { ...mutant, expect: 'crash' };
  throw new TypeError(`${file}: "expect" of "${name}" must be "crash" or left out.`);
}

/** The source with the mistake in it; null unless what it changes is there exactly once. */
export async function mutatedSource({ file, find, replace }: Mutant): Promise<string | null> {
  const source = await readFile(join(root, file), 'utf8').catch(() => '');
  const at = source.indexOf(find);
  if (at < 0 || source.indexOf(find, at + 1) >= 0) return null;
  return source.slice(0, at) + replace + source.slice(at + find.length);
}

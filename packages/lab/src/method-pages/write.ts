import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { methods } from '@tikhonov/regularizers';
import { methodFigure } from './figure.ts';
import { methodIndex, methodPage } from './page.ts';
import type { MethodResults } from './results.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Where the pages are. */
export const pagesFolder: string = join(root, 'docs', 'methods');

/** What was measured last; null before the first time. */
export async function loadResults(): Promise<MethodResults | null> {
  const text = await readFile(join(pagesFolder, 'results.json'), 'utf8').catch(() => null);
  return text === null ? null : JSON.parse(text);
}

/** The hand-written part of a method's page, which lies beside its source; null if there is none. */
export const writtenPart = (family: string, id: string): Promise<string | null> =>
  readFile(join(root, 'packages', 'regularizers', 'src', family, `${id}.md`), 'utf8').catch(
    () => null,
  );

/** All pages and figures by path within the folder; methods without a hand-written part have none. */
export async function allPages(results: MethodResults): Promise<Record<string, string>> {
  const pages: Record<string, string> = { 'README.md': methodIndex(results) };
  for (const method of methods) {
    const written = await writtenPart(method.family, method.id);
    if (written === null) continue;
    pages[`${method.id}.md`] = methodPage(method, written, results);
    const figure = methodFigure(method, results);
    if (figure !== null) pages[`figures/${method.id}.svg`] = `${figure}\n`;
  }
  return pages;
}

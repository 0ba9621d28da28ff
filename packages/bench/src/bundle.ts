import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { peersFolder } from './requirements.ts';

const require = createRequire(import.meta.url);

/**
 * Loads installed packages of a group as one bundle, as a web page would get them: some have Node
 * entries that leave parts out. It is kept in the group's node_modules, one file per content.
 *
 * @param code  the module to bundle, in the group's folder
 * @param version  of the packages; another one makes another bundle
 */
export async function loadBundle(group: string, code: string, version: string): Promise<unknown> {
  const folder = join(peersFolder, group);
  const name = createHash('sha256').update(`${version}\n${code}`).digest('hex').slice(0, 16);
  const file = join(folder, 'node_modules/.cache', `${name}.cjs`);
  if (!existsSync(file)) {
    const unfinished = `${file}.${process.pid}`;
    mkdirSync(dirname(file), { recursive: true });
    // Only here: loading it would count as the peer's start.
    const { build } = await import('esbuild');
    await build({
      stdin: { contents: code, resolveDir: folder },
      bundle: true,
      format: 'cjs',
      platform: 'node',
      mainFields: ['module', 'main'],
      outfile: unfinished,
      logLevel: 'error',
    });
    renameSync(unfinished, file);
  }
  return require(file);
}

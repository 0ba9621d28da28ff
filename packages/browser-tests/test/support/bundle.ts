import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * The page's scripts by file name, as a user's bundler makes them: from the built packages, which are
 * built first, so that what is tested is what the sources say now.
 */
export async function bundlePage(): Promise<ReadonlyMap<string, string>> {
  await promisify(execFile)(process.execPath, [at('../../../../.config/build.mjs')]);
  const { outputFiles } = await build({
    entryPoints: [at('../page/page.ts'), at('../page/worker.ts')],
    outdir: at('./bundle'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    write: false,
    logLevel: 'error',
  });
  return new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
}

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Runs a script of the repository with the built packages. */
const run = (file: string, args: readonly string[]) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(process.execPath, [root + file, ...args], { cwd: root }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
  });

describe.each([
  ['check:deep', 'packages/lab/dist/deep.js'],
  ['check:differential', 'packages/lab/dist/differential/cli.js'],
  ['docs:operations', 'packages/lab/dist/operations/cli.js'],
  ['check:resume', 'packages/lab/dist/resume/cli.js'],
  ['fuzz:formats', 'packages/lab/dist/fuzz-formats/cli.js'],
  ['golden', 'packages/golden/dist/cli.js'],
  ['size', '.config/size.mjs'],
])('npm run %s', (name, file) => {
  test('explains itself', async () => {
    const { code, out, err } = await run(file, ['--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`npm run ${name}`);
  }, 30_000);

  test('refuses an unknown option in one line, with status 2', async () => {
    const { code, out, err } = await run(file, ['--olny', 'x']);
    expect({ code, out, err }).toEqual({
      code: 2,
      out: '',
      err: `${name}: Unknown option '--olny'\n`,
    });
  }, 30_000);
});

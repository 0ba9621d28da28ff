import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { pythonModule } from '../src/index.ts';

const folder = new URL('../peers/', import.meta.url);

test('what is missing is not installed, and the reason names it', async () => {
  const requirement = pythonModule('tikhonov_nonesuch');
  expect(requirement.isMet()).toBe(false);
  expect(await requirement.meet()).toMatch(
    /^\S+ has no tikhonov_nonesuch \(BENCH_PYTHON names another interpreter\)$/,
  );
});

test('peers are named in exact versions', () => {
  const manifests = readdirSync(folder).filter((group) => group !== 'python');
  expect(manifests).not.toEqual([]);
  for (const group of manifests) {
    const text = readFileSync(new URL(`${group}/package.json`, folder), 'utf8');
    const { dependencies } = JSON.parse(text) as { dependencies: Record<string, string> };
    for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  }
});

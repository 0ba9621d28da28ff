import { describe, expect, test } from '@jest/globals';
import { methods } from '@tikhonov/regularizers';
import { loadMutants, type Mutant, mutatedSource } from '../src/mutant.ts';
import { runMutants } from '../src/run.ts';

const mutants = await loadMutants();
const settings = { runs: 30, seed: 0, jobs: 1 };

describe('the mutants of the methods', () => {
  test('are there, each once', () => {
    expect(mutants.length).toBeGreaterThan(0);
    const names = mutants.map(({ method, name }) => `${method}: ${name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test('are at least two for every method', () => {
    const count = (id: string): number => mutants.filter(({ method }) => method === id).length;
    expect(methods.filter(({ id }) => count(id) < 2).map(({ id }) => id)).toEqual([]);
  });

  test.each(mutants.map((mutant) => [mutant.method, mutant.name, mutant] as const))(
    '%s: %s: what it changes is there exactly once',
    async (_method, _name, mutant) => {
      const source = await mutatedSource(mutant);
      expect(source).not.toBeNull();
      expect(mutant.find).not.toBe(mutant.replace);
    },
  );
});

describe('a run', () => {
  const wrong: Mutant = {
    method: 'l1',
    name: 'a sign lost',
    file: 'packages/regularizers/src/objective/l1.ts',
    find: 'sumOver(selected, (w) => sum(abs(gated(lambda, w)))),',
    replace: 'sumOver(selected, (w) => sum(gated(lambda, w))),',
  };

  test('catches a mistake, lets a harmless change survive, and knows what is stale', async () => {
    const harmless = { ...wrong, name: 'harmless', replace: `${wrong.find} // the same` };
    const stale = { ...wrong, name: 'stale', find: 'not there' };
    const broken = { ...wrong, name: 'no code', replace: '(((' };
    const fates = await runMutants([wrong, harmless, stale, broken], settings);
    expect(fates.map(({ fate }) => fate)).toEqual(['caught', 'survived', 'stale', 'stale']);
    expect(fates[0]!.caughtBy).toMatch(/^l1\//);
  }, 60_000);

  test('does not count a judge that falls over or does not end as a catch, unless that is expected', async () => {
    const atImport = {
      ...wrong,
      name: 'falls over at once',
      find: 'const known: OptionNames<L1Options>',
      replace: "throw new Error('at once');\nconst known: OptionNames<L1Options>",
    };
    const loop = { ...atImport, name: 'loops', replace: `for (;;);\n${atImport.find}` };
    const expected = { ...atImport, expect: 'crash' as const };
    const fates = await runMutants([atImport, expected], settings);
    expect(fates.map(({ fate }) => fate)).toEqual(['crashed', 'caught']);
    expect(fates[0]!.problem).toContain('at once');
    const [looping] = await runMutants([loop], { ...settings, limit: 3000 });
    expect(looping!.fate).toBe('timeout');
  }, 90_000);
});

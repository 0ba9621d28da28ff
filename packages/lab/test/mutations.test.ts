import { describe, expect, test } from '@jest/globals';
import {
  changed,
  type MutationOutcome,
  mutated,
  mutationTable,
} from '../src/differential/mutate.ts';
import { type Mutation, mutations } from '../src/differential/mutations.ts';

const mutation: Mutation = { name: 'wrong', file: 'a.ts', find: 'x + y', replace: 'x - y' };

describe('mutations of the compiler', () => {
  test('change what is there once, and nothing that is there twice or no longer', () => {
    expect(changed('f = (x, y) => x + y;', mutation)).toBe('f = (x, y) => x - y;');
    expect(changed('x + y; x + y;', mutation)).toBeNull();
    expect(changed('x * y', mutation)).toBeNull();
  });

  test('are many, of different kinds, each under a name of its own', async () => {
    expect(new Set(mutations.map(({ name }) => name)).size).toBe(mutations.length);
    const files = await Promise.all(
      mutations.map(async (each) => ((await mutated(each)) === null ? [] : [each.file])),
    );
    // The command says which mutations a change of the compiler has made meaningless.
    const applicable = files.flat();
    expect(applicable.length).toBeGreaterThanOrEqual(12);
    expect(new Set(applicable.map((file) => file.split('/')[0])).size).toBeGreaterThanOrEqual(4);
  });

  test('are shown with their fates', () => {
    const outcomes: MutationOutcome[] = [
      { name: 'a', fate: 'caught', program: 12, problem: 'element 0 is 1\n  more' },
      { name: 'b', fate: 'survived', program: null, problem: '' },
      { name: 'c', fate: 'caught', program: NaN, problem: 'it did not end' },
    ];
    const table = mutationTable(outcomes);
    expect(table).toMatch(/a\s+│ caught\s+│\s+12 │ element 0 is 1\s+│/);
    expect(table).toMatch(/b\s+│ survived │\s+│/);
    expect(table).toMatch(/c\s+│ caught\s+│\s+│ it did not end/);
    expect(table).not.toContain('more');
  });
});

import { describe, expect, test } from '@jest/globals';
import { deepSummary, deepTable } from '../src/deep/report.ts';
import { type DeepResult, deepLaws, runTask } from '../src/deep/tasks.ts';

const result = (id: string, fields: Partial<DeepResult> = {}): DeepResult => ({
  id,
  statement: 'it is so',
  cases: 1000,
  worstSlack: 1,
  seed: 0,
  holds: true,
  dtypes: ['float64'],
  seconds: 0.1,
  ...fields,
});

describe('check:deep', () => {
  const results = [
    result('primitive/exp/vjp'),
    result('primitive/exp/float32', { dtypes: ['float32'] }),
    result('primitive/exp/views', { dtypes: ['float64', 'float32'] }),
    result('primitive/argsort/infer', { dtypes: [] }),
  ];

  test('counts the cases of an operation by dtype', () => {
    const table = deepTable(results);
    expect(table).toMatch(/primitive\/exp\s+│\s+3\s+│\s+2000\s+│\s+2000\s+│\s+0\s+│ holds/);
    expect(table).toMatch(/primitive\/argsort\s+│\s+1\s+│\s+0\s+│\s+0\s+│\s+1000\s+│ holds/);
  });

  test('ends with what fell, and says how to repeat it', () => {
    expect(deepSummary(results, 7)).toBe('4 laws, 4000 cases, seed 7: none falls');
    const fallen = result('primitive/exp/jvp', {
      holds: false,
      counterexample: { text: 'exp(1)', slack: -1, path: '3:0' },
    });
    expect(deepSummary([...results, fallen], 7)).toBe(
      'primitive/exp/jvp falls: it is so\n' +
        '  counterexample (shrunk): exp(1)\n' +
        '  seed 7, path 3:0\n' +
        '\n5 laws, 5000 cases, seed 7: 1 fall',
    );
    expect(deepTable([...results, fallen])).toContain('1 FALL');
  });

  test('tries every law the full number of times, whatever its effort', () => {
    const { cases, holds } = runTask({ id: 'primitive/exp/second-order', runs: 9, seed: 1 });
    expect([cases, holds]).toEqual([9, true]);
    expect(() => runTask({ id: 'primitive/none/vjp', runs: 1, seed: 0 })).toThrow('no law');
  });

  test('covers primitives, composites and bad calls', () => {
    const kinds = new Set(deepLaws().map(({ id }) => id.split('/')[0]));
    expect([...kinds].sort()).toEqual(['calls', 'operation', 'primitive']);
  });
});

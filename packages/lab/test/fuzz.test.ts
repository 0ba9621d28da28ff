import { describe, expect, test } from '@jest/globals';
import { describeResult, runLaw } from '@tikhonov/check';
import { astype, exp, type Tensor, zeros } from '@tikhonov/core';
import { fuzzLaws } from '../src/fuzz/laws.ts';

const seed = 20240607;

describe('the laws of bad calls catch', () => {
  const falls = (call: (...values: readonly unknown[]) => unknown, name = 'exp'): string => {
    const [law] = fuzzLaws([{ name, call }]);
    return runLaw(law!, { seed, runs: 200 }).counterexample?.text ?? '';
  };

  test.each<[string, (x: unknown) => unknown, string]>([
    ['an error of JavaScript', (x) => (x as { a: { b: 1 } }).a.b, 'does not name exp'],
    ['an error without a name', () => zeros([-1]), 'does not name exp'],
    ['our own bugs', () => fail(new Error('internal: exp')), 'an internal error'],
    ['errors of other kinds', () => fail(new SyntaxError('exp: no')), 'of no kind of ours'],
    ['what is not an error', () => fail('exp'), 'threw exp'],
    ['a shape that is wrong', () => zeros([7]), 'a rule of its own says'],
  ])('%s', (_what, call, text) => {
    expect(falls(call)).toContain(text);
  });

  test('a dtype that is wrong', () => {
    expect(falls((x) => astype(exp(x as Tensor), 'float64'))).toContain('a rule of its own says');
    expect(falls((x) => exp(x as Tensor))).toBe('');
  });
});

function fail(error: unknown): never {
  throw error;
}

describe('bad calls', () => {
  test.each(fuzzLaws().map((law) => [law.id.split('/')[1]!, law] as const))(
    'of %s end in an error that names it and says what is wrong',
    (_name, law) => {
      const result = runLaw(law, { seed, runs: 60 });
      expect(result.holds ? '' : describeResult(result)).toBe('');
    },
  );
});

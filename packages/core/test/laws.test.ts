import { describe, expect, test } from '@jest/globals';
import { describeResult, primitiveLaws, runLaw } from '@tikhonov/check';
import { primitives } from '@tikhonov/core';

const seed = 20240607;

describe('every primitive of the registry', () => {
  test.each(primitives.map((primitive) => [primitive.name, primitive] as const))(
    '%s obeys the laws of primitives',
    (_name, primitive) => {
      const results = primitiveLaws([primitive]).map((law) => runLaw(law, { seed, runs: 60 }));
      const broken = results.filter(({ holds }) => !holds).map(describeResult);
      expect(broken).toEqual([]);
      expect(results.length).toBeGreaterThanOrEqual(primitive.discrete === undefined ? 5 : 3);
      expect(results.every(({ cases }) => cases >= 10)).toBe(true);
    },
  );

  test('names are unique', () => {
    const names = primitives.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

import { describe, expect, test } from '@jest/globals';
import { caseStatistics, describeResult, primitiveLaws, runLaw } from '@tikhonov/check';
import { primitives } from '@tikhonov/core/engine';

const seed = 20240607;

// `cond` and `whileLoop` are not in it: what they compute lies in the regions that they hold, so there is no
// kernel to draw cases for, and `cond` is differentiated above its primitive. Their tests are in ./control.
describe('every primitive of the registry', () => {
  test.each(primitives.map((primitive) => [primitive.name, primitive] as const))(
    '%s obeys the laws of primitives',
    (_name, primitive) => {
      const results = primitiveLaws([primitive]).map((law) => runLaw(law, { seed, runs: 40 }));
      const broken = results.filter(({ holds }) => !holds).map(describeResult);
      expect(broken).toEqual([]);
      expect(results.length).toBeGreaterThanOrEqual(primitive.discrete === undefined ? 5 : 3);
      expect(results.every(({ cases }) => cases >= 10)).toBe(true);
    },
  );

  test.each(primitives.map((primitive) => [primitive.name, primitive] as const))(
    '%s is tried on empty axes and axes of size 1, or says why not',
    (_name, primitive) => {
      const { cases, empty, single } = caseStatistics(primitive, { seed });
      if (primitive.nonEmpty !== undefined) {
        expect([primitive.nonEmpty.length > 10, empty]).toEqual([true, 0]);
      } else {
        expect(empty).toBeGreaterThanOrEqual(cases / 100);
        expect(single).toBeGreaterThanOrEqual(cases / 100);
      }
    },
  );

  test('names are unique', () => {
    const names = primitives.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

import { describe, expect, test } from '@jest/globals';
import { holm, pairedTest, spread } from '../src/compare/statistics.ts';

describe('spread', () => {
  test('divides by n - 1', () => {
    expect(spread([1, 2, 3, 4])).toEqual({ mean: 2.5, sd: Math.sqrt(5 / 3) });
  });

  test('has no deviation for a single value', () => {
    expect(spread([7])).toEqual({ mean: 7, sd: null });
  });
});

describe('pairedTest', () => {
  // Student's own example (1908): extra hours of sleep under two drugs, differences of ten patients.
  const sleep = [1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4];

  test("gives the published figures for Student's sleep data", () => {
    const { mean, low, high, p } = pairedTest(sleep);
    expect(mean).toBeCloseTo(1.58, 10);
    expect(p).toBeCloseTo(0.002833, 6);
    expect(low).toBeCloseTo(0.7001, 4);
    expect(high).toBeCloseTo(2.4599, 4);
  });

  test('is symmetric in the sign of the differences', () => {
    const mirrored = pairedTest(sleep.map((x) => -x));
    expect(mirrored.p).toBeCloseTo(pairedTest(sleep).p!, 12);
    expect(mirrored.high).toBeCloseTo(-pairedTest(sleep).low!, 12);
  });

  test('claims nothing from one pair, or from pairs that do not differ', () => {
    expect(pairedTest([3]).p).toBeNull();
    expect(pairedTest([0, 0, 0]).p).toBe(1);
  });
});

describe('holm', () => {
  test('steps down, stays monotone, and keeps the order of its input', () => {
    // Sorted: 0.005*4, 0.01*3, 0.03*2 = 0.06, 0.04*1 raised to 0.06.
    const adjusted = holm([0.04, 0.005, 0.03, 0.01]);
    for (const [i, p] of [0.06, 0.02, 0.06, 0.03].entries()) {
      expect(adjusted[i]).toBeCloseTo(p, 12);
    }
  });

  test('leaves missing values out of the count', () => {
    expect(holm([null, 0.02])).toEqual([null, 0.02]);
  });

  test('never exceeds 1', () => {
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
  });
});

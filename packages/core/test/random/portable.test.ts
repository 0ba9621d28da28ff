import { describe, expect, test } from '@jest/globals';
import { cosOfTurn, expOf, fractionOf, logOf, logOfFraction } from '../../src/random/portable.ts';

/** Reproducible positive numbers over the whole range of exponents, and close to 1. */
const positives: number[] = [];
for (let i = 0; i < 20_000; i++) {
  const m = 1 + (Math.imul(i, 0x9e3779b1) >>> 0) / 2 ** 32;
  positives.push(m * 2 ** ((i % 2090) - 1070), m * 2 ** ((i % 64) - 32));
}

describe('log', () => {
  test('agrees with Math.log to 4e-16 (1 + |log|)', () => {
    const worst = Math.max(
      ...positives.map((x) => Math.abs(logOf(x) - Math.log(x)) / (1 + Math.abs(Math.log(x)))),
    );
    expect(worst).toBeLessThan(4e-16);
  });

  test('keeps its relative accuracy where it is close to 0', () => {
    for (let k = 2; k < 53; k++) {
      for (const x of [1 + 2 ** -k, 1 - 2 ** -k, 1 + 0.3 * 2 ** (3 - k)]) {
        const want = Math.log1p(x - 1);
        expect(Math.abs(logOf(x) - want)).toBeLessThanOrEqual(2e-15 * Math.abs(want));
      }
    }
  });

  test('has the values of log at the ends', () => {
    expect([0, -0, -1, 1, Infinity, Number.NaN].map(logOf)).toEqual([
      -Infinity,
      -Infinity,
      Number.NaN,
      0,
      Infinity,
      Number.NaN,
    ]);
    expect(logOf(Number.MIN_VALUE)).toBeCloseTo(Math.log(Number.MIN_VALUE), 12);
    expect(logOf(Number.MAX_VALUE)).toBeCloseTo(Math.log(Number.MAX_VALUE), 12);
  });

  test('of a word is that of its fraction, bit for bit', () => {
    for (let i = 0; i < 5000; i++) {
      const word = Math.imul(i, 0x9e3779b1) >>> 0;
      expect(logOfFraction(word)).toBe(logOf((word + 1) / 2 ** 32));
    }
    expect(logOfFraction(0)).toBe(logOf(2 ** -32));
    expect(logOfFraction(0xffffffff)).toBe(0);
  });
});

describe('exp', () => {
  test('agrees with Math.exp to 4e-16 of the value', () => {
    let worst = 0;
    for (let i = -70_000; i < 70_900; i += 7) {
      const want = Math.exp(i / 100);
      worst = Math.max(worst, Math.abs(expOf(i / 100) - want) / want);
    }
    expect(worst).toBeLessThan(4e-16);
  });

  test('underflows gradually and overflows like exp', () => {
    expect([-Infinity, -800, 0, 800, Infinity, Number.NaN].map(expOf)).toEqual([
      0,
      0,
      1,
      Infinity,
      Infinity,
      Number.NaN,
    ]);
    expect(expOf(709.7) / Math.exp(709.7)).toBeCloseTo(1, 14);
    expect(Math.abs(expOf(-740) - Math.exp(-740))).toBeLessThanOrEqual(2 * Number.MIN_VALUE);
  });
});

describe('cos of a turn', () => {
  test('agrees with Math.cos and Math.sin to 6e-16 of the value', () => {
    // Up to an eighth of a turn: five roundings each of 2^-53 of it, in both arguments and in the polynomial.
    for (let i = 0; i < 50_000; i++) {
      const word = (Math.imul(i, 0x9e3779b1) >>> 0) >>> 3;
      const angle = (word / 2 ** 32) * 2 * Math.PI;
      for (const [turned, want] of [
        [word, Math.cos(angle)],
        [2 ** 30 - word, Math.sin(angle)],
        [2 ** 30 + word, -Math.sin(angle)],
        [2 ** 31 - word, -Math.cos(angle)],
        [2 ** 31 + word, -Math.cos(angle)],
        [3 * 2 ** 30 - word, -Math.sin(angle)],
        [3 * 2 ** 30 + word, Math.sin(angle)],
        [(2 ** 32 - word) >>> 0, Math.cos(angle)],
      ] as const) {
        expect(Math.abs(cosOfTurn(turned) - want)).toBeLessThanOrEqual(6e-16 * Math.abs(want));
      }
    }
  });

  test('has the exact values of quarters', () => {
    expect([0, 2 ** 30, 2 ** 31, 3 * 2 ** 30].map((word) => cosOfTurn(word) + 0)).toEqual([
      1, 0, -1, 0,
    ]);
  });
});

test('a fraction is never 0 or 1', () => {
  expect(fractionOf(0, 0)).toBe(2 ** -53);
  expect(fractionOf(0xffffffff, 0xffffffff)).toBe(1 - 2 ** -53);
});

test('pinned bits: a platform that rounds differently shows here', () => {
  expect([logOf(3), logOf(0.3), logOf(1e300)]).toEqual([
    1.0986122886681096, -1.203972804325936, 690.7755278982137,
  ]);
  expect([expOf(1.5), expOf(-3.7), expOf(100.1)]).toEqual([
    4.4816890703380645, 0.024723526470339388, 2.9708288895158073e43,
  ]);
});

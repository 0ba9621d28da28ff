import { describe, expect, test } from '@jest/globals';
import { flatBelow, growthOf, type MemoryReading } from '../src/index.ts';

const readings = (of: (step: number) => Partial<MemoryReading>): MemoryReading[] =>
  Array.from({ length: 20 }, (_, i) => {
    const step = 5000 * (i + 1);
    return { step, heapBytes: 1e7, arrayBytes: 1e6, rssBytes: 1e8, ...of(step) };
  });

describe('growth of memory', () => {
  test('is what every step leaves behind, in heap and arrays together', () => {
    const leak = readings((step) => ({
      heapBytes: 16 * step,
      arrayBytes: 8 * step,
      rssBytes: step,
    }));
    expect(growthOf(leak)).toEqual({ used: 24, rss: 1 });
  });

  test('does not count the first quarter, nor one odd reading', () => {
    const odd = readings((step) => ({
      heapBytes: step <= 25_000 ? step : step === 90_000 ? 9e9 : 7,
    }));
    expect(growthOf(odd)).toEqual({ used: 0, rss: 0 });
  });

  test('of one small object in two steps is not flat', () => {
    expect(growthOf(readings((step) => ({ heapBytes: 8 * step }))).used).toBeGreaterThan(flatBelow);
  });
});

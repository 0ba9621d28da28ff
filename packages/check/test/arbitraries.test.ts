import { describe, expect, test } from '@jest/globals';
import { broadcastPairs, drawn, shapes, tensors } from '@tikhonov/check';
import { add, type Tensor } from '@tikhonov/core';
import fc from 'fast-check';

const seed = 5;
const sample = <T>(arbitrary: fc.Arbitrary<T>, numRuns = 500): T[] =>
  fc.sample(arbitrary, { seed, numRuns });
const isDense = (x: Tensor): boolean => {
  let step = 1;
  return [...x.shape.keys()].reverse().every((k) => {
    const fits = x.shape[k]! <= 1 || x.view.stride[k] === step;
    step *= x.shape[k]!;
    return fits;
  });
};

describe('shapes', () => {
  test('keep their bounds, with sizes 0 and 1 among the likely ones', () => {
    const drawnShapes = sample(shapes({ minRank: 1, maxRank: 2, maxSize: 6 }));
    const sizes = drawnShapes.flat();
    expect(drawnShapes.every((s) => s.length >= 1 && s.length <= 2)).toBe(true);
    expect(sizes.every((n) => n >= 0 && n <= 6)).toBe(true);
    for (const n of [0, 1]) {
      expect(sizes.filter((size) => size === n).length / sizes.length).toBeGreaterThan(0.15);
    }
    expect(
      sample(shapes({ minSize: 2 }))
        .flat()
        .every((n) => n >= 2),
    ).toBe(true);
  });

  test('refuse bounds that make no sense', () => {
    expect(() => shapes({ minRank: 2, maxRank: 1 })).toThrow(
      'shapes: rank bounds must be integers',
    );
  });
});

describe('tensors', () => {
  test('have their range and dtype', () => {
    for (const x of sample(tensors({ min: -1, max: 2, dtype: 'float32' }))) {
      expect(x.dtype).toBe('float32');
      expect(Array.from(x.data()).every((v) => v >= -1 && v <= 2)).toBe(true);
    }
    for (const dtype of ['int32', 'uint32', 'bool'] as const) {
      expect(sample(tensors({ dtype }), 20).every((x) => x.dtype === dtype)).toBe(true);
    }
  });

  test('are often transposed, strided, flipped or broadcast views', () => {
    const xs = sample(tensors({ shape: [3, 2] }));
    expect(xs.filter((x) => !isDense(x)).length).toBeGreaterThan(150);
    expect(xs.filter(isDense).length).toBeGreaterThan(150);
    expect(xs.some((x) => x.view.stride.includes(0))).toBe(true);
    expect(xs.some((x) => x.view.stride.some((s) => s < 0))).toBe(true);
    expect(xs.some((x) => x.view.stride[0] === 1 && x.view.stride[1]! >= 3)).toBe(true);
    expect(sample(tensors({ shape: [3, 2], views: false })).every(isDense)).toBe(true);
  });

  test('read their own elements, never what lies between', () => {
    for (const x of sample(tensors())) expect(Array.from(x.data()).some(Number.isNaN)).toBe(false);
  });

  test('keep away from what is to be avoided', () => {
    const avoid = [-1, 0, 1];
    for (const x of sample(tensors({ avoid, shape: [10] }))) {
      expect(Array.from(x.data()).every((v) => avoid.every((a) => Math.abs(v - a) >= 0.05))).toBe(
        true,
      );
    }
  });

  test('distinct values are at least 0.05 apart', () => {
    for (const x of sample(tensors({ distinct: true, shape: [3, 4] }))) {
      const sorted = Array.from(x.data()).sort((a, b) => a - b);
      expect(sorted.slice(1).every((v, i) => v - sorted[i]! >= 0.05)).toBe(true);
    }
  });

  test('shrink to a small dense tensor', () => {
    const found = fc.check(
      fc.property(tensors({ shape: { minRank: 1 } }), (x) =>
        Array.from(x.data()).every((v) => v < 1),
      ),
      { seed },
    );
    const [x] = found.counterexample!;
    expect([x.size, isDense(x)]).toEqual([1, true]);
    expect(x.data()[0]).toBeCloseTo(1, 1);
  });
});

describe('broadcastPairs', () => {
  test('broadcast together, in both directions', () => {
    const pairs = sample(broadcastPairs());
    for (const [x, y] of pairs) expect(() => add(x, y)).not.toThrow();
    expect(pairs.some(([x, y]) => x.rank < y.rank)).toBe(true);
    expect(pairs.some(([x, y]) => x.rank > y.rank)).toBe(true);
  });
});

describe('drawn', () => {
  const cases = drawn((draw) => {
    const n = draw.integer(0, 10);
    const axes = draw.permutation(n);
    const x = draw.tensor([n], { min: -3, max: 3 });
    return { n, axes, x, pick: draw.pick(['a', 'b', 'c']) };
  });

  test('draws what was asked for, the same for the same seed', () => {
    for (const { n, axes, x } of sample(cases)) {
      expect([...axes].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
      expect(x.shape).toEqual([n]);
    }
    expect(JSON.stringify(sample(cases, 50))).toBe(JSON.stringify(sample(cases, 50)));
    expect(new Set(sample(cases).map((c) => JSON.stringify(c))).size).toBeGreaterThan(300);
  });

  test('shrinks, and ends', () => {
    const fails = (n: number, x: Tensor): boolean =>
      n >= 3 && Array.from(x.data()).some((v) => v > 0.5);
    const found = fc.check(
      fc.property(cases, ({ n, x }) => !fails(n, x)),
      { seed },
    );
    const [{ n, axes, x, pick }] = found.counterexample!;
    expect([n, axes, pick, isDense(x)]).toEqual([3, [0, 1, 2], 'a', true]);
    expect(fails(n, x)).toBe(true);
    expect(found.numShrinks).toBeLessThan(1000);
  });
});

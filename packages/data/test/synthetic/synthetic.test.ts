import { describe, expect, test } from '@jest/globals';
import { random } from '@tikhonov/core';
import {
  blobs,
  circles,
  type Dataset,
  linearRegression,
  moons,
  sinusoid,
  spirals,
  xor,
} from '@tikhonov/data';
import fc from 'fast-check';
import { classCounts, sorted } from '../helpers.ts';

type Options = Parameters<typeof moons>[0];
const classification: readonly [string, number, (options: Options) => Dataset][] = [
  ['moons', 2, moons],
  ['circles', 2, circles],
  ['spirals', 2, spirals],
  ['spirals', 5, (options: Options) => spirals({ ...options, arms: 5 })],
  ['xor', 2, xor],
];
const all: readonly [string, (options: Options) => Dataset][] = [
  ...classification.map(([name, , make]) => [name, make] as const),
  ['sinusoid', sinusoid],
  ['linearRegression', (options: Options) => linearRegression({ ...options, features: 3 }).dataset],
].map(([name, make]) => [name, make] as [string, (options: Options) => Dataset]);

const settings = { seed: 17, numRuns: 15 };
const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const sizes = fc.integer({ min: 5, max: 60 });

/** Rows of inputs and target, sorted as text, to compare sets of rows. */
const rowSet = ({ x, y }: Dataset): string[] => {
  const targets = y.data();
  return x
    .toArray<number[][]>()
    .map((row, i) => [...row, targets[i]].join())
    .sort();
};
const bits = ({ x, y }: Dataset): string => JSON.stringify([x.toArray(), y.toArray()]);

describe('every synthetic set', () => {
  test.each(all)('%s: the seed fixes it, another seed gives another one', (_, make) => {
    fc.assert(
      fc.property(seeds, sizes, (seed, n) => {
        const set = make({ n, noise: 0.2, seed });
        expect(bits(make({ n, noise: 0.2, seed }))).toBe(bits(set));
        expect(bits(make({ n, noise: 0.2, seed: seed + 1 }))).not.toBe(bits(set));
        expect(set.size).toBe(n);
      }),
      settings,
    );
  });

  test.each(all)('%s: shuffling only changes the order', (_, make) => {
    fc.assert(
      fc.property(seeds, sizes, (seed, n) => {
        const plain = make({ n, noise: 0.3, seed, shuffle: false });
        expect(rowSet(make({ n, noise: 0.3, seed }))).toEqual(rowSet(plain));
      }),
      settings,
    );
    expect(bits(make({ n: 50 }))).not.toBe(bits(make({ n: 50, shuffle: false })));
  });

  test.each(all)('%s: float32 is the rounding of float64', (_, make) => {
    const [single, double] = [make({ noise: 0.1 }), make({ noise: 0.1, dtype: 'float64' })];
    expect([single.x.dtype, double.x.dtype]).toEqual(['float32', 'float64']);
    expect(single.x.data()).toEqual(Float32Array.from(double.x.data()));
    if (single.classes === undefined) {
      expect(single.y.data()).toEqual(Float32Array.from(double.y.data()));
    } else {
      expect(single.y.dtype).toBe('int32');
    }
  });

  test.each(all)('%s: the noise has the standard deviation asked for', (name, make) => {
    const n = 2000;
    const of = (noise: number): number[] => {
      const set = make({ n, noise, seed: 4, shuffle: false, dtype: 'float64' });
      return Array.from((set.classes === undefined ? set.y : set.x).data());
    };
    const clean = of(0);
    const errors = of(0.5).map((v, i) => v - clean[i]!);
    const mean = errors.reduce((a, b) => a + b, 0) / errors.length;
    const std = Math.sqrt(errors.reduce((a, b) => a + b * b, 0) / errors.length);
    // Five standard errors of a mean and of a deviation: 0.5 / sqrt(m) and 0.5 / sqrt(2 m).
    expect(Math.abs(mean)).toBeLessThan((5 * 0.5) / Math.sqrt(errors.length));
    expect(Math.abs(std - 0.5)).toBeLessThan((5 * 0.5) / Math.sqrt(2 * errors.length));
    expect(make({ n: 9 }).name).toBe(name);
  });

  test.each(all)('%s: refuses bad options', (name, make) => {
    const js = (options: object): Options => options as Options;
    for (const n of [0, -3, 2.5, Number.NaN]) expect(() => make({ n })).toThrow(RangeError);
    for (const noise of [-1, Number.NaN, Infinity, js({ noise: '1' })!.noise]) {
      expect(() => make({ noise: noise as number })).toThrow(
        `${name}: noise must be a finite number >= 0, got `,
      );
    }
    expect(() => make({ dtype: 'int32' })).toThrow(
      `${name}: dtype must be float32 or float64, got 'int32'.`,
    );
    expect(() => make(js({ shuffle: 1 }))).toThrow(`${name}: shuffle must be true or false, got 1`);
    expect(() => make(js({ noize: 1 }))).toThrow(`${name}: unknown option "noize"`);
    expect(() => make({ seed: 1, key: random.key(1) })).toThrow('got both a seed and a key');
  });
});

describe('sets with classes', () => {
  test.each(classification)('%s of %i classes are balanced', (_, classes, make) => {
    fc.assert(
      fc.property(seeds, sizes, (seed, n) => {
        const counts = classCounts(make({ n, seed }));
        expect(counts.length).toBe(classes);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
      settings,
    );
  });

  test('moons and circles put the odd row into class 1, as scikit-learn', () => {
    expect(classCounts(moons({ n: 7 }))).toEqual([3, 4]);
    expect(classCounts(circles({ n: 7 }))).toEqual([3, 4]);
    expect(() => moons({ n: 1 })).toThrow('moons: n must be at least 2, one row per group, got 1.');
  });
});

const points = (set: Dataset): number[][] => set.x.toArray<number[][]>();
/** Of a few float64 operations on values of order 1. */
const close = 1e-15;

describe('geometry', () => {
  test('moons are the curves that scikit-learn documents', () => {
    const rows = points(moons({ n: 21, shuffle: false, dtype: 'float64' }));
    rows.forEach(([a, b], i) => {
      const angle = i < 10 ? (Math.PI * i) / 9 : (Math.PI * (i - 10)) / 10;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      expect(Math.abs(a! - (i < 10 ? c : 1 - c))).toBeLessThan(close);
      expect(Math.abs(b! - (i < 10 ? s : 0.5 - s))).toBeLessThan(close);
    });
  });

  test('circles have their radii and equal angles', () => {
    const rows = points(circles({ n: 15, factor: 0.3, shuffle: false, dtype: 'float64' }));
    rows.forEach(([a, b], i) => {
      const [r, u] = i < 7 ? [1, i / 7] : [0.3, (i - 7) / 8];
      expect(Math.abs(a! - r * Math.cos(2 * Math.PI * u))).toBeLessThan(close);
      expect(Math.abs(b! - r * Math.sin(2 * Math.PI * u))).toBeLessThan(close);
    });
    for (const factor of [-0.1, 1, Number.NaN]) {
      expect(() => circles({ factor })).toThrow(
        `circles: factor must be in [0, 1), got ${factor}.`,
      );
    }
  });

  test('the arms of a spiral are turned copies of each other', () => {
    const arms = 3;
    const rows = points(spirals({ n: 30, arms, shuffle: false, dtype: 'float64' }));
    rows.forEach(([a, b], i) => {
      const [r, k] = [((i % 10) + 1) / 10, Math.floor(i / 10)];
      const angle = 2 * Math.PI * (1.75 * r + k / arms);
      // The angle itself is rounded, at up to 15 radians.
      expect(Math.abs(a! - r * Math.cos(angle))).toBeLessThan(8 * close);
      expect(Math.abs(b! - r * Math.sin(angle))).toBeLessThan(8 * close);
    });
    expect(() => spirals({ arms: 1 })).toThrow('spirals: arms must be at least 2');
    expect(() => spirals({ turns: Infinity })).toThrow('spirals: turns must be a finite number');
  });

  test('xor has its classes by the signs and keeps the margin', () => {
    fc.assert(
      fc.property(seeds, fc.double({ min: 0, max: 0.99, noNaN: true }), (seed, margin) => {
        const set = xor({ n: 40, seed, margin, dtype: 'float64' });
        const labels = set.y.data();
        points(set).forEach(([a, b], i) => {
          expect(labels[i]).toBe(a! > 0 === b! > 0 ? 0 : 1);
          for (const v of [Math.abs(a!), Math.abs(b!)]) {
            expect(v >= margin && v > 0 && v <= 1).toBe(true);
          }
        });
      }),
      settings,
    );
    for (const margin of [-0.1, 1, Number.NaN]) expect(() => xor({ margin })).toThrow(RangeError);
  });
});

describe('blobs', () => {
  test('have the means and deviations asked for', () => {
    const n = 4000;
    const std = [0.5, 2];
    const set = blobs({
      n,
      centers: [
        [1, 2, 3],
        [-4, 5, 0],
      ],
      std,
      shuffle: false,
      dtype: 'float64',
    });
    const rows = points(set);
    [
      [1, 2, 3],
      [-4, 5, 0],
    ].forEach((center, k) => {
      const own = rows.slice((k * n) / 2, ((k + 1) * n) / 2);
      center.forEach((want, j) => {
        const mean = own.reduce((total, row) => total + row[j]!, 0) / own.length;
        const variance = own.reduce((total, row) => total + (row[j]! - mean) ** 2, 0) / own.length;
        expect(Math.abs(mean - want)).toBeLessThan((5 * std[k]!) / Math.sqrt(own.length));
        expect(Math.abs(Math.sqrt(variance) / std[k]! - 1)).toBeLessThan(5 / Math.sqrt(n));
      });
    });
  });

  test('the default pair is told apart by the sign of the sum but for one point in 428', () => {
    const n = 20000;
    const set = blobs({ n, seed: 8 });
    const labels = set.y.data();
    const wrong = points(set).filter(([a, b], i) => (a! + b! > 0 ? 1 : 0) !== labels[i]).length;
    expect(Math.abs(wrong - n / 428)).toBeLessThan(5 * Math.sqrt(n / 428));
  });

  test('drawn centers lie in the box, and do not depend on n', () => {
    const of = (n: number) =>
      blobs({ n, centers: 4, features: 3, std: 0, seed: 2, shuffle: false });
    const rows = points(of(4));
    expect(rows.flat().every((v) => v >= -10 && v < 10)).toBe(true);
    expect(points(of(8)).filter((_, i) => i % 2 === 0)).toEqual(rows);
    expect(classCounts(of(6))).toEqual([2, 2, 1, 1]);
  });

  test('refuse what does not fit', () => {
    const js = (options: object) => () => blobs(options as Parameters<typeof blobs>[0]);
    expect(js({ centers: [[1], [1, 2]] })).toThrow('equal length >= 1, got lengths [1, 2]');
    expect(js({ centers: [] })).toThrow('equal length');
    expect(js({ centers: [[Number.NaN]] })).toThrow(
      'every center must be a finite number, got NaN',
    );
    expect(js({ centers: 'two' })).toThrow(
      'centers must be a number or rows of numbers, got string',
    );
    expect(js({ centers: [[1], [2]], features: 1 })).toThrow('got both centers and features');
    expect(js({ std: [1, 2, 3] })).toThrow('3 standard deviations for 2 classes');
    expect(js({ std: -1 })).toThrow('std must be a finite number >= 0, got -1');
    expect(js({ centers: 0 })).toThrow(RangeError);
    expect(js({ centers: 5, n: 4 })).toThrow('n must be at least 5');
  });
});

describe('sinusoid', () => {
  test('follows the sine, on a grid or not', () => {
    for (const grid of [true, false]) {
      const domain = [-1, 3] as const;
      const wave = { frequency: 2, amplitude: 3, phase: 0.1, domain, grid };
      const { x, y } = sinusoid({ ...wave, dtype: 'float64', seed: 6 });
      const targets = y.data();
      const at = Array.from(x.data());
      at.forEach((v, i) => {
        const want = 3 * Math.sin(2 * Math.PI * (2 * v + 0.1));
        // The rounding of an argument of up to 39 radians.
        expect(Math.abs(targets[i]! - want)).toBeLessThan(3 * 39 * 2 ** -52);
      });
      expect(Math.min(...at)).toBeGreaterThanOrEqual(-1);
      expect(Math.max(...at)).toBeLessThanOrEqual(3);
      const steps = sorted(at)
        .map((v, i, list) => v - (list[i - 1] ?? v))
        .slice(1);
      const even = steps.every((step) => Math.abs(step - 4 / 99) < 1e-14);
      expect(even).toBe(grid);
    }
  });

  test('refuses an empty domain and too many periods', () => {
    expect(() => sinusoid({ domain: [1, 1] })).toThrow('finite min < max, got [1,1]');
    expect(() => sinusoid({ frequency: 100 })).toThrow('reaches 100; it must stay within -64');
    expect(() => sinusoid({ amplitude: Number.NaN })).toThrow('amplitude must be a finite number');
  });
});

describe('linearRegression', () => {
  test('without noise the targets are the model exactly, to rounding', () => {
    fc.assert(
      fc.property(seeds, sizes, (seed, n) => {
        const options = { n, features: 4, bias: 2, correlation: 0.7, seed } as const;
        const { dataset, weight } = linearRegression({ ...options, dtype: 'float64' });
        const w = weight.data();
        const y = dataset.y.data();
        points(dataset).forEach((row, i) => {
          const want = 2 + row.reduce((total, v, j) => total + v * w[j]!, 0);
          expect(Math.abs(y[i]! - want)).toBeLessThan(1e-13);
        });
      }),
      settings,
    );
  });

  test('inputs have variance 1 and the correlation asked for', () => {
    const n = 20000;
    const { dataset } = linearRegression({ n, features: 3, correlation: -0.6, dtype: 'float64' });
    const rows = points(dataset);
    const product = (i: number, j: number): number =>
      rows.reduce((total, row) => total + row[i]! * row[j]!, 0) / n;
    // A product of normals has variance at most 2.
    const slack = (5 * Math.SQRT2) / Math.sqrt(n);
    for (const [i, j, want] of [
      [0, 0, 1],
      [1, 1, 1],
      [2, 2, 1],
      [0, 1, -0.6],
      [1, 2, -0.6],
      [0, 2, 0.36],
    ] as const) {
      expect(Math.abs(product(i, j) - want)).toBeLessThan(slack);
    }
  });

  test('only informative inputs have weight; given weights are kept for other rows', () => {
    const { weight } = linearRegression({ features: 6, informative: 2, seed: 3 });
    expect(Array.from(weight.data(), (w) => w !== 0)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    const truth = [1, -2];
    const [a, b] = [1, 2].map((seed) => linearRegression({ weight: truth, seed }));
    expect(a!.weight.toArray()).toEqual(truth);
    expect(bits(a!.dataset)).not.toBe(bits(b!.dataset));
  });

  test('refuses what does not fit', () => {
    expect(() => linearRegression({ weight: [1, 2], features: 3 })).toThrow(
      '2 weights for 3 features',
    );
    expect(() => linearRegression({ weight: [1], informative: 1 })).toThrow(TypeError);
    expect(() => linearRegression({ features: 3, informative: 4 })).toThrow(
      'integer in [0, 3], got 4',
    );
    expect(() => linearRegression({ weight: [Number.NaN] })).toThrow(
      'every weight must be a finite',
    );
    expect(() => linearRegression({ weight: [] })).toThrow(RangeError);
    for (const correlation of [1, -1, Number.NaN]) {
      expect(() => linearRegression({ correlation })).toThrow('correlation must be in (-1, 1)');
    }
  });
});

import { describe, expect, test } from '@jest/globals';
import { random, type Tensor, tensor } from '@tikhonov/core';
import { double, numbers } from '../support.ts';
import {
  betaCdf,
  chiSquareProbability,
  gammaCdf,
  ksProbability,
  logGammaFunction,
  normalCdf,
} from './distribution-functions.ts';

// Seeds are fixed, so these tests pass or fail for good; were the seed free, each would fail with
// probability 1e-6.
const level = 1e-6;
const key = random.key(314159);
const n = 10_000;
const float64 = { dtype: 'float64' } as const;

describe('the distribution functions that the tests rest on', () => {
  test('have known values', () => {
    expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 12);
    expect(normalCdf(-3)).toBeCloseTo(0.0013498980316300933, 12);
    expect(gammaCdf(1, 2)).toBeCloseTo(1 - Math.exp(-2), 13);
    expect(gammaCdf(0.05, 1e-8)).toBeCloseTo(1e-8 ** 0.05 / Math.exp(logGammaFunction(1.05)), 9);
    expect(betaCdf(2, 3, 0.4)).toBeCloseTo(0.5248, 12);
    expect(betaCdf(0.5, 0.5, 0.3)).toBeCloseTo((2 / Math.PI) * Math.asin(Math.sqrt(0.3)), 11);
  });

  test('and see a distribution that is slightly off', () => {
    const x = numbers(random.normal(key, [n], { ...float64, mean: 0.09 }));
    expect(ksProbability(x, normalCdf)).toBeLessThan(level);
    expect(chiSquareProbability([1200, 1000, 1000], [1 / 3, 1 / 3, 1 / 3])).toBeLessThan(1e-4);
  });
});

/** Draws with their distribution functions, and the range in which floats can tell them apart. */
const continuous: readonly (readonly [
  string,
  (from: Tensor) => Tensor,
  (x: number) => number,
  (readonly [number, number])?,
])[] = [
  ['uniform', (k) => random.uniform(k, [n], float64), (x) => x],
  ['normal', (k) => random.normal(k, [n], float64), normalCdf],
  [
    'exponential',
    (k) => random.exponential(k, [n], { rate: 4, ...float64 }),
    (x) => -Math.expm1(-4 * x),
  ],
  [
    'gumbel',
    (k) => random.gumbel(k, [n], { loc: 1, scale: 2, ...float64 }),
    (x) => Math.exp(-Math.exp((1 - x) / 2)),
  ],
  [
    'laplace',
    (k) => random.laplace(k, [n], { loc: -1, scale: 3, ...float64 }),
    (x) => (x < -1 ? Math.exp((x + 1) / 3) / 2 : 1 - Math.exp(-(x + 1) / 3) / 2),
  ],
  ...[0.05, 0.3, 1, 2.5, 100].map(
    (alpha) =>
      [
        `gamma(${alpha})`,
        (k: Tensor) => random.gamma(k, alpha, [n], float64),
        (x: number) => gammaCdf(alpha, x),
        [1e-300, Infinity] as const,
      ] as const,
  ),
  [
    'gamma(2) of rate 5',
    (k) => random.gamma(k, 2, [n], { rate: 5, ...float64 }),
    (x) => gammaCdf(2, 5 * x),
  ],
  [
    'logGamma(0.001), most of which has no floats',
    (k) => random.logGamma(k, 0.001, [n], float64),
    (x) => Math.exp(0.001 * x - logGammaFunction(1.001)),
    [-Infinity, -20] as const,
  ],
  ...(
    [
      [2, 6],
      [0.5, 0.5],
      [0.05, 0.05],
      [0.05, 3],
      [40, 30],
    ] as const
  ).map(
    ([a, b]) =>
      [
        `beta(${a}, ${b})`,
        (k: Tensor) => random.beta(k, a, b, [n], float64),
        (x: number) => betaCdf(a, b, x),
        [1e-300, 1 - 1e-9] as const,
      ] as const,
  ),
  ...(
    [
      [-2, 2],
      [-0.5, 0.25],
      [0.5, Infinity],
      [-Infinity, -1.5],
      [1, 1.2],
      [-4, 0],
      [-Infinity, Infinity],
    ] as const
  ).map(
    ([min, max]) =>
      [
        `truncatedNormal on [${min}, ${max}]`,
        (k: Tensor) => random.truncatedNormal(k, [n], { min, max, ...float64 }),
        (x: number) => (normalCdf(x) - normalCdf(min)) / (normalCdf(max) - normalCdf(min)),
      ] as const,
  ),
  [
    'truncatedNormal with mean and std',
    (k) => random.truncatedNormal(k, [n], { min: 1, max: 4, mean: 5, std: 2, ...float64 }),
    (x) => (normalCdf((x - 5) / 2) - normalCdf(-2)) / (normalCdf(-0.5) - normalCdf(-2)),
  ],
  [
    // Mills' ratio: the tail beyond a is e^(-a s) for steps s << 1, to a relative 1 / a^2.
    'truncatedNormal beyond 1000 standard deviations',
    (k) => random.truncatedNormal(k, [n], { min: 1000, max: Infinity, ...float64 }),
    (x) => -Math.expm1(-1000 * (x - 1000)),
  ],
  [
    'dirichlet([0.3, 2, 1]), first share',
    (k) => firstShare(k),
    (x) => betaCdf(0.3, 3, x),
    [1e-300, 1],
  ],
];

const firstShare = (k: Tensor): Tensor => {
  const p = numbers(random.dirichlet(k, double([0.3, 2, 1]), [n], float64));
  return double(p.filter((_, i) => i % 3 === 0));
};

describe('Kolmogorov and Smirnov find no fault with', () => {
  test.each(continuous)('%s', (_name, ...[draw, cdf, range]) => {
    const x = numbers(draw(key));
    expect(x).toHaveLength(n);
    expect(x.every((value) => !Number.isNaN(value))).toBe(true);
    expect(ksProbability(x, cdf, range)).toBeGreaterThan(level);
  });
});

describe('truncated draws have the second moment of their formula', () => {
  // 1 - (b phi(b) - a phi(a)) / (Phi(b) - Phi(a)): a test of the acceptance alone, which distances of
  // distributions hardly see where the density is flat.
  test.each([
    [-1.2, 1.2],
    [0.2, 0.9],
    [0.5, 4],
    [-3, 3],
  ])('on [%d, %d]', (min, max) => {
    const count = 40_000;
    const x = numbers(random.truncatedNormal(key, [count], { min, max, ...float64 }));
    const density = (at: number): number => Math.exp((-at * at) / 2) / Math.sqrt(2 * Math.PI);
    const mass = normalCdf(max) - normalCdf(min);
    const want = 1 - (max * density(max) - min * density(min)) / mass;
    const squares = x.map((value) => value * value);
    const mean = squares.reduce((a, b) => a + b, 0) / count;
    const variance = squares.reduce((a, b) => a + (b - mean) ** 2, 0) / count;
    expect(Math.abs(mean - want) / Math.sqrt(variance / count)).toBeLessThan(4.9);
  });
});

describe('pearson finds no fault with', () => {
  const count = (draws: readonly number[], classes: number): number[] => {
    const counts = new Array<number>(classes).fill(0);
    for (const k of draws) counts[k]! += 1;
    return counts;
  };
  const weights = [1, 2, 0, 4, 3];
  const shares = weights.map((w) => w / 10);

  test('categorical, whatever the axis', () => {
    const logits = double(weights.map((w) => 7 + Math.log(w)));
    const flat = numbers(random.categorical(key, logits, { numSamples: n }));
    expect(chiSquareProbability(count(flat, 5), shares)).toBeGreaterThan(level);
    const columns = random.categorical(key, logits.reshape([5, 1]), { axis: 0, shape: [n] });
    expect(numbers(columns)).toEqual(flat);
  });

  test('choice with weights, with and without replacement', () => {
    const p = double(weights);
    const with1 = numbers(random.choice(key, 5, [n], { p }));
    expect(chiSquareProbability(count(with1, 5), shares)).toBeGreaterThan(level);
    // The ordered pairs without replacement: P(i, j) = w_i / 10 * w_j / (10 - w_i).
    const pairs = Array.from({ length: 1500 }, (_, i) => {
      const [a, b] = numbers(random.choice(random.foldIn(key, i), 5, [2], { p, replace: false }));
      return 5 * a! + b!;
    });
    const joint = weights.flatMap((a, i) =>
      weights.map((b, j) => (i === j ? 0 : (a / 10) * (b / (10 - a)))),
    );
    expect(chiSquareProbability(count(pairs, 25), joint)).toBeGreaterThan(level);
  });

  test('choice without weights', () => {
    const even = new Array<number>(6).fill(1 / 6);
    const drawn = numbers(random.choice(key, 6, [n]));
    expect(chiSquareProbability(count(drawn, 6), even)).toBeGreaterThan(level);
    const firsts = Array.from({ length: 1500 }, (_, i) =>
      numbers(random.choice(random.foldIn(key, i), 6, [2], { replace: false })),
    );
    expect(firsts.every(([a, b]) => a !== b)).toBe(true);
    const last = firsts.map(([, b]) => b!);
    expect(chiSquareProbability(count(last, 6), even)).toBeGreaterThan(level);
  });

  test('rademacher', () => {
    const up = numbers(random.rademacher(key, [n])).filter((s) => s === 1).length;
    expect(chiSquareProbability([up, n - up], [0.5, 0.5])).toBeGreaterThan(level);
  });

  test('randint', () => {
    const drawn = numbers(random.randint(key, [n], -3, 4)).map((k) => k + 3);
    expect(chiSquareProbability(count(drawn, 7), new Array<number>(7).fill(1 / 7))).toBeGreaterThan(
      level,
    );
  });
});

describe('independence', () => {
  const correlation = (a: readonly number[], b: readonly number[]): number => {
    const centre = (x: readonly number[]): number[] => {
      const mean = x.reduce((s, v) => s + v, 0) / x.length;
      return x.map((v) => v - mean);
    };
    const [u, v] = [centre(a), centre(b)];
    const dot = (x: readonly number[], y: readonly number[]): number =>
      x.reduce((s, value, i) => s + value * y[i]!, 0);
    return dot(u, v) / Math.sqrt(dot(u, u) * dot(v, v));
  };
  // P(|N(0, 1)| > 4.9) = 1e-6.
  const bound = 4.9 / Math.sqrt(n);

  test.each([
    ['gamma', (k: Tensor) => random.gamma(k, 2, [n], float64)],
    ['truncatedNormal', (k: Tensor) => random.truncatedNormal(k, [n], float64)],
    ['exponential', (k: Tensor) => random.exponential(k, [n], float64)],
    ['beta', (k: Tensor) => random.beta(k, 2, 3, [n], float64)],
  ] as const)('of %s: under split keys, folded keys and between neighbours', (_name, draw) => {
    const [a, b] = random.split(key).map((k) => numbers(draw(k)));
    const c = numbers(draw(random.foldIn(key, 0)));
    expect(Math.abs(correlation(a!, b!))).toBeLessThan(bound);
    expect(Math.abs(correlation(a!, c))).toBeLessThan(bound);
    expect(Math.abs(correlation(a!.slice(1), a!.slice(0, -1)))).toBeLessThan(bound);
  });

  test("a beta draw's two gammas and a dirichlet's are not the same ones", () => {
    // Equal gammas would make every beta 1/2 and every share 1/3.
    expect(new Set(numbers(random.beta(key, 2, 2, [50]))).size).toBe(50);
    expect(new Set(numbers(random.dirichlet(key, double([2, 2, 2])))).size).toBe(3);
  });

  test('the sign of a laplace draw does not depend on its size', () => {
    const x = numbers(random.laplace(key, [n], float64));
    const sizes = x.map(Math.abs);
    expect(Math.abs(correlation(x.map(Math.sign), sizes))).toBeLessThan(bound);
  });
});

describe('prefixes', () => {
  test('one element does not depend on how many attempts the others needed', () => {
    const alphas = double([0.1, 50, 2, 0.1]);
    const other = double([3, 50, 2, 0.1]);
    const [a, b] = [numbers(random.gamma(key, alphas)), numbers(random.gamma(key, other))];
    expect(a.slice(1)).toEqual(b.slice(1));
    expect(a[0]).not.toBe(b[0]);
    const long = numbers(random.truncatedNormal(key, [100]));
    expect(numbers(random.truncatedNormal(key, [10]))).toEqual(long.slice(0, 10));
  });
});

describe('small parameters', () => {
  test('beta of tiny parameters is 0 or 1, never 0/0', () => {
    for (const a of [0.05, 1e-3, 1e-10, 1e-300, 5e-324]) {
      const x = numbers(random.beta(key, a, a, [1000], float64));
      expect(x.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
    const tiny = numbers(random.beta(key, 1e-10, 1e-10, [1000], float64));
    const ones = tiny.filter((x) => x === 1).length;
    expect(tiny.every((x) => x === 0 || x === 1)).toBe(true);
    expect(chiSquareProbability([ones, 1000 - ones], [0.5, 0.5])).toBeGreaterThan(level);
  });

  test('dirichlet of tiny parameters picks a corner', () => {
    const p = numbers(random.dirichlet(key, double([1e-9, 1e-9, 1e-9]), [300], float64));
    expect(p.filter((x) => x === 1)).toHaveLength(300);
    expect(p.filter((x) => x === 0)).toHaveLength(600);
  });

  test('gamma of a large parameter keeps its spread', () => {
    const alpha = 1e12;
    const x = numbers(random.gamma(key, alpha, [n], float64));
    const z = x.map((value) => (value - alpha) / Math.sqrt(alpha));
    expect(ksProbability(z, normalCdf)).toBeGreaterThan(level);
  });
});

test('first draws are pinned: a platform or a change that moves a bit shows here', () => {
  const from = random.key(42);
  const three = tensor([0.5, 1, 4]);
  expect({
    exponential: numbers(random.exponential(from, [2], float64)),
    gumbel: numbers(random.gumbel(from, [2], float64)),
    laplace: numbers(random.laplace(from, [2], float64)),
    gamma: numbers(random.gamma(from, double([0.05, 3]), [2], float64)),
    logGamma: numbers(random.logGamma(from, 0.001, [2], float64)),
    beta: numbers(random.beta(from, 0.5, 2, [2], float64)),
    dirichlet: numbers(random.dirichlet(from, three, [], float64)),
    truncated: numbers(random.truncatedNormal(from, [2], float64)),
    tail: numbers(random.truncatedNormal(from, [2], { min: 5, max: Infinity, ...float64 })),
    narrow: numbers(random.truncatedNormal(from, [2], { min: 0, max: 0.5, ...float64 })),
    float32: numbers(random.gamma(from, 2, [2])),
    rademacher: numbers(random.rademacher(from, [6], { dtype: 'int32' })),
    categorical: numbers(random.categorical(from, three, { numSamples: 8 })),
    choice: numbers(random.choice(from, 10, [4], { replace: false })),
    weighted: numbers(random.choice(from, 3, [3], { replace: false, p: three })),
  }).toEqual({
    exponential: [0.1403564689203969, 1.8929127734012428],
    gumbel: [1.96356988589052, -0.6381167926664597],
    laplace: [0.1403564689203969, -1.8929127734012428],
    gamma: [0.13975373858937098, 1.9001482309530795],
    logGamma: [-80.63193474835701, -80.17225455701903],
    beta: [0.1861756136891059, 0.0029082228633242235],
    dirichlet: [0.1886383914427968, 0.06303658012337802, 0.7483250284338251],
    truncated: [-1.956525723738412, 0.14190707103444689],
    tail: [5.453295671577165, 5.056586324794927],
    narrow: [0.04750490508124211, 0.37270191476022546],
    float32: [1.633392572402954, 1.0782561302185059],
    rademacher: [1, -1, 1, -1, 1, -1],
    categorical: [2, 2, 2, 0, 2, 2, 2, 2],
    choice: [6, 3, 5, 7],
    weighted: [2, 0, 1],
  });
});

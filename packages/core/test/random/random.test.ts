import { describe, expect, test } from '@jest/globals';
import { random, type Tensor, tensor } from '@tikhonov/core';
import { cosOfTurn, logOfFraction } from '../../src/random/portable.ts';
import { threefry2x32 } from '../../src/random/threefry.ts';
import { numbers } from '../support.ts';

const block = (key: readonly [number, number], counter: readonly [number, number]): number[] => {
  const out = new Uint32Array(2);
  threefry2x32(key[0], key[1], counter[0], counter[1], out, 0);
  return [...out];
};

/**
 * The seeds are fixed, so these tests pass or fail for good; were the seed free, each would fail with
 * about the probability beside its bound.
 */
const key = random.key(271828);

describe('threefry2x32', () => {
  test('has the known answers of its authors', () => {
    expect(block([0, 0], [0, 0])).toEqual([0x6b200159, 0x99ba4efe]);
    const ones = 0xffffffff;
    expect(block([ones, ones], [ones, ones])).toEqual([0x1cb996fc, 0xbb002be7]);
    expect(block([0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3])).toEqual([
      0xc4923a9c, 0x483df7a0,
    ]);
  });
});

describe('the polynomials behind normal draws', () => {
  const words = [0, 1, 2, 3, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1];
  for (let i = 0; i < 20_000; i++) words.push(Math.imul(i, 0x9e3779b1) >>> 0);

  test('log agrees with Math.log to 4e-16 (1 + |log|)', () => {
    const worst = Math.max(
      ...words.map((word) => {
        const want = Math.log((word + 1) / 2 ** 32);
        return Math.abs(logOfFraction(word) - want) / (1 + Math.abs(want));
      }),
    );
    expect(worst).toBeLessThan(4e-16);
    expect(logOfFraction(2 ** 32 - 1)).toBe(0);
  });

  test('cos agrees with Math.cos to 1e-15', () => {
    const worst = Math.max(
      ...words.map((word) => Math.abs(cosOfTurn(word) - Math.cos((2 * Math.PI * word) / 2 ** 32))),
    );
    expect(worst).toBeLessThan(1e-15);
  });
});

describe('first draws', () => {
  const hex = (x: Tensor): string =>
    numbers(x)
      .map((word) => word.toString(16))
      .join(' ');

  test('of bits are pinned', () => {
    expect(hex(random.bits(random.key(0), [2]))).toBe(
      [...block([0, 0], [0, 0]), ...block([0, 0], [1, 0])].map((w) => w.toString(16)).join(' '),
    );
  });

  test('of each kind are the same to the last bit on every platform', () => {
    const from = random.key(42);
    expect({
      uniform: numbers(random.uniform(from, [2])),
      uniform64: numbers(random.uniform(from, [2], { dtype: 'float64' })),
      normal: numbers(random.normal(from, [2])),
      normal64: numbers(random.normal(from, [2], { dtype: 'float64' })),
      bernoulli: numbers(random.bernoulli(from, [8], 0.5)),
      randint: numbers(random.randint(from, [4], -5, 5)),
      permutation: numbers(random.permutation(from, 6)),
      foldIn: numbers(random.foldIn(from, 'layer')),
      split: random.split(from).map(numbers),
      big: numbers(random.key(2 ** 40 + 7)),
    }).toEqual({
      uniform: [0.8690483570098877, 0.15063238143920898],
      uniform64: [0.8690483965743594, 0.1506324111875399],
      normal: [-0.19582544267177582, 1.943703293800354],
      normal64: [-0.19582543798022464, 1.9437032890712425],
      bernoulli: [0, 1, 0, 1, 0, 1, 0, 0],
      randint: [3, -4, 0, -3],
      permutation: [0, 3, 5, 1, 2, 4],
      foldIn: [4020896556, 1011162387],
      split: [
        [615846632, 930786413],
        [3370116004, 3392916718],
      ],
      big: [7, 256],
    });
  });
});

describe('uniform', () => {
  const n = 200_000;

  test('stays in [0, 1) and is not constant', () => {
    const u = numbers(random.uniform(key, [n]));
    expect(u.every((x) => x >= 0 && x < 1)).toBe(true);
    expect(Math.min(...u.slice(0, 100))).toBeLessThan(0.1);
  });

  test('has the moments of the distribution', () => {
    const u = numbers(random.uniform(key, [n], { dtype: 'float64' }));
    const z = (u.reduce((a, b) => a + b, 0) / n - 0.5) / Math.sqrt(1 / 12 / n);
    expect(Math.abs(z)).toBeLessThan(4.9); // 1e-6
    const squares = u.reduce((a, b) => a + b * b, 0) / n;
    expect(Math.abs(squares - 1 / 3) / Math.sqrt(4 / 45 / n)).toBeLessThan(4.9);
  });

  test('fills 100 bins evenly', () => {
    const bins = new Array<number>(100).fill(0);
    for (const x of numbers(random.uniform(key, [n]))) bins[Math.floor(x * 100)]! += 1;
    const chi2 = bins.reduce((total, count) => total + (count - n / 100) ** 2 / (n / 100), 0);
    // 99 degrees of freedom: above 175 or below 48 with probability 5e-6 each.
    expect(chi2).toBeLessThan(175);
    expect(chi2).toBeGreaterThan(48);
  });

  test('maps to [min, max)', () => {
    const u = numbers(random.uniform(key, [1000], { min: -2, max: 3, dtype: 'float64' }));
    expect(u.every((x) => x >= -2 && x < 3)).toBe(true);
  });
});

describe('normal', () => {
  const n = 200_000;
  const z = numbers(random.normal(key, [n], { dtype: 'float64' }));
  const moment = (k: number): number => z.reduce((a, b) => a + b ** k, 0) / n;

  test.each([
    [1, 0, 1],
    [2, 1, 2],
    [3, 0, 15],
    [4, 3, 96],
  ])('has moment %i of %i', (k, want, variance) => {
    expect(Math.abs(moment(k) - want) / Math.sqrt(variance / n)).toBeLessThan(4.9);
  });

  test('neighbours are uncorrelated', () => {
    const c = z.slice(1).reduce((a, x, i) => a + x * z[i]!, 0) / (n - 1);
    expect(Math.abs(c) * Math.sqrt(n)).toBeLessThan(4.9);
  });

  test('takes mean and std', () => {
    const x = numbers(random.normal(key, [1000], { mean: 5, std: 2, dtype: 'float64' }));
    const plain = numbers(random.normal(key, [1000], { dtype: 'float64' }));
    expect(x).toEqual(plain.map((v) => v * 2 + 5));
  });
});

describe('bernoulli', () => {
  test('is exact at 0 and 1', () => {
    expect(new Set(numbers(random.bernoulli(key, [1000], 0)))).toEqual(new Set([0]));
    expect(new Set(numbers(random.bernoulli(key, [1000], 1)))).toEqual(new Set([1]));
  });

  test('has its frequency, and takes a tensor', () => {
    const n = 100_000;
    const hits = numbers(random.bernoulli(key, [n], tensor(0.3))).reduce((a, b) => a + b, 0);
    expect(Math.abs(hits - 0.3 * n) / Math.sqrt(0.21 * n)).toBeLessThan(4.9);
  });
});

describe('permutation', () => {
  test('is a permutation', () => {
    for (const n of [0, 1, 2, 17, 1000]) {
      const sorted = numbers(random.permutation(random.foldIn(key, n), n)).sort((a, b) => a - b);
      expect(sorted).toEqual(Array.from({ length: n }, (_, i) => i));
    }
  });

  test('is uniform for n = 3', () => {
    const counts = new Map<string, number>();
    const n = 12_000;
    for (let i = 0; i < n; i++) {
      const order = numbers(random.permutation(random.foldIn(key, i), 3)).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    const chi2 = [...counts.values()].reduce((a, c) => a + (c - n / 6) ** 2 / (n / 6), 0);
    expect(counts.size).toBe(6);
    expect(chi2).toBeLessThan(35); // 5 degrees of freedom: 1.5e-6
  });
});

describe('keys', () => {
  test('folding in different data, splitting and drawing are independent', () => {
    const seen = new Set<string>();
    const note = (k: Tensor): unknown => seen.add(numbers(k).join());
    for (let i = 0; i < 500; i++) note(random.foldIn(key, i));
    for (const k of random.split(key, 500)) note(k);
    for (const name of ['a', 'b', 'ab', 'ba']) note(random.foldIn(key, name));
    note(key);
    expect(seen.size).toBe(1005);
  });

  test('draws under folded keys are uncorrelated', () => {
    const n = 50_000;
    const [a, b] = [0, 1].map((i) =>
      numbers(random.normal(random.foldIn(key, i), [n], { dtype: 'float64' })),
    );
    const c = a!.reduce((total, x, i) => total + x * b![i]!, 0) / Math.sqrt(n);
    expect(Math.abs(c)).toBeLessThan(4.9);
  });

  test('a number and the same number as a tensor fold in alike', () => {
    const one = tensor(7, { dtype: 'int32' });
    expect(numbers(random.foldIn(key, one))).toEqual(numbers(random.foldIn(key, 7)));
  });

  test('a longer draw starts with the shorter one', () => {
    const long = numbers(random.uniform(key, [100]));
    expect(numbers(random.uniform(key, [10]))).toEqual(long.slice(0, 10));
    expect(numbers(random.uniform(key, [5, 2]))).toEqual(long.slice(0, 10));
  });

  test('a generator never repeats, and equal seeds agree', () => {
    const [one, two] = [new random.Generator(3), new random.Generator(3)];
    const keys = Array.from({ length: 200 }, () => numbers(one.next()).join());
    expect(new Set(keys).size).toBe(200);
    expect(Array.from({ length: 200 }, () => numbers(two.next()).join())).toEqual(keys);
  });
});

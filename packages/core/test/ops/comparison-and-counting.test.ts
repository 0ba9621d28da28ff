import { describe, expect, test } from '@jest/globals';
import {
  allClose,
  bincount,
  cummax,
  cummin,
  cumsum,
  einsum,
  erf,
  erfinv,
  exp,
  grad,
  isClose,
  log,
  logcumsumexp,
  logicalXor,
  nanToNum,
  normalize,
  ones,
  random,
  searchsorted,
  stack,
  sum,
  tensor,
  tensordot,
  vmap,
  where,
  zeros,
} from '../../src/index.ts';
import { distance, double, noise, numbers, thrown } from '../support.ts';

const int = (values: Parameters<typeof tensor>[0]): ReturnType<typeof tensor> =>
  tensor(values, { dtype: 'int32' });

describe('isClose and allClose', () => {
  test('compare as NumPy does, infinities and NaN included', () => {
    const x = double([1, 1, Infinity, Infinity, 5, NaN]);
    const y = double([1 + 9e-6, 1 + 1.1e-5, Infinity, -Infinity, Infinity, NaN]);
    expect(isClose(x, y).toArray()).toEqual([true, false, true, false, false, false]);
    expect(isClose(x, y, { equalNan: true }).toArray()).toEqual([
      true,
      false,
      true,
      false,
      false,
      true,
    ]);
    expect(isClose(int([2 ** 31 - 1]), int([-(2 ** 31)])).toArray()).toEqual([false]);
  });

  test('allClose is a bool scalar', () => {
    expect(allClose(ones([2, 2]), ones([2]), { rtol: 0, atol: 0 }).toArray()).toBe(true);
    expect(allClose(ones([2]), zeros([2])).item()).toBe(0);
    expect(allClose(ones([2]), zeros([2]), { atol: 1 }).dtype).toBe('bool');
    expect(thrown(() => allClose(ones([1]), ones([1]), { rtol: -1 })).message).toContain(
      'allClose: rtol and atol must be finite and >= 0, got -1 and 1e-8.',
    );
  });
});

test('logicalXor is true where the two differ', () => {
  const [a, b] = [tensor([true, true, false]), tensor([true, false, false])];
  expect(logicalXor(a, b).toArray()).toEqual([false, true, false]);
  expect(thrown(() => logicalXor(ones([1]), ones([1]))).message).toContain(
    'logicalXor: needs bool',
  );
});

test('nanToNum replaces, with gradient 0 there', () => {
  const x = tensor([NaN, Infinity, -Infinity, 2]);
  expect(nanToNum(x).toArray()).toEqual([0, 3.4028234663852886e38, -3.4028234663852886e38, 2]);
  expect(nanToNum(double([Infinity])).item()).toBe(Number.MAX_VALUE);
  expect(grad((z) => nanToNum(z, { nan: 1, posinf: 2, neginf: 3 }).sum())(x).toArray()).toEqual([
    0, 0, 0, 1,
  ]);
  expect(nanToNum(int([3])).dtype).toBe('int32');
});

describe('tensordot', () => {
  test('is the einsum of its axes', () => {
    const [x, y] = [noise([2, 3, 4], 1), noise([3, 4, 5], 2)];
    expect(distance(tensordot(x, y), einsum('abc,bcd->ad', x, y))).toBeLessThan(1e-15);
    const crossed = tensordot(x, noise([4, 6, 2], 3), {
      axes: [
        [-1, 0],
        [0, 2],
      ],
    });
    expect(distance(crossed, einsum('abc,cda->bd', x, noise([4, 6, 2], 3)))).toBeLessThan(1e-15);
    expect(tensordot(x, y, { axes: 0 }).shape).toEqual([2, 3, 4, 3, 4, 5]);
  });

  test('names bad axes', () => {
    const x = ones([2, 3]);
    expect(thrown(() => tensordot(x, x, { axes: 1 })).message).toBe(
      'tensordot: axes [1] of [2, 3] and [0] of [2, 3] differ in size.',
    );
    expect(thrown(() => tensordot(x, x, { axes: 3 })).message).toContain('got 3');
    expect(
      thrown(() =>
        tensordot(x, x, {
          axes: [
            [0, 0],
            [0, 1],
          ],
        }),
      ).message,
    ).toContain('none twice');
    expect(thrown(() => tensordot(x, x, { axes: [[0, 1], [0]] })).message).toContain('cannot pair');
  });
});

describe('running extremes and sums', () => {
  test('agree with a loop, with the first of equals, in every direction', () => {
    const x = tensor([
      [3, 1, 3, 4, 0],
      [2, 2, 1, 5, 5],
    ]);
    expect(cummax(x, { axis: 1 }).values.toArray()).toEqual([
      [3, 3, 3, 4, 4],
      [2, 2, 2, 5, 5],
    ]);
    expect(cummax(x, { axis: 1 }).indices.toArray()).toEqual([
      [0, 0, 0, 3, 3],
      [0, 0, 0, 3, 3],
    ]);
    expect(cummin(x, { axis: -1 }).indices.toArray()).toEqual([
      [0, 1, 1, 1, 4],
      [0, 0, 2, 2, 2],
    ]);
    expect(cummin(x).values.toArray()).toEqual([
      [3, 1, 3, 4, 0],
      [2, 1, 1, 4, 0],
    ]);
    expect(cummax(zeros([0])).values.shape).toEqual([0]);
  });

  test('keep NaN, and send gradients to the winners', () => {
    expect(cummax(tensor([1, NaN, 3])).values.toArray()).toEqual([1, NaN, NaN]);
    expect(cummin(tensor([NaN, NaN, 0])).indices.toArray()).toEqual([0, 0, 0]);
    expect(grad((x) => cummax(x).values.sum())(tensor([1, 3, 2])).toArray()).toEqual([1, 2, 0]);
  });

  test('logcumsumexp is the logarithm of cumsum of exp, without overflow', () => {
    const x = noise([7, 3], 4);
    expect(distance(logcumsumexp(x), log(cumsum(exp(x))))).toBeLessThan(4e-16);
    const slope = grad((z) => logcumsumexp(z).sum());
    expect(distance(slope(x), grad((z) => log(cumsum(exp(z))).sum())(x))).toBeLessThan(4e-15);
    expect(numbers(logcumsumexp(double([1000, -Infinity, 1000])))).toEqual([
      1000,
      1000,
      1000 + Math.LN2,
    ]);
    expect(thrown(() => logcumsumexp(int([1]))).message).toContain('logcumsumexp: needs float32');
  });
});

describe('counting', () => {
  test('bincount counts, and adds weights with their gradient', () => {
    const x = int([
      [0, 2],
      [2, 1],
    ]);
    expect(bincount(x, 4).toArray()).toEqual([1, 1, 2, 0]);
    expect(bincount(zeros([0], { dtype: 'int32' }), 2).toArray()).toEqual([0, 0]);
    const pick = double([1, 10, 100]);
    const slope = grad((w) => sum(bincount(x, 3, { weights: w }).mul(pick)))(
      double([
        [1, 1],
        [1, 1],
      ]),
    );
    expect(slope.toArray()).toEqual([
      [1, 100],
      [100, 10],
    ]);
    expect(thrown(() => bincount(x, 2)).message).toBe('bincount: values must lie in [0, 2).');
    expect(thrown(() => bincount(ones([1]), 2)).message).toContain(
      'bincount: needs int32 or uint32',
    );
    expect(thrown(() => bincount(x, 3, { weights: ones([4]) })).message).toContain(
      'must have the shape',
    );
  });

  test('searchsorted finds what a scan finds', () => {
    for (const n of [0, 1, 2, 3, 5, 8, 9]) {
      const line = Array.from({ length: n }, (_, i) => Math.floor(i / 2));
      const wanted = [-1, 0, 0.5, 1, 2, 3, 4, 9];
      const [left, right] = (['left', 'right'] as const).map((side) =>
        searchsorted(double(line), double(wanted), { side }).toArray(),
      );
      expect(left).toEqual(wanted.map((v) => line.filter((a) => a < v).length));
      expect(right).toEqual(wanted.map((v) => line.filter((a) => a <= v).length));
    }
  });

  test('searchsorted puts NaN last and names mistakes', () => {
    const line = tensor([1, 2, NaN, NaN]);
    expect(searchsorted(line, tensor([[NaN, 3]])).toArray()).toEqual([[2, 2]]);
    expect(searchsorted(line, NaN, { side: 'right' }).item()).toBe(4);
    expect(thrown(() => searchsorted(ones([1, 1]), 1)).message).toContain('needs a sorted vector');
    expect(thrown(() => searchsorted(ones([1]), int([1]))).message).toContain(
      "y.astype('float32')",
    );
  });
});

describe('erfinv', () => {
  test('inverts erf to a few units in the last place, and its tails', () => {
    const x = double([
      -0.999999, -0.9, -0.5, -1e-3, -1e-20, 0, 1e-300, 0.3, 0.49999, 0.5, 0.7, 0.99,
    ]);
    // erf is within 4 ulp, its inverse too; the slope of erf is at most 1.13 relative to its value.
    expect(distance(erf(erfinv(x)), x)).toBeLessThan(8 * 2 ** -53);
    expect(numbers(erfinv(double([-1, 1, 2, NaN])))).toEqual([-Infinity, Infinity, NaN, NaN]);
    expect(Object.is(erfinv(double(-0)).item(), -0)).toBe(true);
    // By Newton's method in 60 decimal digits.
    expect(erfinv(double(0.5)).item()).toBeCloseTo(0.4769362762044699, 15);
    expect(erfinv(double(1 - 2 ** -53)).item()).toBeCloseTo(5.863584748755168, 14);
    expect(erfinv(double(1e-20)).item() / 8.86226925452758e-21).toBeCloseTo(1, 14);
  });

  test('has the reciprocal of the slope of erf, and a rule for vmap', () => {
    const x = double([-0.8, 0, 0.3]);
    const slopes = grad((z) => erfinv(z).sum())(x);
    const back = grad((z) => erf(z).sum())(erfinv(x));
    expect(distance(slopes.mul(back), double([1, 1, 1]))).toBeLessThan(1e-14);
    expect(vmap((z) => erfinv(z))(x).toArray()).toEqual(erfinv(x).toArray());
  });
});

describe('normalize', () => {
  test('divides by the norm, or by eps', () => {
    expect(
      normalize(
        double([
          [3, 4],
          [0, 0],
          [3e200, 0],
        ]),
      ).toArray(),
    ).toEqual([
      [0.6, 0.8],
      [0, 0],
      [1, 0],
    ]);
    expect(normalize(double([1, 3]), { p: 1, axis: 0 }).toArray()).toEqual([0.25, 0.75]);
    expect(normalize(double([[1, 0]]), { eps: 2 }).toArray()).toEqual([[0.5, 0]]);
    expect(normalize(double([0, 0]), { axis: 0, eps: 0 }).toArray()).toEqual([0, 0]);
    expect(thrown(() => normalize(double([1]), { axis: 0, eps: -1 })).message).toContain(
      'normalize: eps must be',
    );
    expect(thrown(() => normalize(double([1]), { axis: 0, p: 0 })).message).toContain(
      'normalize: p must be > 0',
    );
  });

  test('has a gradient orthogonal to the vector', () => {
    const x = noise([1, 5], 6);
    const slope = grad((z) => sum(normalize(z).mul(noise([1, 5], 7))))(x);
    expect(Math.abs(sum(slope.mul(x)).item())).toBeLessThan(1e-15);
    expect(numbers(grad((z) => normalize(z, { eps: 1 }).sum())(zeros([1, 2])))).toEqual([1, 1]);
  });
});

describe('random.poisson and random.shuffle', () => {
  test.each([0.3, 4, 9.99, 10, 37.5, 1e4])(
    'rate %p: mean, variance and the third moment',
    (rate) => {
      const n = 40_000;
      const x = random.poisson(random.key(11), rate, [n]).astype('float64');
      const d = x.sub(rate);
      // Four standard errors of the mean, of the variance and of the third central moment.
      expect(Math.abs(d.mean().item())).toBeLessThan(4 * Math.sqrt(rate / n));
      const second = d.mul(d).mean().item();
      expect(Math.abs(second - rate)).toBeLessThan(4 * Math.sqrt((2 * rate ** 2 + rate) / n));
      const third = d.mul(d).mul(d).mean().item();
      const spread = 15 * rate ** 3 + 25 * rate ** 2 + rate;
      expect(Math.abs(third - rate)).toBeLessThan(4 * Math.sqrt(spread / n));
    },
  );

  test('frequencies are those of the distribution on both sides of the change of method', () => {
    const n = 40_000;
    for (const rate of [9, 11]) {
      const counts = numbers(bincount(random.poisson(random.key(3), rate, [n]), 60));
      let chi = 0;
      let p = Math.exp(-rate);
      for (let k = 0; k < 25; k++, p *= rate / k)
        if (n * p > 5) chi += (counts[k]! - n * p) ** 2 / (n * p);
      // At most 24 cells: the chance of more than 60 is below 1e-4.
      expect(chi).toBeLessThan(60);
    }
  });

  test('poisson takes rates of 0 and tensors, and refuses others', () => {
    const key = random.key(0);
    expect(random.poisson(key, 0, [3]).toArray()).toEqual([0, 0, 0]);
    expect(random.poisson(key, double([[1], [2]]), [2, 4]).shape).toEqual([2, 4]);
    expect(random.poisson(key, tensor([1, 2])).dtype).toBe('int32');
    expect(thrown(() => random.poisson(key, -1, [1])).message).toContain(
      'the rate must be in [0, 1e9], got -1.',
    );
    expect(thrown(() => random.poisson(key, NaN, [1])).message).toContain(
      'the rate must be in [0, 1e9]',
    );
    expect(thrown(() => random.poisson(key, ones([3]), [2])).message).toContain(
      'does not broadcast',
    );
  });

  test('shuffle reorders whole slices, as permutation says', () => {
    const key = random.key(5);
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const rows = numbers(random.permutation(key, 3));
    const columns = stack(
      rows.map((k) => x.matmul(where(tensor([0, 1, 2].map((i) => i === k)), 1, 0))),
      { axis: 1 },
    );
    expect(random.shuffle(key, x, { axis: 1 }).toArray()).toEqual(columns.toArray());
    expect(thrown(() => random.shuffle(key, x, { axis: 2 })).message).toContain(
      'random.shuffle: axis 2',
    );
  });
});

import { describe, expect, test } from '@jest/globals';
import {
  clamp,
  DTypeError,
  exp2,
  isFinite as finite,
  grad,
  hvp,
  hypot,
  isInf,
  lerp,
  logaddexp,
  maskedFill,
  isNaN as nan,
  reciprocal,
  rsqrt,
  ShapeError,
  sum,
  type Tensor,
  tan,
  tensor,
} from '@tikhonov/core';
import { double, noise, numbers, thrown } from '../support.ts';

type Binary = (x: Tensor, y: Tensor) => Tensor;

/** Both gradients of an elementwise function of two tensors. */
const slopes = (f: Binary, x: readonly number[], y: readonly number[]): readonly number[][] => {
  const g = grad((p: { x: Tensor; y: Tensor }) => sum(f(p.x, p.y)))({
    x: double([...x]),
    y: double([...y]),
  });
  return [numbers(g.x), numbers(g.y)];
};

describe('logaddexp', () => {
  test('is right without overflow, and keeps the digits of a tiny rest', () => {
    expect(logaddexp(double([1000, -1000]), double([1000, -1000])).toArray()).toEqual([
      1000 + Math.LN2,
      -1000 + Math.LN2,
    ]);
    expect(logaddexp(double([0]), -50).item()).toBe(Math.log1p(Math.exp(-50)));
    expect(logaddexp(double([-1e20]), 1).item()).toBe(1);
    expect(logaddexp(double([1e308]), -1e308).item()).toBe(1e308);
  });

  test('has exact derivatives at a tie: 1/2 each, then 1/4 and -1/4, then 0', () => {
    expect(slopes(logaddexp, [3], [3])).toEqual([[0.5], [0.5]]);
    const f = (x: Tensor, y: Tensor): Tensor => sum(logaddexp(x, y));
    const [along, across] = hvp(f, [double([3]), double([3])], [double([1]), double([0])]);
    expect([along.item(), across.item()]).toEqual([0.25, -0.25]);
    const third = (x: Tensor): Tensor => {
      const d = (g: (x: Tensor) => Tensor): ((x: Tensor) => Tensor) =>
        grad((z: Tensor) => sum(g(z)));
      return d(d(d((z) => logaddexp(z, 3))))(x);
    };
    expect(Math.abs(third(double([3])).item())).toBe(0);
  });

  test('is right at the infinities, and its gradient finite', () => {
    const x = [-Infinity, -Infinity, Infinity, Infinity, Infinity];
    const y = [-Infinity, 2, 2, Infinity, -Infinity];
    expect(logaddexp(double(x), double(y)).toArray()).toEqual([
      -Infinity,
      2,
      Infinity,
      Infinity,
      Infinity,
    ]);
    expect(slopes(logaddexp, x, y)).toEqual([
      [0, 0, 1, 0, 1],
      [0, 1, 0, 0, 0],
    ]);
    expect(logaddexp(double([NaN, 1, Infinity]), double([1, NaN, NaN])).toArray()).toEqual([
      NaN,
      NaN,
      NaN,
    ]);
  });
});

describe('hypot', () => {
  test('does not overflow or underflow, in value and gradient', () => {
    for (const size of [1e-300, 1, 1e300]) {
      expect(hypot(double([3 * size]), 4 * size).item() / (5 * size)).toBeCloseTo(1, 14);
      const [x, y] = slopes(hypot, [3 * size], [4 * size]);
      expect(x![0]).toBeCloseTo(0.6, 14);
      expect(y![0]).toBeCloseTo(0.8, 14);
    }
    expect(hypot(tensor([3e38]), tensor([1e38])).item()).toBeCloseTo(3.1622776e38, -32);
  });

  test('has gradient 0 at the origin, at second order too', () => {
    expect(slopes(hypot, [0], [0])).toEqual([[0], [0]]);
    const f = (x: Tensor, y: Tensor): Tensor => sum(hypot(x, y));
    const products = hvp(f, [double([0]), double([0])], [double([1]), double([1])]);
    expect(products.map((h) => h.item())).toEqual([0, 0]);
  });

  test('is infinite beside an infinite side, with the gradient of that side alone', () => {
    const [x, y] = [
      [Infinity, 1, -Infinity, NaN],
      [1, -Infinity, NaN, 1],
    ] as const;
    expect(hypot(double(x), double(y)).toArray()).toEqual([Infinity, Infinity, Infinity, NaN]);
    const [dx, dy] = slopes(hypot, x.slice(0, 2), y.slice(0, 2));
    expect(dx).toEqual([1, 0]);
    expect(dy).toEqual([0, -1]);
  });
});

describe('lerp', () => {
  test('meets both ends to the last bit', () => {
    const [a, b] = [noise([200], 1), noise([200], 2)];
    expect(lerp(a, b, 0).toArray()).toEqual(a.toArray());
    expect(lerp(a, b, 1).toArray()).toEqual(b.toArray());
    // a + (b - a) does not, for some.
    expect(b.sub(a).add(a).toArray()).not.toEqual(b.toArray());
  });

  test('broadcasts its weight, takes the dtype of whichever is a tensor, and has all gradients', () => {
    expect(lerp(double([0, 2]), double([4, 4]), double([[0.25], [0.75]])).toArray()).toEqual([
      [1, 2.5],
      [3, 3.5],
    ]);
    expect(lerp(0, 1, double([0.1])).dtype).toBe('float64');
    const g = grad((p: readonly [Tensor, Tensor, Tensor]) => sum(lerp(...p)))([
      double([1, 1]),
      double([5, 5]),
      double([0.25, 0.75]),
    ] as const);
    expect(g.map((part) => part.toArray())).toEqual([
      [0.75, 0.25],
      [0.25, 0.75],
      [4, 4],
    ]);
  });
});

describe('masks', () => {
  test('tell NaN, infinities and numbers apart, in every dtype', () => {
    const x = double([0, -0, 5e-324, 1.7e308, Infinity, -Infinity, NaN]);
    const no = [false, false, false, false];
    expect(nan(x).toArray()).toEqual([...no, false, false, true]);
    expect(isInf(x).toArray()).toEqual([...no, true, true, false]);
    expect(finite(x).toArray()).toEqual([true, true, true, true, false, false, false]);
    for (const dtype of ['int32', 'uint32', 'bool'] as const) {
      const whole = tensor([0, 1], { dtype });
      expect(nan(whole).toArray()).toEqual([false, false]);
      expect(isInf(whole).toArray()).toEqual([false, false]);
      expect(finite(whole).toArray()).toEqual([true, true]);
    }
  });

  test('maskedFill gives masked elements gradient 0, and a tensor value the rest', () => {
    const mask = tensor([true, false, true]);
    const g = grad((p: { x: Tensor; value: Tensor }) => sum(maskedFill(p.x, mask, p.value)))({
      x: double([NaN, 1, 2]),
      value: double(-7),
    });
    expect(g.x.toArray()).toEqual([0, 1, 0]);
    expect(g.value.item()).toBe(2);
  });

  test('maskedFill keeps the shape and dtype of x', () => {
    const x = tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { dtype: 'int32' },
    );
    const filled = maskedFill(x, tensor([true, false]), 9);
    expect(filled.toArray()).toEqual([
      [9, 2],
      [9, 4],
    ]);
    expect(filled.dtype).toBe('int32');
    expect(thrown(() => maskedFill(tensor([1, 2]), tensor([[true], [false]]), 0)).message).toBe(
      'maskedFill: the mask of shape [2, 1] does not broadcast to [2], the shape of x.',
    );
    expect(() => maskedFill(tensor([1, 2]), tensor([true, false]), tensor([[1], [2]]))).toThrow(
      ShapeError,
    );
    expect(() => maskedFill(tensor([1]), tensor([1]), 0)).toThrow(
      new DTypeError(
        'maskedFill: the mask must be bool, got float32. Compare first, as in notEqual(mask, 0).',
      ),
    );
    expect(() => maskedFill(tensor([1]), tensor([true]), double([1]))).toThrow(
      /^maskedFill: dtypes differ/,
    );
  });
});

describe('clamp', () => {
  test('takes tensors as bounds, with gradients where they are what comes out', () => {
    const g = grad((p: { x: Tensor; low: Tensor; high: Tensor }) =>
      sum(clamp(p.x, { min: p.low, max: p.high })),
    )({ x: double([-5, 0, 1, 9]), low: double([-1, -1, 1, -1]), high: double([2]) });
    expect(g.x.toArray()).toEqual([0, 1, 1, 0]);
    expect(g.low.toArray()).toEqual([1, 0, 0, 0]);
    expect(g.high.toArray()).toEqual([1]);
  });

  test('works on integers', () => {
    const x = tensor([-5, 0, 5], { dtype: 'int32' });
    expect(clamp(x, { min: -1, max: 2 }).toArray()).toEqual([-1, 0, 2]);
  });

  const x = double([1, 2]);
  test.each([
    [
      'crossed numbers',
      () => clamp(x, { min: 2, max: 1 }),
      RangeError,
      'clamp: needs min <= max, got 2 and 1.',
    ],
    [
      'NaN',
      () => clamp(x, { min: NaN }),
      RangeError,
      'clamp: needs min <= max, got NaN and Infinity.',
    ],
    [
      'crossed tensors',
      () => clamp(x, { min: double([0, 3]), max: 2 }),
      RangeError,
      'clamp: needs min <= max everywhere, and no bound that is NaN.',
    ],
    ['a NaN tensor', () => clamp(x, { max: double([NaN]) }), RangeError, 'no bound that is NaN'],
    ['no bound', () => clamp(x, {}), TypeError, 'clamp: needs min, max or both, got neither.'],
    [
      'a misspelt bound',
      () => clamp(x, { low: 1 } as object),
      TypeError,
      'clamp: unknown option "low".',
    ],
    [
      'bool',
      () => clamp(tensor([true]), { min: 0 }),
      DTypeError,
      'clamp: bool values have no arithmetic',
    ],
    [
      'bounds of another dtype',
      () => clamp(x, { min: tensor([1]) }),
      DTypeError,
      'clamp: dtypes differ',
    ],
  ] as const)('refuses %s', (_name, call, kind, text) => {
    const error = thrown(call);
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toContain(text);
  });
});

describe('the elementary composites', () => {
  test('agree with Math', () => {
    const x = noise([50], 3);
    for (const [f, want] of [
      [tan, Math.tan],
      [exp2, (v: number) => 2 ** v],
      [reciprocal, (v: number) => 1 / v],
    ] as const) {
      for (const [i, y] of numbers(f(x)).entries()) {
        // Two or three roundings.
        const exact = want(numbers(x)[i]!);
        expect(Math.abs(y - exact)).toBeLessThanOrEqual(5e-16 * Math.abs(exact));
      }
    }
  });

  test('have their limits at 0 and the infinities', () => {
    expect(rsqrt(double([0, 4, Infinity, -1])).toArray()).toEqual([Infinity, 0.5, 0, NaN]);
    expect(reciprocal(double([0, -0, Infinity])).toArray()).toEqual([Infinity, -Infinity, 0]);
    expect(exp2(double([-Infinity, -1074, 10, 1024])).toArray()).toEqual([
      0,
      5e-324,
      1024,
      Infinity,
    ]);
  });

  test.each([
    ['tan', tan],
    ['exp2', exp2],
    ['reciprocal', reciprocal],
    ['rsqrt', rsqrt],
    ['hypot', (x: Tensor) => hypot(x, 1)],
    ['logaddexp', (x: Tensor) => logaddexp(x, 1)],
    ['lerp', (x: Tensor) => lerp(x, x, x)],
  ] as const)('%s of integers is an error with its own name', (name, f) => {
    expect(() => f(tensor([1], { dtype: 'int32' }))).toThrow(
      new DTypeError(`${name}: needs float32 or float64, got int32. Cast with astype('float32').`),
    );
  });
});

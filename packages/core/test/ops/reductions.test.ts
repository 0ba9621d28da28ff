import { describe, expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import {
  any,
  argmax,
  argmin,
  countNonzero,
  DTypeError,
  grad,
  greater,
  hvp,
  max,
  mean,
  median,
  min,
  norm,
  prod,
  quantile,
  ShapeError,
  std,
  sum,
  type Tensor,
  tensor,
  variance,
  zeros,
} from '../../src/index.ts';
import { distance, double, noise, numbers, thrown } from '../support.ts';

const int = (values: Parameters<typeof tensor>[0]): Tensor => tensor(values, { dtype: 'int32' });
const bool = tensor([true, false]);

describe('prod', () => {
  test('reduces any axes, keeps them on request, and gives 1 for nothing', () => {
    const x = noise([3, 5, 2], 1);
    const v = numbers(x);
    const all = v.reduce((a, b) => a * b, 1);
    expect(Math.abs(prod(x).item() - all)).toBeLessThan(1e-15 * 30);
    expect(prod(x, { axis: [0, -1] }).shape).toEqual([5]);
    expect(prod(x, { axis: [0, 2], keepdims: true }).shape).toEqual([1, 5, 1]);
    const second = [0, 1, 2].flatMap((i) => [0, 1].map((k) => v[i * 10 + 1 * 2 + k]!));
    const want = second.reduce((a, b) => a * b, 1);
    expect(prod(x, { axis: [0, 2] }).toArray()).toHaveProperty('1', expect.closeTo(want, 14));
    expect(prod(zeros([2, 0]), { axis: 1 }).toArray()).toEqual([1, 1]);
    expect(prod(tensor(3)).item()).toBe(3);
  });

  test('gradients are exact with one zero, two zeros and more, to third order', () => {
    expect(grad((x: Tensor) => prod(x))(double([0, 2, 3])).toArray()).toEqual([6, 0, 0]);
    expect(grad((x: Tensor) => prod(x))(double([0, 2, 0])).toArray()).toEqual([0, 0, 0]);
    const x = double([0, 2, 0, 5, 7]);
    const [first] = hvp((y: Tensor) => prod(y), [x], [double([1, 0, 0, 0, 0])]);
    expect(first!.toArray()).toEqual([0, 0, 70, 0, 0]);
    const third = grad((y: Tensor) =>
      sum(grad((z: Tensor) => sum(grad((w: Tensor) => prod(w))(z)))(y)),
    );
    // d3/dx2 of the sums: 2 ways to order each pair of others, times the product of the rest.
    expect(third(double([0, 0, 0])).toArray()).toEqual([2, 2, 2]);
    assertGrads(
      (y) => prod(y, { axis: 0 }),
      [
        double([
          [0, 2],
          [0, 3],
          [4, -1],
        ]),
      ],
    );
  });

  test('of float32 does not overflow between factors, and rounds once', () => {
    expect(prod(tensor([1e30, 1e-30, 1e30, 1e-30])).item()).toBeCloseTo(1, 5);
    // Rounded at each step, at least one of these would differ in its last bit.
    for (let seed = 1; seed <= 20; seed++) {
      const x = noise([6], seed).astype('float32');
      expect(prod(x).item()).toBe(Math.fround(numbers(x).reduce((a, b) => a * b, 1)));
    }
    const x = tensor([2, 3]);
    expect(prod(x).dtype).toBe('float32');
  });

  test('of integers stays integer and wraps; bool is refused', () => {
    expect(prod(int([65536, 65536, 3])).item()).toBe(0);
    expect(prod(int([2, 3])).dtype).toBe('int32');
    expect(thrown(() => prod(bool))).toBeInstanceOf(DTypeError);
  });
});

describe('std', () => {
  test('is the root of the variance', () => {
    const x = noise([4, 3], 2);
    for (const options of [{}, { axis: 0 }, { axis: 1, correction: 0, keepdims: true }] as const) {
      const want = numbers(variance(x, options)).map(Math.sqrt);
      expect(std(x, options).shape).toEqual(variance(x, options).shape);
      expect(distance(std(x, options).flatten(), double(want))).toBeLessThan(1e-15);
    }
    assertGrads((y) => std(y, { axis: 1 }), [x]);
  });

  test('of equal values is 0 with gradient 0, to second order', () => {
    const x = double([2, 2, 2]);
    expect(std(x).item()).toBe(0);
    expect(grad((y: Tensor) => std(y))(x).toArray()).toEqual([0, 0, 0]);
    expect(hvp((y: Tensor) => std(y), [x], [double([1, 2, 3])])[0]!.toArray()).toEqual([0, 0, 0]);
  });
});

describe('norm', () => {
  const definition = (v: readonly number[], p: number): number =>
    p === Infinity
      ? Math.max(...v.map(Math.abs))
      : v.reduce((total, x) => total + Math.abs(x) ** p, 0) ** (1 / p);

  test.each([0.5, 1, 1.5, 2, 3, 4, 7.5, Infinity])('p = %d is the formula', (p) => {
    const x = noise([3, 4, 2], 3);
    const v = numbers(x);
    expect(norm(x, { p }).item()).toBeCloseTo(definition(v, p), 12);
    const kept = norm(x, { p, axis: [0, -1], keepdims: true });
    expect(kept.shape).toEqual([1, 4, 1]);
    const second = v.filter((_, i) => Math.floor(i / 2) % 4 === 1);
    expect(kept.data()[1]).toBeCloseTo(definition(second, p), 12);
    assertGrads((y) => norm(y, { p, axis: 1 }), [x]);
  });

  test.each([0.5, 1, 1.5, 2, 3, 4, Infinity])(
    'p = %d has gradient 0 at the zero vector, at orders 1 and 2',
    (p) => {
      const f = (x: Tensor): Tensor => norm(x, { p });
      expect(f(double([0, 0])).item()).toBe(0);
      expect(grad(f)(double([0, 0])).toArray()).toEqual([0, 0]);
      expect(hvp(f, [double([0, 0])], [double([1, 2])])[0]!.toArray()).toEqual([0, 0]);
    },
  );

  test.each([1.5, 3, 4])('p = %d has finite derivatives where an element is 0', (p) => {
    const f = (x: Tensor): Tensor => norm(x, { p });
    expect(grad(f)(double([0, 2])).toArray()).toEqual([0, 1]);
    for (const h of numbers(hvp(f, [double([0, 2])], [double([1, 1])])[0]!)) {
      expect(h).toBeCloseTo(0, 12);
    }
  });

  test('an even p is smooth in an element that is 0: the fourth derivative of p = 4 is there', () => {
    let f = (x: Tensor): Tensor => norm(x, { p: 4 });
    for (let order = 0; order < 4; order++) {
      const below = f;
      f = (x) => grad((y: Tensor) => below(y).sum())(x);
    }
    // (x^4 + 1)^(1/4) = 1 + x^4 / 4 + ...: the fourth derivative in x is 6; the sums over the rest of
    // the directions are those of a homogeneous function.
    const along = (t: Tensor): Tensor =>
      norm(tensor([0, 1], { dtype: 'float64' }).add(t), { p: 4 });
    let g = (t: Tensor): Tensor => along(t.mul(double([1, 0])));
    for (let order = 0; order < 4; order++) {
      const below = g;
      g = (t) => grad((u: Tensor) => below(u))(t);
    }
    expect(g(double(0)).item()).toBeCloseTo(6, 10);
    expect(f(double([0, 1])).shape).toEqual([2]);
  });

  test.each([1, 1.5, 3, Infinity])('p = %d neither over- nor underflows', (p) => {
    for (const scale of [1e300, 1e-300]) {
      const x = double([3 * scale, 4 * scale]);
      expect(norm(x, { p }).item() / scale).toBeCloseTo(norm(double([3, 4]), { p }).item(), 12);
    }
    expect(norm(double([Infinity, 1]), { p }).item()).toBe(Infinity);
    expect(norm(double([NaN, 1]), { p }).item()).toBeNaN();
  });

  test('of nothing is 0 for every p', () => {
    for (const p of [0.5, 1, 2, 3, Infinity]) {
      expect(norm(zeros([2, 0]), { p, axis: 1 }).toArray()).toEqual([0, 0]);
    }
  });

  test('ties for the largest magnitude share the gradient of p = Infinity', () => {
    const g = grad((x: Tensor) => norm(x, { p: Infinity }))(double([-2, 2, 1]));
    expect(g.toArray()).toEqual([-0.5, 0.5, 0]);
  });

  test.each([[0], [-1], [NaN]])('refuses p = %d', (p) => {
    const error = thrown(() => norm(zeros([2]), { p }));
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toContain(`norm: p must be > 0, got ${p}.`);
  });
});

describe('any and countNonzero', () => {
  test('reduce bool tensors and count what is not 0, NaN included', () => {
    const x = tensor([
      [0, 2],
      [0, NaN],
    ]);
    expect(any(greater(x, 1), { axis: 1 }).toArray()).toEqual([true, false]);
    expect(any(greater(x, 3)).toArray()).toBe(false);
    expect(any(zeros([0], { dtype: 'bool' })).toArray()).toBe(false);
    expect(countNonzero(x, { axis: 0, keepdims: true }).toArray()).toEqual([[0, 2]]);
    expect(countNonzero(bool).item()).toBe(1);
    expect(countNonzero(x).dtype).toBe('int32');
  });
});

describe('argmax and argmin', () => {
  const x = tensor([
    [1, 5, 5],
    [7, 2, 7],
  ]);
  test('without an axis give the position in the flattened tensor', () => {
    expect(argmax(x).item()).toBe(3);
    expect(argmin(x).item()).toBe(0);
    expect(argmax(x, { keepdims: true }).toArray()).toEqual([[3]]);
    expect(argmin(tensor(4)).item()).toBe(0);
  });

  test('along an axis give the first among equals', () => {
    expect(argmax(x, { axis: -1 }).toArray()).toEqual([1, 0]);
    expect(argmax(x, { axis: 1, keepdims: true }).toArray()).toEqual([[1], [0]]);
    expect(argmin(x, { axis: 0 }).toArray()).toEqual([0, 1, 0]);
  });

  test('NaN wins both, as in NumPy', () => {
    expect(argmax(tensor([1, NaN, 3])).item()).toBe(1);
    expect(argmin(tensor([1, NaN, 3])).item()).toBe(1);
  });

  test('name themselves in errors', () => {
    expect(thrown(() => argmin(zeros([0, 2]), { axis: 0 })).message).toBe(
      'argmin: nothing to choose from along axes [0] of [0, 2].',
    );
    expect(thrown(() => argmax(zeros([0]))).message).toContain('argmax: nothing to choose from');
    expect(thrown(() => argmin(bool)).message).toContain('argmin: bool values');
    expect(thrown(() => argmax(x, { axis: 2 })).message).toContain(
      'argmax: axis 2 is out of range',
    );
    expect(thrown(() => min(zeros([0]))).message).toContain('min: nothing to choose from');
    expect(thrown(() => max(zeros([0]))).message).toContain('max: nothing to choose from');
  });
});

describe('quantile and median', () => {
  test('are linear between order statistics', () => {
    const x = double([4, 1, 3, 2]);
    expect([0, 0.25, 0.5, 1].map((q) => quantile(x, q).item())).toEqual([1, 1.75, 2.5, 4]);
    expect(
      median(
        double([
          [3, 1, 2],
          [9, 9, 0],
        ]),
        { axis: 1, keepdims: true },
      ).toArray(),
    ).toEqual([[2], [9]]);
    expect(median(noise([2, 3, 4], 1), { axis: [0, 2] }).shape).toEqual([3]);
  });

  test('send the gradient to the two middle elements', () => {
    expect(grad((x: Tensor) => median(x))(double([4, 1, 3, 2])).toArray()).toEqual([
      0, 0, 0.5, 0.5,
    ]);
    assertGrads((x) => quantile(x, 0.3, { axis: 0 }), [noise([5, 2], 4)]);
  });

  test('are NaN if any element is, and exact among infinities', () => {
    expect(median(tensor([1, NaN, 2])).item()).toBeNaN();
    expect(median(tensor([-Infinity, 1, Infinity])).item()).toBe(1);
    expect(quantile(tensor([1, Infinity, Infinity]), 0.75).item()).toBe(Infinity);
  });

  test('refuse bad calls', () => {
    expect(thrown(() => quantile(zeros([2]), 1.5)).message).toBe(
      'quantile: q must be in [0, 1], got 1.5.',
    );
    expect(thrown(() => median(zeros([0]))).message).toContain('median: nothing to order in [0]');
    expect(thrown(() => median(int([1])))).toBeInstanceOf(DTypeError);
    expect(thrown(() => median(zeros([2]), { axis: 1 }))).toBeInstanceOf(ShapeError);
  });
});

describe('options of reductions', () => {
  test('that are misspelt are refused, not ignored', () => {
    const options = { axis: 0, keepDims: true };
    const message = 'unknown option "keepDims".\n  It takes axis, keepdims';
    for (const f of [sum, mean, max, min, prod, norm, std, median]) {
      expect(thrown(() => f(zeros([2]), options)).message).toContain(message);
    }
    expect(thrown(() => argmax(zeros([2]), options)).message).toContain('unknown option');
    expect(thrown(() => variance(zeros([2]), { ...options })).message).toBe(
      'variance: unknown option "keepDims".\n  It takes axis, keepdims, correction.',
    );
  });

  test('an axis alone is recognised', () => {
    // @ts-expect-error a number is not an options object
    expect(thrown(() => prod(zeros([2]), 0)).message).toContain('Did you mean { axis: 0 }?');
  });
});

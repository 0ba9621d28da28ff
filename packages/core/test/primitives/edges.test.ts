import { describe, expect, test } from '@jest/globals';
import {
  abs,
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  cosh,
  DTypeError,
  div,
  exp,
  grad,
  log2,
  log10,
  logSigmoid,
  max,
  maximum,
  min,
  minimum,
  mul,
  pow,
  sigmoid,
  sign,
  sinh,
  softplus,
  sqrt,
  sum,
  type Tensor,
  tensor,
  vjp,
} from '@tikhonov/core';
import { double, noise, numbers } from '../support.ts';

type Unary = (x: Tensor) => Tensor;

/** The derivatives of an elementwise function at points, of orders 1 to 3. */
function derivatives(f: Unary, at: readonly number[]): number[][] {
  let current = f;
  return [1, 2, 3].map(() => {
    const before = current;
    current = grad((x: Tensor) => sum(before(x)));
    return numbers(current(double([...at])));
  });
}

describe('where a derivative is exactly 0, an infinite cotangent does not make it NaN', () => {
  test('abs at 0', () => {
    expect(derivatives((x) => sqrt(abs(x)), [0, 4])[0]).toEqual([0, 0.25]);
  });

  test('maximum and minimum where an argument loses', () => {
    for (const [f, y] of [
      [maximum, [0, 1]],
      [minimum, [2, -1]],
    ] as const) {
      const [, pullback] = vjp((a: Tensor, b: Tensor) => f(a, b), [double([1, 0]), double([...y])]);
      const [a, b] = pullback(double([Infinity, Infinity]));
      expect(a.toArray()).toEqual([Infinity, 0]);
      expect(b.toArray()).toEqual([0, Infinity]);
    }
  });

  test('max and min over an axis, for all that lose', () => {
    for (const f of [max, min]) {
      const [, pullback] = vjp((x: Tensor) => f(x, { axis: 0 }), [double([2, 2])]);
      expect(pullback(double(Infinity))[0].toArray()).toEqual([Infinity, Infinity]);
    }
    const [, pullback] = vjp((x: Tensor) => max(x), [double([1, 3, 2])]);
    expect(pullback(double(Infinity))[0].toArray()).toEqual([0, Infinity, 0]);
  });
});

describe('zeros and NaN', () => {
  test('0 is larger than -0, for max as for maximum, in either order', () => {
    for (const pair of [
      [0, -0],
      [-0, 0],
    ]) {
      expect(Object.is(max(double(pair)).item(), 0)).toBe(true);
      expect(Object.is(min(double(pair)).item(), -0)).toBe(true);
      expect(Object.is(maximum(double(pair[0]!), pair[1]!).item(), 0)).toBe(true);
      expect(Object.is(minimum(double(pair[0]!), pair[1]!).item(), -0)).toBe(true);
    }
    expect(Object.is(max(double([-0])).item(), -0)).toBe(true);
  });

  test('0 and -0 tie', () => {
    expect(derivatives((x) => max(x), [0, -0])[0]).toEqual([0.5, 0.5]);
    expect(derivatives((x) => maximum(x, 0), [-0])[0]).toEqual([0.5]);
  });

  test('NaN wins everywhere, and its gradient is not a number to trust', () => {
    for (const f of [max, min]) {
      expect(f(double([1, NaN, 2])).item()).toBeNaN();
      expect(derivatives((x) => f(x), [1, NaN, 2])[0]).toEqual([NaN, NaN, NaN]);
    }
    for (const f of [maximum, minimum]) {
      expect(f(double([NaN, 1]), double([1, NaN])).toArray()).toEqual([NaN, NaN]);
    }
    expect(derivatives(abs, [NaN])[0]).toEqual([NaN]);
  });
});

describe('abs and sign of integers', () => {
  test('are those of the numbers', () => {
    expect(abs(tensor([-3, 4], { dtype: 'int32' })).toArray()).toEqual([3, 4]);
    expect(abs(tensor([-(2 ** 31)], { dtype: 'int32' })).toArray()).toEqual([-(2 ** 31)]);
    expect(sign(tensor([-3, 0, 4], { dtype: 'int32' })).toArray()).toEqual([-1, 0, 1]);
    expect(abs(tensor([2 ** 32 - 1], { dtype: 'uint32' })).toArray()).toEqual([2 ** 32 - 1]);
    expect(() => abs(tensor([true]))).toThrow(DTypeError);
  });
});

describe('the tails of the sigmoid family', () => {
  test('reach the smallest numbers, like e^x', () => {
    const at = double([-705, -720, -744]);
    for (const f of [sigmoid, softplus, (x: Tensor) => mul(logSigmoid(mul(x, -1)), -1)]) {
      for (const [i, ratio] of numbers(div(f(at), exp(at))).entries()) {
        expect([i, Math.abs(ratio - 1) < 1e-15]).toEqual([i, true]);
      }
    }
  });
});

describe('pow', () => {
  test('has whole powers with vanishing higher derivatives at subnormal bases, too', () => {
    for (const tiny of [5e-324, -5e-324, 1e-310]) {
      expect(
        derivatives((x) => pow(x, 0), [tiny])
          .flat()
          .map(Math.abs),
      ).toEqual([0, 0, 0]);
      expect(
        derivatives((x) => pow(x, 1), [tiny])
          .flat()
          .map(Math.abs),
      ).toEqual([1, 0, 0]);
      expect(derivatives((x) => pow(x, 2), [tiny])[2]!.map(Math.abs)).toEqual([0]);
    }
    const single = tensor([1e-45, 2 ** -128]);
    const slope = grad((x: Tensor) => sum(pow(x, 1)));
    expect(grad((x: Tensor) => sum(slope(x)))(single).toArray()).toEqual([0, 0]);
  });

  test('of Infinity to a negative power has derivative 0 in the power', () => {
    expect(derivatives((y) => pow(Infinity, y), [-1])[0]).toEqual([0]);
  });
});

describe('log2 and log10', () => {
  test('are exact at powers', () => {
    const powers = Array.from({ length: 2000 }, (_, i) => i - 1000);
    expect(numbers(log2(double(powers.map((k) => 2 ** k))))).toEqual(powers);
    const tens = Array.from({ length: 23 }, (_, k) => k);
    expect(numbers(log10(double(tens.map((k) => Number(`1e${k}`)))))).toEqual(tens);
  });

  test('have the slope of a logarithm at the smallest numbers', () => {
    const slope = derivatives(log2, [1e-307])[0]![0]!;
    expect(slope / (1e307 / Math.LN2)).toBeCloseTo(1, 14);
  });
});

describe('inverse trigonometric and hyperbolic functions', () => {
  test.each([
    ['asin', asin, Math.sin, [-1, -0.99999, -1e-9, 0.5, 1]],
    ['acos', acos, Math.cos, [-1, -0.5, 1e-9, 0.9999, 1]],
    ['atan', atan, Math.tan, [-30, -1, 1e-9, 0.5, 30]],
    ['asinh', asinh, Math.sinh, [-1e9, -1, 1e-9, 0.5, 30]],
    ['acosh', acosh, Math.cosh, [1, 1.0001, 2, 1e9]],
    ['atanh', atanh, Math.tanh, [-0.9999, -1e-9, 0.5]],
  ] as const)('%s is inverted by its function', (_name, f, inverse, at) => {
    for (const [i, y] of numbers(f(double([...at]))).entries()) {
      const x = at[i]!;
      // An ulp of y times the slope of the inverse, which is below 30 (1 + |x y|) at these points.
      expect(Math.abs(inverse(y) - x)).toBeLessThan(1e-14 * (1 + Math.abs(x) * Math.abs(y)));
      if (Math.abs(x) < 1e-8 && f !== acos) expect(y / x).toBeCloseTo(1, 14);
    }
  });

  test('are NaN outside their domains, with the one-sided slopes at the ends', () => {
    for (const f of [asin, acos, atanh]) expect(f(double([1.1, -2])).toArray()).toEqual([NaN, NaN]);
    expect(acosh(double([0.9, -3])).toArray()).toEqual([NaN, NaN]);
    expect(derivatives(asin, [-1, 1])[0]).toEqual([Infinity, Infinity]);
    expect(derivatives(acos, [-1, 1])[0]).toEqual([-Infinity, -Infinity]);
    expect(derivatives(acosh, [1])[0]).toEqual([Infinity]);
    expect(derivatives(acosh, [-3])[0]).toEqual([NaN]);
    expect(atanh(double([-1, 1])).toArray()).toEqual([-Infinity, Infinity]);
  });

  test('asin near 1 has a slope without cancellation', () => {
    const near = 1 - 2 ** -50;
    // sqrt((1 - x)(1 + x)) with 1 - x = 2^-50 exactly
    const want = 1 / Math.sqrt(2 ** -50 * (2 - 2 ** -50));
    expect(derivatives(asin, [near])[0]![0]! / want).toBeCloseTo(1, 14);
  });

  test('atan and asinh have finite derivatives at huge values and infinities', () => {
    for (const f of [atan, asinh]) {
      const all = derivatives(f, [1e160, -1e160, 1.7e308, Infinity, -Infinity]);
      expect(all.flat().every(Number.isFinite)).toBe(true);
      expect(all.map((row) => Math.abs(row[3]!))).toEqual([0, 0, 0]);
    }
    expect(derivatives(asinh, [1e160])[0]![0]! / 1e-160).toBeCloseTo(1, 14);
    expect(derivatives(atan, [1e150])[0]![0]! / 1e-300).toBeCloseTo(1, 14);
  });

  test('sinh and cosh are each other slopes, accurate near 0', () => {
    const x = noise([20], 4);
    expect(grad((z: Tensor) => sum(sinh(z)))(x).toArray()).toEqual(cosh(x).toArray());
    expect(grad((z: Tensor) => sum(cosh(z)))(x).toArray()).toEqual(sinh(x).toArray());
    expect(sinh(double([1e-20])).item()).toBe(1e-20);
  });
});

describe('atan2', () => {
  test('is the angle in all quadrants and on the axes', () => {
    const y = double([1, 1, -1, -1, 0, -0, 0, 1]);
    const x = double([1, -1, -1, 1, -1, -1, 1, 0]);
    const quarter = Math.PI / 4;
    const want = [1, 3, -3, -1, 4, -4, 0, 2].map((k) => k * quarter);
    for (const [i, got] of numbers(atan2(y, x)).entries()) expect(got).toBeCloseTo(want[i]!, 15);
  });

  test('has gradient 0 at the origin, at first and second order', () => {
    const f = (p: { y: Tensor; x: Tensor }): Tensor => sum(atan2(p.y, p.x));
    const first = grad(f);
    const second = grad((p: { y: Tensor; x: Tensor }) => sum(first(p).y.add(first(p).x)));
    for (const g of [first, second]) {
      const { y, x } = g({ y: double([0, -0]), x: double([0, 0]) });
      expect([...numbers(y), ...numbers(x)].map(Math.abs)).toEqual([0, 0, 0, 0]);
    }
  });

  test('has gradients where the squares would over- or underflow', () => {
    for (const size of [1e-200, 1e200]) {
      const { y, x } = grad((p: { y: Tensor; x: Tensor }) => sum(atan2(p.y, p.x)))({
        y: double([3 * size]),
        x: double([4 * size]),
      });
      // x / r^2 = 0.16 / size, -y / r^2 = -0.12 / size
      expect(y.item() * size).toBeCloseTo(0.16, 14);
      expect(x.item() * size).toBeCloseTo(-0.12, 14);
    }
  });

  test('refuses integers', () => {
    const one = tensor([1], { dtype: 'int32' });
    expect(() => atan2(one, one)).toThrow(DTypeError);
  });
});

import { describe, expect, test } from '@jest/globals';
import {
  DTypeError,
  floorDivide,
  grad,
  mul,
  noGrad,
  remainder,
  sum,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import { double, noise, numbers, thrown } from '../support.ts';

const int = (values: readonly number[]): Tensor => tensor(values, { dtype: 'int32' });

/** The double as a fraction of powers of two. */
function fraction(x: number): readonly [bigint, bigint] {
  let [whole, scale] = [x, 1n];
  while (!Number.isInteger(whole)) {
    whole *= 2;
    scale *= 2n;
  }
  return [BigInt(whole), scale];
}

/** `floor(x / y)` in exact arithmetic. */
function exactFloor(x: number, y: number): bigint {
  const [a, p] = fraction(x);
  const [b, q] = fraction(y);
  const [above, below] = b < 0n ? [-a * q, -b * p] : [a * q, b * p];
  const down = above / below;
  return above % below !== 0n && above < 0n ? down - 1n : down;
}

describe('remainder and floorDivide', () => {
  test('agree with exact arithmetic, in sign and to the last bit', () => {
    const x = numbers(mul(noise([300], 1), 1000));
    const y = numbers(noise([300], 2));
    const [q, r] = [floorDivide(double(x), double(y)), remainder(double(x), double(y))];
    for (const [i, got] of numbers(q).entries()) {
      expect(BigInt(got)).toBe(exactFloor(x[i]!, y[i]!));
      // x % y is exact, and adding y once rounds once.
      const rest = x[i]! % y[i]!;
      const want = rest < 0 === y[i]! < 0 ? rest : rest + y[i]!;
      expect(numbers(r)[i]).toBe(want);
    }
  });

  test('know that 1 / 0.1 is below 10, where floor(1 / 0.1) is not', () => {
    expect(Math.floor(1 / 0.1)).toBe(10);
    expect(floorDivide(double([1]), 0.1).item()).toBe(9);
    expect(remainder(double([1]), 0.1).item()).toBe(1 % 0.1);
  });

  test('have the sign of the divisor, zeros too', () => {
    expect(remainder(double([5, -5, 5, -5]), double([3, 3, -3, -3])).toArray()).toEqual([
      2, 1, -1, -2,
    ]);
    expect(floorDivide(double([5, -5, 5, -5]), double([3, 3, -3, -3])).toArray()).toEqual([
      1, -2, -2, 1,
    ]);
    expect(remainder(double([-6, 6]), double([3, -3])).toArray()).toEqual([0, -0]);
  });

  test('follow NumPy at infinities, zeros and NaN', () => {
    const x = double([1, -1, Infinity, 1, -1, 0, NaN, 3]);
    const y = double([Infinity, Infinity, 2, 0, 0, 0, 1, NaN]);
    expect(remainder(x, y).toArray()).toEqual([1, Infinity, NaN, NaN, NaN, NaN, NaN, NaN]);
    expect(floorDivide(x, y).toArray()).toEqual([0, -1, NaN, Infinity, -Infinity, NaN, NaN, NaN]);
  });

  test('work on integers', () => {
    expect(floorDivide(int([7, -7, 7, -7]), int([2, 2, -2, -2])).toArray()).toEqual([3, -4, -4, 3]);
    expect(remainder(int([7, -7, 7, -7]), int([2, 2, -2, -2])).toArray()).toEqual([1, 1, -1, -1]);
    const large = tensor([2 ** 32 - 1], { dtype: 'uint32' });
    expect(floorDivide(large, 10).toArray()).toEqual([429496729]);
    expect(remainder(large, 10).toArray()).toEqual([5]);
    // The one quotient that does not fit wraps, as all integer arithmetic does.
    expect(floorDivide(int([-(2 ** 31)]), -1).toArray()).toEqual([-(2 ** 31)]);
  });

  test('refuse an integer divisor of 0, and bool', () => {
    for (const [name, f] of Object.entries({ remainder, floorDivide })) {
      const error = thrown(() => f(int([1, 2]), int([1, 0])));
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toBe(
        `${name}: an int32 divisor is 0.\n  Replace zeros, or cast to floating: there they give NaN and infinities.`,
      );
      expect(() => f(tensor([true]), tensor([true]))).toThrow(DTypeError);
      expect(noGrad(() => f(double([1]), 0)).item()).not.toBe(0);
    }
  });

  test('have derivatives 1 and minus the quotient, and 0', () => {
    const slopes = grad((p: { x: Tensor; y: Tensor }) => sum(remainder(p.x, p.y)))({
      x: double([7.5, -1]),
      y: double([2, 3]),
    });
    expect(slopes.x.toArray()).toEqual([1, 1]);
    expect(slopes.y.toArray()).toEqual([-3, 1]);
    expect(grad((x: Tensor) => sum(floorDivide(x, 2)))(double([7])).toArray()).toEqual([0]);
  });
});

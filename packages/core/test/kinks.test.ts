import { describe, expect, test } from '@jest/globals';
import {
  abs,
  clamp,
  floor,
  grad,
  greater,
  hvp,
  log,
  max,
  maximum,
  min,
  minimum,
  mul,
  norm,
  pow,
  relu,
  sign,
  square,
  sum,
  type Tensor,
  where,
} from '@tikhonov/core';
import { double, numbers } from './support.ts';

/** The derivatives; a zero of either sign is 0. */
const slope = (f: (x: Tensor) => Tensor, at: readonly number[]): unknown =>
  numbers(grad((x: Tensor) => sum(f(x)))(double([...at]))).map((d) => d + 0);
const curvature = (f: (x: Tensor) => Tensor, at: readonly number[]): unknown =>
  hvp((x: Tensor) => sum(f(x)), [double([...at])], [double(at.map(() => 1))])[0].toArray();

describe('conventions at kinks', () => {
  test('relu has derivative 0 at 0, and keeps NaN', () => {
    expect(slope(relu, [-1, 0, -0, 2])).toEqual([0, 0, 0, 1]);
    expect(relu(double([NaN])).item()).toBeNaN();
  });

  test('abs has derivative 0 at 0', () => {
    expect(slope(abs, [-2, 0, 3])).toEqual([-1, 0, 1]);
  });

  test('sign and floor have derivative 0 everywhere', () => {
    expect(slope(sign, [-2, 0, 3])).toEqual([0, 0, 0]);
    expect(slope(floor, [-0.5, 1, 2.5])).toEqual([0, 0, 0]);
  });

  test('clamp has derivative 1 at its bounds, 0 outside, and keeps NaN', () => {
    const f = (x: Tensor): Tensor => clamp(x, { min: -1, max: 1 });
    expect(slope(f, [-2, -1, 0, 1, 2])).toEqual([0, 1, 1, 1, 0]);
    expect(f(double([NaN])).item()).toBeNaN();
    expect(slope((x) => clamp(x, { min: 1, max: 1 }), [0, 1, 2])).toEqual([0, 1, 0]);
  });

  test('a tie of maximum and minimum gives half to each side', () => {
    for (const f of [maximum, minimum]) {
      const g = grad((p: { x: Tensor; y: Tensor }) => sum(f(p.x, p.y)))({
        x: double([1, 2, 3]),
        y: double([1, 3, 2]),
      });
      const first = f === maximum ? [0.5, 0, 1] : [0.5, 1, 0];
      expect(g.x.toArray()).toEqual(first);
      expect(g.y.toArray()).toEqual(first.map((share) => 1 - share));
    }
  });

  test('tied elements of a maximum or minimum share equally', () => {
    expect(slope((x) => max(x), [3, 1, 3, 3])).toEqual([1 / 3, 0, 1 / 3, 1 / 3]);
    expect(slope((x) => min(x), [1, 2, 1])).toEqual([0.5, 0, 0.5]);
  });

  test('norm has derivative 0 at the zero vector, at first and second order', () => {
    expect(slope((x) => norm(x), [0, 0])).toEqual([0, 0]);
    expect(curvature((x) => norm(x), [0, 0])).toEqual([0, 0]);
    expect(curvature((x) => square(norm(x)), [3, 4])).toEqual([2, 2]);
  });

  test('the gradient penalty of a norm at 0 is finite', () => {
    const penalty = (x: Tensor): Tensor =>
      square(norm(grad((at: Tensor) => norm(at))(x)).sub(1)).sum();
    expect(grad(penalty)(double([0, 0, 0])).toArray()).toEqual([0, 0, 0]);
  });

  test('pow at base 0 has the derivatives of the polynomial', () => {
    expect(slope((x) => pow(x, 2), [0])).toEqual([0]);
    expect(curvature((x) => pow(x, 2), [0])).toEqual([2]);
    expect(slope((x) => pow(x, 1), [0])).toEqual([1]);
    expect(curvature((x) => pow(x, 1), [0])).toEqual([0]);
    expect(slope((x) => pow(x, 0), [0])).toEqual([0]);
    expect(slope((x) => pow(x, 3), [-2])).toEqual([12]);
    expect(slope((y) => pow(0, y), [0, 2])).toEqual([0, 0]);
    expect(pow(double([1, -1, 0, 0]), double([Infinity, -Infinity, 0, -1])).toArray()).toEqual([
      1,
      1,
      1,
      Infinity,
    ]);
  });

  test('where keeps NaN and infinities of the branch not taken out of value and gradient', () => {
    const f = (x: Tensor): Tensor => where(greater(x, 0), log(x), mul(x, 2));
    expect(f(double([-1, 1])).toArray()).toEqual([-2, 0]);
    expect(slope((x) => where(greater(x, 0), mul(x, 2), 0), [-1, NaN, 1])).toEqual([0, 0, 2]);
  });
});

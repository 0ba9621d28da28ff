import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import {
  Cell,
  grad,
  greater,
  log,
  mul,
  noGrad,
  parameter,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
} from '@tikhonov/core';
import { check, dormant } from '@tikhonov/core/engine';

const float64 = (values: number | readonly number[]): Tensor =>
  tensor(values, { dtype: 'float64' });

describe('a dormant term', () => {
  test('is 0 and has derivatives of 0, whatever it would be', () => {
    const w = parameter(float64([-1, 0, Infinity]));
    const f = (): Tensor => dormant(() => sum(log(w)));
    const [value, { w: g }] = valueAndGrad((_: { w: typeof w }) => f(), { unreached: 'error' })({
      w,
    });
    expect(value.item()).toBe(0);
    expect(g.toArray()).toEqual([0, 0, 0]);
    f().backward();
    expect(w.grad!.toArray()).toEqual([0, 0, 0]);
  });

  test('reaches what it would depend on, and nothing else', () => {
    const [a, b] = [parameter(float64(1)), parameter(float64(2))];
    const g = valueAndGrad((_: { a: typeof a; b: typeof b }) => dormant(() => mul(a, 3)), {
      unreached: 'error',
    });
    expect(() => g({ a, b })).toThrow(/does not depend on "b"/);
  });

  test('of a derivative depends on what that depends on', () => {
    const a = parameter(float64(1));
    const f = (x: Tensor): Tensor =>
      dormant(() => sum(grad((y: Tensor) => sum(mul(mul(y, y), a)))(x)));
    const [, gradients] = valueAndGrad((_: { a: typeof a }) => f(float64([1, 2])), {
      unreached: 'error',
    })({ a });
    expect(gradients.a.item()).toBe(0);
    expect(grad(grad((x: Tensor) => dormant(() => mul(x, mul(x, x)))))(float64(2)).item()).toBe(0);
  });

  test('computes nothing, checks nothing, and leaves cells as they are', () => {
    const held = new Cell(float64(1));
    const value = dormant(() => {
      held.write(held.read().add(1));
      check(greater(held, 10), () => new RangeError('never'));
      return held.read();
    });
    expect([value.item(), held.read().item()]).toEqual([0, 1]);
  });

  test('may look at elements, and then is computed', () => {
    const w = parameter(float64(3));
    const seen: number[] = [];
    const f = (): Tensor =>
      dormant(() => {
        seen.push(w.read().item());
        return mul(w, 2);
      });
    const [value, gradients] = valueAndGrad((_: { w: typeof w }) => f(), { unreached: 'error' })({
      w,
    });
    expect([value.item(), gradients.w.item(), ...seen]).toEqual([0, 0, 3]);
  });

  test('is one in a compiled function, and without a graph', () => {
    const w = parameter(float64(3));
    const step = compile(() => {
      const [value, gradients] = valueAndGrad(
        (_: { w: typeof w }) =>
          mul(
            5,
            dormant(() => log(w)),
          ).add(1),
        { unreached: 'error' },
      )({ w });
      return [value, gradients.w] as const;
    });
    expect(step().map((x) => x.item())).toEqual([1, 0]);
    expect(noGrad(() => dormant(() => log(w))).requiresGrad).toBe(false);
  });

  test('hands on errors of the term that are not about elements', () => {
    expect(() => dormant(() => float64([1, 2]).add(float64([1, 2, 3])))).toThrow(/shape/i);
  });
});

import { describe, expect, test } from '@jest/globals';
import {
  customGradient,
  exp,
  floor,
  grad,
  jvp,
  mul,
  parameter,
  sum,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import { thrown } from '../support.ts';

const f64 = { dtype: 'float64' } as const;
const x = tensor([0.3, -1.2, 0.7], f64);

describe('customGradient', () => {
  test('takes the place of the derivative of the value', () => {
    const ste = customGradient((at: Tensor) => ({ value: floor(at), pullback: (g) => [g] }));
    expect(ste(x).toArray()).toEqual([0, -2, 0]);
    expect(grad((at: Tensor) => sum(mul(ste(at), at)))(x).toArray()).toEqual(
      [0.3, -1.2, 0.7].map((v) => v + Math.floor(v)),
    );
  });

  test('is differentiated again and forward, as written', () => {
    const e = customGradient((at: Tensor) => {
      const value = exp(at);
      return { value, pullback: (g) => [mul(g, value)] };
    });
    const third = (f: (at: Tensor) => Tensor): number =>
      grad((a: Tensor) => grad((b: Tensor) => grad((c: Tensor) => f(c))(b))(a))(
        tensor(0.5, f64),
      ).item();
    expect(third(e)).toBe(Math.exp(0.5));
    const [, slope] = jvp(e, [x], [tensor([1, 2, 3], f64)]);
    expect(slope.toArray()).toEqual([0.3, -1.2, 0.7].map((v, i) => Math.exp(v) * (i + 1)));
  });

  test('takes several arguments, trees, integers and parameters', () => {
    const w = parameter(tensor([1, 2], f64));
    const index = tensor([1, 0], { dtype: 'int32' });
    const f = customGradient((p: typeof w, { by }: { by: Tensor }, i: Tensor) => ({
      value: { y: mul(p, by), i },
      pullback: (g) => [g.y.mul(10), { by: g.y.mul(100) }, i],
    }));
    const slopes = grad(({ p, by }: { p: typeof w; by: Tensor }) => sum(f(p, { by }, index).y))({
      p: w,
      by: tensor([3, 4], f64),
    });
    expect(slopes.p.toArray()).toEqual([10, 10]);
    expect(slopes.by.toArray()).toEqual([100, 100]);
    sum(f(w, { by: tensor([3, 4], f64) }, index).y).backward();
    expect(w.grad!.toArray()).toEqual([10, 10]);
  });

  test('what it closes over gets nothing', () => {
    const w = parameter(x);
    const f = customGradient((at: Tensor) => ({
      value: mul(at, w),
      pullback: (g) => [mul(g, w)],
    }));
    expect(f(x).requiresGrad).toBe(false);
  });

  test('a pullback of the wrong shape, structure or kind is reported as such', () => {
    const wrong = customGradient((at: Tensor) => ({ value: sum(at), pullback: (g) => [g] }));
    expect(thrown(() => grad(wrong)(x)).message).toBe(
      'customGradient: the pullback returned float64 [] for argument 0, which is float64 [3].\n' +
        '  Return one cotangent per argument, of its shape and dtype.',
    );
    // @ts-expect-error one cotangent is missing
    const short = customGradient((a: Tensor, b: Tensor) => ({
      value: sum(mul(a, b)),
      pullback: (g) => [mul(g, b)],
    }));
    expect(thrown(() => grad((at: Tensor) => short(at, at))(x)).message).toContain(
      'customGradient: the trees differ: nothing at "1"',
    );
    // @ts-expect-error no pullback
    const none = customGradient((at: Tensor) => ({ value: sum(at) }));
    expect(thrown(() => none(x)).message).toContain('must return { value, pullback }');
  });
});

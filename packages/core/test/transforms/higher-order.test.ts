import { describe, expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import {
  add,
  exp,
  gather,
  grad,
  hvp,
  jvp,
  logSoftmax,
  matmul,
  mean,
  mul,
  neg,
  norm,
  parameter,
  sigmoid,
  sin,
  softmax,
  square,
  sum,
  type Tensor,
  tanh,
  tensor,
  transpose,
  valueAndGrad,
} from '@tikhonov/core';
import { distance, double, noise } from '../support.ts';

const labels = tensor([[0], [2], [1]], { dtype: 'int32' });
const crossEntropy = (scores: Tensor): Tensor =>
  neg(mean(gather(logSoftmax(scores), labels, { axis: 1 })));

const heads: readonly (readonly [string, (h: Tensor) => Tensor])[] = [
  ['tanh', (h) => sum(tanh(h))],
  ['sigmoid', (h) => sum(square(sigmoid(h)))],
  ['exp', (h) => sum(exp(mul(h, 0.3)))],
  ['softmax', (h) => sum(square(softmax(h)))],
  ['cross-entropy', crossEntropy],
];

describe('derivatives of derivatives', () => {
  test('the third derivative of x^4 is 24 x', () => {
    const f = (x: Tensor): Tensor => mul(mul(x, x), mul(x, x)).sum();
    const third = grad((x: Tensor) => grad((y: Tensor) => grad(f)(y))(x));
    expect(third(double(1.5)).item()).toBeCloseTo(36, 12);
  });

  test('the third derivative of tanh is that of its formula', () => {
    const x = 0.7;
    const t = Math.tanh(x);
    const third = grad((a: Tensor) => grad((b: Tensor) => grad((c: Tensor) => tanh(c))(b))(a))(
      double(x),
    ).item();
    expect(third).toBeCloseTo((1 - t * t) * (6 * t * t - 2), 12);
  });

  test('the fourth derivative of sin is sin', () => {
    type Scalar = (x: Tensor) => Tensor;
    const d =
      (f: Scalar): Scalar =>
      (x) =>
        grad((at: Tensor) => f(at))(x);
    expect(d(d(d(d((x) => sin(x)))))(double(0.4)).item()).toBeCloseTo(Math.sin(0.4), 14);
  });

  test('perturbations of different levels are not confused', () => {
    // d/dx [x d/dy (x + y)] = 1, not 2.
    const f = (x: Tensor): Tensor => mul(x, grad((y: Tensor) => add(x, y))(double(1)));
    expect(grad(f)(double(3)).item()).toBe(1);
    // d/dx [x d/dy (x y)] at y = 1 is d/dx x^2.
    const g = (x: Tensor): Tensor => mul(x, grad((y: Tensor) => mul(x, y))(double(1)));
    expect(grad(g)(double(3)).item()).toBe(6);
    const viaForward = (x: Tensor): Tensor =>
      mul(x, jvp((y: Tensor) => add(x, y), [double(1)], [double(1)])[1]);
    expect(grad(viaForward)(double(3)).item()).toBe(1);
    expect(jvp(viaForward, [double(3)], [double(1)])[1].item()).toBe(1);
  });

  test('a constant of an outer level is not differentiated by an inner one', () => {
    const outer = grad((x: Tensor) => {
      const inner = grad((y: Tensor) => mul(y, y))(x);
      return mul(inner, x);
    });
    expect(outer(double(5)).item()).toBe(20);
  });
});

describe.each(heads)('a gradient penalty through %s', (_name, head) => {
  const [x, w, b] = [noise([3, 2], 1), noise([4, 2], 2), noise([4], 3)];
  const model = (x: Tensor, w: Tensor, b: Tensor): Tensor => head(add(matmul(x, transpose(w)), b));

  test('on the inputs has the gradient of finite differences', () => {
    const penalty = (x: Tensor, w: Tensor, b: Tensor): Tensor =>
      square(add(norm(grad((at: Tensor) => model(at, w, b))(x)), -1)).sum();
    assertGrads(penalty, [x, w, b], { order: 1, eps: 1e-5 });
  });

  test('on the parameters has the gradient of finite differences', () => {
    const penalty = (x: Tensor, w: Tensor, b: Tensor): Tensor => {
      const g = grad((p: { w: Tensor; b: Tensor }) => model(x, p.w, p.b))({ w, b });
      return add(sum(square(g.w)), sum(square(g.b)));
    };
    assertGrads(penalty, [x, w, b], { order: 1, eps: 1e-5 });
  });

  test('is the same with parameters in cells, by backward()', () => {
    const [pw, pb] = [parameter(w), parameter(b)];
    const penalty = sum(square(grad((at: Tensor) => head(add(matmul(at, transpose(pw)), pb)))(x)));
    penalty.backward();
    const [, want] = valueAndGrad((p: { w: Tensor; b: Tensor }) =>
      sum(square(grad((at: Tensor) => model(at, p.w, p.b))(x))),
    )({ w, b });
    expect(distance(pw.grad!, want.w)).toBeLessThan(1e-13);
    expect(distance(pb.grad!, want.b)).toBeLessThan(1e-13);
  });

  test('hvp is the derivative of grad along v, and symmetric', () => {
    const f = (x: Tensor): Tensor => model(x, w, b);
    const [u, v] = [noise([3, 2], 5), noise([3, 2], 6)];
    const [hv] = hvp(f, [x], [v]);
    const [hu] = hvp(f, [x], [u]);
    const [, along] = jvp((at: Tensor) => grad(f)(at), [x], [v]);
    expect(distance(hv!, along)).toBeLessThan(1e-13);
    expect(sum(mul(u, hv!)).item()).toBeCloseTo(sum(mul(v, hu!)).item(), 12);
  });
});

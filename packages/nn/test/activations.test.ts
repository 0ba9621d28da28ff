import { expect, test } from '@jest/globals';
import { grad, tensor } from '@tikhonov/core';
import { type ActivationName, activation } from '../src/index.ts';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const formulas: Readonly<Record<ActivationName, (x: number) => number>> = {
  relu: (x) => Math.max(x, 0),
  leakyRelu: (x) => (x > 0 ? x : 0.01 * x),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  silu: (x) => x * sigmoid(x),
  softplus: (x) => Math.log1p(Math.exp(x)),
  tanh: Math.tanh,
  sigmoid,
  identity: (x) => x,
};

const points = [-3, -0.5, 0.25, 2];

test.each(Object.entries(formulas))('%s follows its formula, and so does its slope', (name, f) => {
  const act = activation(name as ActivationName);
  const x = tensor(points, { dtype: 'float64' });
  const h = 1e-5;
  const slopes = grad((z: typeof x) => act(z).sum())(x).data();
  for (const [i, y] of act(x).data().entries()) {
    expect(Math.abs(y - f(points[i]!))).toBeLessThan(1e-14);
    const slope = (f(points[i]! + h) - f(points[i]! - h)) / (2 * h);
    // Central differences: h^2/6 |f'''| (here < 1) plus rounding 1e-16 / h.
    expect(Math.abs(slopes[i]! - slope)).toBeLessThan(1e-10);
  }
});

test('no branch overflows', () => {
  const x = tensor([800], { dtype: 'float64' });
  expect(grad((z: typeof x) => activation('elu')(z).sum())(x).toArray()).toEqual([1]);
});

test('an unknown name is a TypeError that lists the known ones', () => {
  expect(() => activation('rleu' as ActivationName)).toThrow(
    new TypeError(
      'activation: unknown name "rleu".\n' +
        '  Use one of relu, leakyRelu, elu, silu, softplus, tanh, sigmoid, identity, or pass a function of a tensor.',
    ),
  );
  expect(() => activation('toString' as ActivationName)).toThrow(TypeError);
});

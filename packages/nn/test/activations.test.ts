import { expect, test } from '@jest/globals';
import { grad, tensor } from '@tikhonov/core';
import { type ActivationName, activation } from '../src/index.ts';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const softplus = (x: number): number => Math.log1p(Math.exp(x));
const limit = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

/** erf by its Taylor series, whose terms stay below 20 for |x| < 2.2: errors below 1e-14. */
function erf(x: number): number {
  let [sum, term] = [0, x];
  for (let n = 0; n < 60; n++) {
    sum += term / (2 * n + 1);
    term *= (-x * x) / (n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const formulas: Readonly<Record<ActivationName, (x: number) => number>> = {
  relu: (x) => Math.max(x, 0),
  leakyRelu: (x) => (x > 0 ? x : 0.01 * x),
  relu6: (x) => limit(x, 0, 6),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  celu: (x) => (x > 0 ? x : Math.expm1(x)),
  selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  gelu: (x) => (x * (1 + erf(x / Math.SQRT2))) / 2,
  silu: (x) => x * sigmoid(x),
  mish: (x) => x * Math.tanh(softplus(x)),
  softplus,
  softsign: (x) => x / (1 + Math.abs(x)),
  tanh: Math.tanh,
  hardtanh: (x) => limit(x, -1, 1),
  sigmoid,
  logSigmoid: (x) => -softplus(-x),
  hardsigmoid: (x) => limit(x / 6 + 0.5, 0, 1),
  hardswish: (x) => x * limit(x / 6 + 0.5, 0, 1),
  identity: (x) => x,
};

const points = [-2.9, -0.5, 0.25, 2];

test.each(Object.entries(formulas))('%s follows its formula, and so does its slope', (name, f) => {
  const act = activation(name as ActivationName);
  const x = tensor(points, { dtype: 'float64' });
  const h = 1e-5;
  const slopes = grad((z: typeof x) => act(z).sum())(x).data();
  for (const [i, y] of act(x).data().entries()) {
    expect(Math.abs(y - f(points[i]!))).toBeLessThan(1e-14);
    const slope = (f(points[i]! + h) - f(points[i]! - h)) / (2 * h);
    // Central differences: h^2/6 |f'''| (here < 6) plus rounding 1e-15 / h.
    expect(Math.abs(slopes[i]! - slope)).toBeLessThan(2e-10);
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
        '  Use one of relu, leakyRelu, elu, silu, softplus, tanh, sigmoid, identity, relu6, celu, selu, gelu, mish, ' +
        'softsign, hardtanh, logSigmoid, hardsigmoid, hardswish, or pass a function of a tensor.',
    ),
  );
  expect(() => activation('toString' as ActivationName)).toThrow(TypeError);
});

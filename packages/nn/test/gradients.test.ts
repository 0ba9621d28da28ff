import { describe, expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import { random, softmax, type Tensor, tensor } from '@tikhonov/core';
import { type CrossEntropyOptions, crossEntropy, dropout, linear, mlp, mse } from '../src/index.ts';

// First and second derivatives in both modes against central differences.

const normal = (seed: number, shape: readonly number[]): Tensor =>
  random.normal(random.key(seed), shape, { dtype: 'float64' });

const labels = tensor([2, 0, 1], { dtype: 'int32' });

const options: readonly (readonly [string, CrossEntropyOptions])[] = [
  ['plain', {}],
  ['summed', { reduction: 'sum' }],
  ['per sample', { reduction: 'none' }],
  ['smoothed', { labelSmoothing: 0.1 }],
  ['weighted', { weight: [0.5, 1, 2, 3] }],
  ['weighted and smoothed', { weight: [0.5, 1, 2, 3], labelSmoothing: 0.1 }],
];

describe.each(options)('crossEntropy, %s', (_name, option) => {
  test('of labels', () => {
    const report = assertGrads((z: Tensor) => crossEntropy(z, labels, option), [normal(0, [3, 4])]);
    expect(report.checked).toBeGreaterThan(0);
  });

  test('of probability rows, in both arguments', () => {
    const rows = softmax(normal(1, [3, 4]));
    const f = (z: Tensor, q: Tensor): Tensor => crossEntropy(z, q, option);
    expect(assertGrads(f, [normal(0, [3, 4]), rows]).ok).toBe(true);
  });
});

test('mse, linear and dropout with a given mask', () => {
  const [x, w, b] = [normal(0, [3, 4]), normal(1, [2, 4]), normal(2, [2])];
  const target = normal(3, [3, 2]);
  const mask = tensor([
    [1, 0],
    [0, 1],
    [1, 1],
  ]);
  const f = (...[inputs, weight, bias]: readonly Tensor[]): Tensor =>
    mse(dropout(linear(inputs!, weight!, bias), { training: true, mask, p: 0.3 }), target);
  expect(assertGrads(f, [x, w, b]).ok).toBe(true);
});

test('an mlp under crossEntropy, in its parameters', () => {
  const model = mlp([3, 4, 4], { seed: 0, activation: 'tanh', dropout: 0.5, dtype: 'float64' });
  const x = normal(0, [3, 3]);
  const context = { training: true, rng: random.key(1) };
  const f = (_parameters: unknown): Tensor => crossEntropy(model.forward(x, context), labels);
  const report = assertGrads(f, [model.namedParameters()]);
  expect(report.checked).toBeGreaterThan(0);
});

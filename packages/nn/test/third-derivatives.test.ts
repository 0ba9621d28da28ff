import { expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import { grad, mul, sum, type Tensor } from '@tikhonov/core';
import {
  attentionWeights,
  batchNorm,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  layerNorm,
  scaledDotProductAttention,
} from '../src/index.ts';
import { int, normal, uniform } from './numbers.ts';

// Second derivatives of the gradient are third derivatives; they are compared with finite differences of
// second ones, and those of first ones.

const labels = int([1, 0, 2]);
const x = normal(0, [3, 3]);
const [k, v] = [normal(1, [3, 3]), normal(2, [3, 2])];
const g = normal(3, [3, 3]);

test.each<[string, (x: Tensor) => Tensor]>([
  ['softmax cross-entropy', (a) => crossEntropy(a, labels, { labelSmoothing: 0.1 })],
  ['weighted cross-entropy', (a) => crossEntropy(a, labels, { weight: [1, 2, 0.5] })],
  [
    'binary cross-entropy',
    (a) => binaryCrossEntropyWithLogits(a, uniform(4, [3, 3]), { posWeight: 2 }),
  ],
  ['batch norm', (a) => sum(mul(batchNorm(a, { training: true }), g))],
  ['layer norm', (a) => sum(mul(layerNorm(a, { normalizedShape: 3 }), g))],
  ['attention weights', (a) => sum(mul(attentionWeights(a, k), g))],
  ['attention in its queries', (a) => sum(scaledDotProductAttention(a, k, v))],
  ['self-attention', (a) => sum(mul(scaledDotProductAttention(a, a, a, { isCausal: true }), g))],
])('third derivatives of %s', (_name, f) => {
  const slope = (a: Tensor): Tensor => grad(f)(a);
  expect(assertGrads(slope, [x]).checked).toBeGreaterThan(0);
});

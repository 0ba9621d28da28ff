import { expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import { DTypeError, grad, logSoftmax, ShapeError, type Tensor, zeros } from '@tikhonov/core';
import { crossEntropy, nllLoss } from '../../src/index.ts';
import { double, gap, int, normal } from '../numbers.ts';

const z = normal(0, [3, 4]);
const logp = logSoftmax(z);
const labels = int([2, 0, 1]);

test.each([
  {},
  { reduction: 'none' as const },
  { reduction: 'sum' as const },
  { weight: [0.5, 1, 2, 3] },
  { ignoreIndex: 0 },
  { weight: [0.5, 1, 2, 3], ignoreIndex: 0, sampleWeight: [1, 2, 3] },
])('derivatives to order 2, and crossEntropy of the logits, %j', (options) => {
  const f = (x: Tensor): Tensor => nllLoss(x, labels, options);
  expect(assertGrads(f, [logp]).checked).toBeGreaterThan(0);
  expect(gap(f(logp), crossEntropy(z, labels, options))).toBeLessThan(1e-15);
});

test('the gradient is -1 / n at the labels, and 0 at ignored ones', () => {
  const f = (x: Tensor): Tensor => nllLoss(x, int([1, -100]), { ignoreIndex: -100 });
  expect(grad(f)(zeros([2, 2])).toArray()).toEqual([
    [0, -1],
    [0, 0],
  ]);
});

test('a class with weight 0 contributes 0, also at -Infinity', () => {
  const scores = double([
    [-Infinity, 0],
    [0, -Infinity],
  ]);
  expect(nllLoss(scores, int([0, 0]), { weight: [0, 1], reduction: 'sum' }).item()).toBeCloseTo(0);
  expect(nllLoss(scores, int([0, 0]), { reduction: 'sum' }).item()).toBe(Infinity);
});

test('classes may lie on axis 1, as in PyTorch', () => {
  const scores = normal(1, [2, 3, 4]);
  const y = int([
    [0, 1, 2, 0],
    [2, 2, 1, 0],
  ]);
  const moved = nllLoss(scores.permute([0, 2, 1]), y, { reduction: 'none' });
  expect(nllLoss(scores, y, { axis: 1, reduction: 'none' }).data()).toEqual(moved.data());
});

test('what does not fit says so', () => {
  expect(() => nllLoss(logp, logp)).toThrow(
    new ShapeError(
      'nllLoss: labels float64 [3, 4] do not fit log-probabilities [3, 4].\n' +
        '  Give integer labels of shape [3].',
    ),
  );
  expect(() => nllLoss(logp, int([0, 1, 4]))).toThrow(/labels must be integers in \[0, 4\), got 4/);
  expect(() => nllLoss(int([[1]]), int([0]))).toThrow(
    new DTypeError('nllLoss: log-probabilities must be floating, got int32.'),
  );
});

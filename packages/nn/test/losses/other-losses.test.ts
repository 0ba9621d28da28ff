import { describe, expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import {
  cosineSimilarity,
  DTypeError,
  grad,
  ShapeError,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import { cosineEmbeddingLoss, gaussianNllLoss, poissonNllLoss } from '../../src/index.ts';
import { double, finite, gap, int, normal, uniform } from '../numbers.ts';

const [x, t] = [normal(0, [3, 2]), uniform(1, [3, 2], [0.2, 3])];

describe('gaussianNllLoss', () => {
  test('derivatives to order 2 in mean, target and variance', () => {
    for (const shape of [[3, 2], [3, 1], []]) {
      const f = (a: Tensor, b: Tensor, v: Tensor): Tensor =>
        gaussianNllLoss(a, b, v, { reduction: 'none' });
      const v = uniform(2, shape, [0.5, 2]);
      expect(assertGrads(f, [x, t, v]).checked).toBeGreaterThan(0);
    }
  });

  test('full is minus the log-density', () => {
    const density = Math.exp(-((1 - 3) ** 2) / (2 * 4)) / Math.sqrt(2 * Math.PI * 4);
    const loss = gaussianNllLoss(double([1]), double([3]), 4, { full: true }).item();
    expect(loss).toBeCloseTo(-Math.log(density), 14);
  });

  test('a variance below eps is eps, without gradient', () => {
    const f = (v: Tensor): Tensor => gaussianNllLoss(double([1]), double([1]), v, { eps: 0.5 });
    expect(f(double([0])).item()).toBeCloseTo(Math.log(0.5) / 2, 15);
    expect(grad(f)(double([0])).toArray()).toEqual([0]);
  });

  test('what does not fit says so', () => {
    expect(() => gaussianNllLoss(x, t, double([-1]))).toThrow(/variance must be >= 0/);
    expect(() => gaussianNllLoss(x, t, tensor([1]))).toThrow(DTypeError);
    expect(() => gaussianNllLoss(x, t, double([1, 1, 1]))).toThrow(
      new ShapeError('gaussianNllLoss: variance [3] does not broadcast to [3, 2].'),
    );
    const [a, b] = [tensor([1]), tensor([1])];
    expect(() => gaussianNllLoss(a, b, 0, { eps: 1e-60 })).toThrow(
      new RangeError('gaussianNllLoss: eps must be finite and > 0 in float32, got 1e-60.'),
    );
  });
});

describe('poissonNllLoss', () => {
  test('derivatives to order 2, from logarithms and from rates', () => {
    for (const options of [{}, { full: true }, { reduction: 'none' as const }]) {
      const logs = (a: Tensor, b: Tensor): Tensor => poissonNllLoss(a, b, options);
      expect(assertGrads(logs, [x, t]).checked).toBeGreaterThan(0);
      const rates = (a: Tensor, b: Tensor): Tensor =>
        poissonNllLoss(a, b, { ...options, logInput: false });
      expect(assertGrads(rates, [uniform(2, [3, 2], [0.5, 2]), t]).checked).toBeGreaterThan(0);
    }
  });

  test('rates and their logarithms agree; full comes close to log 5!', () => {
    const options = { logInput: false, eps: 1e-30 };
    const rates = uniform(2, [3, 2], [0.5, 2]);
    const logs = tensor(rates.data().map(Math.log), { shape: [3, 2], dtype: 'float64' });
    expect(gap(poissonNllLoss(logs, t), poissonNllLoss(rates, t, options))).toBeLessThan(1e-14);
    const [zero, five] = [double([0]), double([5])];
    const stirling =
      poissonNllLoss(zero, five, { full: true }).item() - poissonNllLoss(zero, five).item();
    // Stirling's series is off by at most 1 / (12 t).
    expect(Math.abs(stirling - Math.log(120))).toBeLessThan(1 / 60);
  });

  test('a rate of 0 is finite; negative counts and rates are refused', () => {
    const f = (r: Tensor): Tensor => poissonNllLoss(r, double([0, 2]), { logInput: false });
    expect(finite(grad(f)(double([0, 0])))).toBe(true);
    expect(() => poissonNllLoss(x, t.neg())).toThrow(/target must be >= 0/);
    expect(() => poissonNllLoss(t.neg(), t, { logInput: false })).toThrow(/rate must be >= 0/);
  });
});

describe('cosineEmbeddingLoss', () => {
  const [a, b] = [normal(3, [4, 3]), normal(4, [4, 3])];
  const signs = int([1, -1, 1, -1]);

  test('is 1 - cos for like pairs, max(0, cos - margin) for unlike ones', () => {
    const cosine = cosineSimilarity(a, b).data();
    const margin = -0.5;
    const want = Array.from(cosine, (c, i) => (i % 2 === 0 ? 1 - c : Math.max(0, c - margin)));
    const got = cosineEmbeddingLoss(a, b, signs, { margin, reduction: 'none' });
    expect(gap(got, double(want))).toBeLessThan(1e-15);
    const f = (p: Tensor, q: Tensor): Tensor => cosineEmbeddingLoss(p, q, signs, { margin });
    expect(assertGrads(f, [a, b]).checked).toBeGreaterThan(0);
  });

  test('what does not fit says so', () => {
    expect(() => cosineEmbeddingLoss(a, b, int([1, 0, 1, 1]))).toThrow(/labels must be 1 or -1/);
    expect(() => cosineEmbeddingLoss(a, b, signs, { margin: 2 })).toThrow(
      new RangeError('cosineEmbeddingLoss: margin must be in [-1, 1], got 2.'),
    );
    expect(() => cosineEmbeddingLoss(a, b, int([1]))).toThrow(ShapeError);
  });
});

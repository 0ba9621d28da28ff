import { describe, expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import { grad, hvp, ShapeError, sigmoid, type Tensor, tensor } from '@tikhonov/core';
import { binaryCrossEntropy, binaryCrossEntropyWithLogits } from '../../src/index.ts';
import { double, finite, gap, normal, uniform } from '../numbers.ts';

const z = normal(0, [3, 2]).mul(2);
const t = uniform(1, [3, 2], [0.1, 0.9]);

describe('binaryCrossEntropyWithLogits', () => {
  test.each([
    {},
    { reduction: 'sum' as const },
    { reduction: 'none' as const },
    { posWeight: [0.5, 3] },
    { weight: [[0.5], [1], [2]], posWeight: 2 },
  ])('derivatives to order 2 in logits and targets, %j', (given) => {
    const { weight, ...rest } = given as { weight?: number[][] };
    const options = weight === undefined ? rest : { ...rest, weight: double(weight) };
    const f = (a: Tensor, b: Tensor): Tensor => binaryCrossEntropyWithLogits(a, b, options);
    expect(assertGrads(f, [z, t]).checked).toBeGreaterThan(0);
  });

  test('it is binaryCrossEntropy of the sigmoid, and its gradient sigmoid - target', () => {
    expect(gap(binaryCrossEntropyWithLogits(z, t), binaryCrossEntropy(sigmoid(z), t))).toBeLessThan(
      1e-14,
    );
    const f = (x: Tensor): Tensor => binaryCrossEntropyWithLogits(x, t, { reduction: 'sum' });
    expect(gap(grad(f)(z), sigmoid(z).sub(t))).toBeLessThan(1e-15);
  });

  test('a posWeight multiplies the positive term, a weight the whole, the mean counts elements', () => {
    const [a, b] = [double([0.3, -1]), double([1, 0])];
    const each = binaryCrossEntropyWithLogits(a, b, { reduction: 'none' }).data();
    const pos = binaryCrossEntropyWithLogits(a, b, { posWeight: 3, reduction: 'none' }).data();
    expect(pos[0]).toBeCloseTo(3 * each[0]!, 14);
    expect(pos[1]).toBe(each[1]);
    const all = binaryCrossEntropyWithLogits(a, b, { weight: [2, 0] }).item();
    expect(all).toBeCloseTo(each[0]!, 14);
  });

  test.each(['float32', 'float64'] as const)('is stable at logits of 1000, in %s', (dtype) => {
    const at = tensor([1000, -1000, 1000, -1000], { dtype });
    const to = tensor([1, 0, 0, 1], { dtype });
    const f = (x: Tensor): Tensor => binaryCrossEntropyWithLogits(x, to, { reduction: 'sum' });
    expect(f(at).item()).toBe(2000);
    expect(grad(f)(at).toArray()).toEqual([0, -0, 1, -1].map((g) => expect.closeTo(g, 12)));
    expect(finite(hvp(f, [at], [to])[0])).toBe(true);
  });

  test('keeps the digits of a small loss', () => {
    const f = binaryCrossEntropyWithLogits(tensor([-20]), tensor([0])).item();
    expect(Math.abs(f / Math.log1p(Math.exp(-20)) - 1)).toBeLessThan(2e-7);
  });

  test('a term with factor 0 is 0 also at an infinite logit', () => {
    const at = double([Infinity, -Infinity]);
    const f = (x: Tensor): Tensor => binaryCrossEntropyWithLogits(x, double([1, 0]));
    expect(f(at).item()).toBe(0);
    expect(grad(f)(at).toArray()).toEqual([expect.closeTo(0), expect.closeTo(0)]);
    expect(binaryCrossEntropyWithLogits(at, double([0, 1])).item()).toBe(Infinity);
    expect(binaryCrossEntropyWithLogits(at, double([0, 1]), { weight: 0 }).item()).toBe(0);
  });
});

describe('binaryCrossEntropy', () => {
  test('derivatives to order 2 in probabilities and targets', () => {
    const p = uniform(2, [3, 2], [0.1, 0.9]);
    for (const options of [{}, { reduction: 'none' as const }, { weight: [0.5, 2] }]) {
      const f = (a: Tensor, b: Tensor): Tensor => binaryCrossEntropy(a, b, options);
      expect(assertGrads(f, [p, t]).checked).toBeGreaterThan(0);
    }
  });

  test.each(['float32', 'float64'] as const)('logarithms end at -100, flat, in %s', (dtype) => {
    const p = tensor([0, 1, 0, 1], { dtype });
    const to = tensor([1, 0, 0, 1], { dtype });
    const f = (x: Tensor): Tensor => binaryCrossEntropy(x, to, { reduction: 'sum' });
    expect(f(p).item()).toBe(200);
    // What is not clamped keeps its slope: log(1 - p) at 0 and log(p) at 1, here times 1.
    expect(grad(f)(p).toArray()).toEqual([expect.closeTo(0), expect.closeTo(0), 1, -1]);
    expect(finite(hvp(f, [p], [to])[0])).toBe(true);
    const slopes = grad((q: Tensor) => binaryCrossEntropy(p, q, { reduction: 'sum' }))(to);
    expect(slopes.toArray()).toEqual([100, -100, 100, -100]);
  });

  test('a probability just above 0 is not clamped', () => {
    expect(binaryCrossEntropy(double([1e-30]), double([1])).item()).toBeCloseTo(69.0776, 3);
  });
});

test('what does not fit says so', () => {
  const half = tensor([0.5]);
  expect(() => binaryCrossEntropyWithLogits(tensor([1]), tensor([-1]))).toThrow(RangeError);
  expect(() => binaryCrossEntropyWithLogits(tensor([1]), tensor([-1]))).toThrow(
    /target must be in \[0, 1\], got [\s\S]*Map labels of -1 and 1 to 0 and 1\./,
  );
  expect(() => binaryCrossEntropy(tensor([1.5]), half)).toThrow(
    /probability must be in \[0, 1\], got [\s\S]*From logits, use binaryCrossEntropyWithLogits\./,
  );
  expect(() => binaryCrossEntropy(tensor([Number.NaN]), half)).toThrow(RangeError);
  expect(() => binaryCrossEntropyWithLogits(half, half, { posWeight: -1 })).toThrow(
    /posWeight must be finite and >= 0/,
  );
  expect(() => binaryCrossEntropyWithLogits(half, half, { weight: [1, 2] })).toThrow(
    new ShapeError(
      'binaryCrossEntropyWithLogits: weight [2] does not broadcast to the losses [1].',
    ),
  );
  expect(() => binaryCrossEntropy(half, tensor([[0.5]]))).toThrow(ShapeError);
  expect(() => binaryCrossEntropy(half, half, { posWeight: 1 } as object)).toThrow(
    'binaryCrossEntropy: unknown option "posWeight".',
  );
});

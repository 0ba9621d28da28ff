import { describe, expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import { Cell, DTypeError, grad, hvp, ShapeError, type Tensor, tensor } from '@tikhonov/core';
import { huberLoss, l1Loss, mse, smoothL1Loss } from '../../src/index.ts';
import { double, gap, normal } from '../numbers.ts';

const [y, t] = [normal(0, [3, 4]).mul(2), normal(1, [3, 4])];

test.each(['mean', 'sum', 'none'] as const)(
  'derivatives to order 2 in both arguments, reduction %s',
  (reduction) => {
    const losses = [
      (a: Tensor, b: Tensor) => mse(a, b, { reduction }),
      (a: Tensor, b: Tensor) => l1Loss(a, b, { reduction }),
      (a: Tensor, b: Tensor) => huberLoss(a, b, { reduction, delta: 1.3 }),
      (a: Tensor, b: Tensor) => smoothL1Loss(a, b, { reduction, beta: 0.7 }),
    ];
    for (const loss of losses) expect(assertGrads(loss, [y, t]).checked).toBeGreaterThan(0);
  },
);

describe('huberLoss and smoothL1Loss', () => {
  test('values on both sides, and slope and curvature where they meet', () => {
    const zero = double([0, 0, 0, 0]);
    const d = double([0.5, -2, 3, 0]);
    const huber = huberLoss(d, zero, { delta: 2, reduction: 'none' });
    expect(huber.toArray()).toEqual([0.125, 2, 4, 0]);
    const smooth = smoothL1Loss(d, zero, { beta: 2, reduction: 'none' });
    expect(smooth.toArray()).toEqual([0.0625, 1, 2, 0]);
    const f = (x: Tensor): Tensor => huberLoss(x, zero, { delta: 2, reduction: 'sum' });
    expect(grad(f)(d).toArray()).toEqual([0.5, -2, 2, 0]);
    expect(hvp(f, [d], [double([1, 1, 1, 1])])[0].toArray()).toEqual([1, 1, 0, 1]);
  });

  test('huberLoss is delta times smoothL1Loss', () => {
    const scaled = smoothL1Loss(y, t, { beta: 0.6 }).mul(0.6);
    expect(gap(huberLoss(y, t, { delta: 0.6 }), scaled)).toBeLessThan(1e-15);
  });

  test('a beta of 0 is l1Loss, in value and gradient, as a number and in a cell', () => {
    const at = double([1, -2, 0]);
    const zero = double([0, 0, 0]);
    for (const beta of [0, new Cell(tensor(0))]) {
      const f = (x: Tensor): Tensor => smoothL1Loss(x, zero, { beta, reduction: 'sum' });
      expect(f(at).item()).toBe(3);
      expect(grad(f)(at).toArray()).toEqual([1, -1, 0]);
      expect(hvp(f, [at], [at])[0].toArray()).toEqual([0, 0, 0]);
    }
  });

  test('delta in a cell can be annealed, and is rounded like a number', () => {
    const delta = new Cell(tensor(0.5));
    expect(huberLoss(y, t, { delta }).item()).toBe(huberLoss(y, t, { delta: 0.5 }).item());
    delta.write(2);
    expect(huberLoss(y, t, { delta }).item()).toBe(huberLoss(y, t, { delta: 2 }).item());
    delta.write(0);
    expect(() => huberLoss(y, t, { delta })).toThrow(/huberLoss: delta must be finite and > 0/);
  });

  test('far from the target, and infinitely far, the slope is that of the line', () => {
    const far = tensor([1e30, Infinity]);
    for (const loss of [huberLoss, smoothL1Loss]) {
      const f = (x: Tensor): Tensor => loss(x, tensor([0, 0]), { reduction: 'sum' });
      expect(loss(far, tensor([0, 0]), { reduction: 'none' }).toArray()).toEqual([
        Math.fround(1e30),
        Infinity,
      ]);
      expect(grad(f)(far).toArray()).toEqual([1, 1]);
    }
  });

  test('NaN stays NaN', () => {
    expect(huberLoss(tensor([Number.NaN]), tensor([0])).item()).toBeNaN();
    expect(smoothL1Loss(tensor([Number.NaN]), tensor([0])).item()).toBeNaN();
  });
});

test('what does not fit says so', () => {
  const x = tensor([1, 2]);
  expect(() => huberLoss(x, x, { delta: 0 })).toThrow(
    new RangeError('huberLoss: delta must be finite and > 0, got 0.'),
  );
  expect(() => smoothL1Loss(x, x, { beta: -1 })).toThrow(
    new RangeError('smoothL1Loss: beta must be finite and >= 0, got -1.'),
  );
  expect(() => huberLoss(x, x, { delta: tensor([1, 2]) })).toThrow(
    new ShapeError('huberLoss: delta must be a number or a tensor of shape [], got [2].'),
  );
  expect(() => smoothL1Loss(x, tensor([[1, 2]]))).toThrow(
    'smoothL1Loss: prediction [2] and target [1, 2] differ in shape.\n' +
      '  Nothing is broadcast here; reshape the target to [2].',
  );
  expect(() => mse(x, tensor([1, 2], { dtype: 'int32' }))).toThrow(
    new DTypeError(
      'mse: prediction and target must be of one floating dtype, got float32 and int32.\n' +
        "  Cast with astype('float32').",
    ),
  );
  expect(() => huberLoss(x, x, { detla: 1 } as object)).toThrow(
    'huberLoss: unknown option "detla".',
  );
  expect(() => l1Loss(x, x, { reduction: 'batchmean' as 'mean' })).toThrow(TypeError);
});

test('a number takes the dtype of the other', () => {
  expect(mse(double(1), 3).item()).toBe(4);
  expect(l1Loss(0.1, double(0)).dtype).toBe('float64');
});

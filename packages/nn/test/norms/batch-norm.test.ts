import { describe, expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import { Cell, grad, hvp, ShapeError, type Tensor, tensor, zeros } from '@tikhonov/core';
import { BatchNorm1d, BatchNorm2d, batchNorm, type Module, Sequential } from '../../src/index.ts';
import { double, gap, normal } from '../numbers.ts';

const train = { training: true } as const;
const state = (layer: Module): Record<string, unknown> =>
  Object.fromEntries(Object.entries(layer.stateDict()).map(([k, v]) => [k, v.toArray()]));

describe('batchNorm', () => {
  test('in training gradients flow through mean and variance', () => {
    const x = double([[1], [2], [4]]);
    const f = (a: Tensor): Tensor =>
      batchNorm(a, { ...train, eps: 0 })
        .mul(double([[1], [0], [0]]))
        .sum();
    const slopes = grad(f)(x);
    // The output does not change if x is shifted or stretched.
    expect(slopes.sum().item()).toBeCloseTo(0, 14);
    expect(slopes.mul(x).sum().item()).toBeCloseTo(0, 14);
    expect(Math.abs(slopes.data()[1]!)).toBeGreaterThan(0.1);
  });

  test('in evaluation it is affine in x, and each output depends on its own input only', () => {
    const [runningMean, runningVar] = [double([1, -1]), double([4, 0.25])];
    const f = (a: Tensor): Tensor =>
      batchNorm(a, {
        runningMean,
        runningVar,
        weight: double([2, 3]),
        bias: double([5, 7]),
        eps: 0,
      });
    expect(f(double([[3, 0]])).toArray()).toEqual([[7, 13]]);
    const total = (a: Tensor): Tensor => f(a).sum();
    const [x, v] = [normal(0, [3, 2]), normal(1, [3, 2])];
    expect(grad(total)(x).toArray()).toEqual([
      [1, 6],
      [1, 6],
      [1, 6],
    ]);
    expect(gap(hvp(total, [x], [v])[0], zeros([3, 2]))).toBe(0);
    expect(assertGrads(f, [x]).checked).toBeGreaterThan(0);
  });

  test('cells of running statistics move in training, tensors stay', () => {
    const x = double([[1], [3]]);
    const [mean, variance] = [new Cell(double([0])), new Cell(double([1]))];
    const statistics = { runningMean: mean, runningVar: variance, momentum: 0.5 };
    batchNorm(x, { ...statistics, ...train, updateState: false });
    batchNorm(x, statistics);
    expect([mean.read().item(), variance.read().item()]).toEqual([0, 1]);
    batchNorm(x, { ...statistics, ...train });
    expect([mean.read().item(), variance.read().item()]).toEqual([1, 1.5]);
    const [still, fixed] = [double([0]), double([1])];
    batchNorm(x, { runningMean: still, runningVar: fixed, ...train });
    expect([still.item(), fixed.item()]).toEqual([0, 1]);
  });

  test('what does not fit says so', () => {
    expect(() => batchNorm(zeros([1, 3]), train)).toThrow(
      new RangeError(
        'batchNorm: training needs more than one value per channel, got x [1, 3].\n' +
          '  Use a larger batch (drop a last batch of one), or evaluate with running statistics.',
      ),
    );
    expect(batchNorm(zeros([1, 3, 2]), train).shape).toEqual([1, 3, 2]);
    expect(() => batchNorm(zeros([0, 3]), train)).toThrow(RangeError);
    expect(() => batchNorm(zeros([2, 3]))).toThrow(
      'batchNorm: evaluation needs runningMean and runningVar, got neither.\n' +
        "  Pass them, or { training: true } for the batch's own statistics.",
    );
    expect(() => batchNorm(zeros([2, 3]), { runningMean: zeros([3]) })).toThrow(
      'batchNorm: got runningMean alone.\n  Pass both running statistics, or neither.',
    );
    expect(() => batchNorm(zeros([2, 3]), { ...train, weight: zeros([2]) })).toThrow(
      'batchNorm: weight must have shape [3], got [2].',
    );
    expect(() => batchNorm(zeros([3]), train)).toThrow(
      'batchNorm: x must be [n, c, ...], got [3].',
    );
    const [runningMean, runningVar] = [new Cell(zeros([3])), new Cell(zeros([3]))];
    expect(() =>
      batchNorm(zeros([2, 3]), { ...train, runningMean, runningVar, momentum: 2 }),
    ).toThrow(new RangeError('batchNorm: momentum must be in [0, 1], got 2.'));
  });
});

describe('BatchNorm1d and BatchNorm2d', () => {
  test('running statistics are those computed by hand, with the unbiased variance', () => {
    const layer = new BatchNorm1d(2, { dtype: 'float64' });
    layer.forward(
      double([
        [1, 10],
        [3, 20],
        [5, 60],
      ]),
      train,
    );
    // Means 3 and 30; unbiased variances 4 and 700.
    expect(state(layer)).toMatchObject({
      running_mean: [expect.closeTo(0.3, 14), expect.closeTo(3, 14)],
      running_var: [expect.closeTo(0.9 + 0.4, 14), expect.closeTo(0.9 + 70, 12)],
      num_batches_tracked: 1,
    });
    layer.forward(
      double([
        [1, 0],
        [1, 2],
      ]),
      train,
    );
    expect(state(layer)).toMatchObject({
      running_mean: [expect.closeTo(0.27 + 0.1, 14), expect.closeTo(2.7 + 0.1, 14)],
      running_var: [expect.closeTo(1.17, 14), expect.closeTo(63.81 + 0.2, 12)],
      num_batches_tracked: 2,
    });
  });

  test('without momentum they average over all batches', () => {
    const layer = new BatchNorm1d(1, { momentum: null, dtype: 'float64' });
    for (const row of [2, 6, 10]) layer.forward(double([[row - 1], [row + 1]]), train);
    expect(layer.runningMean!.read().item()).toBeCloseTo(6, 14);
    expect(layer.runningVar!.read().item()).toBeCloseTo(2, 14);
  });

  test('a momentum in a cell can be annealed and is part of the state', () => {
    const momentum = new Cell(tensor(1));
    const layer = new BatchNorm1d(1, { momentum });
    layer.forward(tensor([[1], [3]]), train);
    momentum.write(0);
    layer.forward(tensor([[50], [70]]), train);
    expect(state(layer)).toMatchObject({ running_mean: [2], running_var: [2], momentum: 0 });
  });

  test('they move in training only, and not if updateState is false', () => {
    const layer = new BatchNorm1d(1);
    const before = state(layer);
    const x = tensor([[1], [3]]);
    layer.forward(x);
    layer.forward(x, { updateState: true });
    layer.forward(x, { training: true, updateState: false });
    expect(state(layer)).toEqual(before);
    layer.forward(x, { training: true, updateState: true });
    expect(state(layer)).not.toEqual(before);
  });

  test('they are detached, and inside a gradient they move once per call', () => {
    const layer = new BatchNorm1d(1, { dtype: 'float64' });
    grad((x: Tensor) => layer.forward(x, train).mul(x).sum())(double([[1], [3]]));
    expect(layer.numBatchesTracked!.read().item()).toBe(1);
    expect(layer.runningMean!.read().requiresGrad).toBe(false);
    expect(layer.runningVar!.read().item()).toBeCloseTo(1.1, 14);
  });

  test('evaluation uses them', () => {
    const layer = new BatchNorm1d(1, { momentum: 1, eps: 0, dtype: 'float64' });
    layer.forward(double([[1], [3]]), train);
    expect(gap(layer.forward(double([[4]])), double([[2 / Math.SQRT2]]))).toBeLessThan(1e-15);
  });

  test('without running statistics evaluation uses the batch, and there are no buffers', () => {
    const layer = new BatchNorm1d(1, { trackRunningStats: false, affine: false, eps: 0 });
    expect(layer.stateDict()).toEqual({});
    expect(layer.forward(tensor([[1], [3]])).toArray()).toEqual([[-1], [1]]);
  });

  test("a state has PyTorch's names, buffers are no parameters, and it comes back whole", () => {
    const make = (): Sequential => new Sequential(new BatchNorm2d(3), new BatchNorm2d(3));
    const [model, other] = [make(), make()];
    const x = normal(0, [2, 3, 2, 2]).astype('float32');
    model.forward(x, train);
    const names = ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'];
    const each = (wanted: readonly string[]): string[] =>
      ['0', '1'].flatMap((i) => wanted.map((name) => `${i}.${name}`));
    expect(Object.keys(model.stateDict())).toEqual(each(names));
    expect(Object.keys(model.namedParameters())).toEqual(each(['weight', 'bias']));
    expect(model.stateDict()['0.num_batches_tracked']!.dtype).toBe('int32');
    expect(gap(other.forward(x), model.forward(x))).toBeGreaterThan(0.01);
    other.loadStateDict(model.stateDict());
    expect(other.forward(x).data()).toEqual(model.forward(x).data());
    expect(state(other)).toEqual(state(model));
  });

  test('derivatives to order 2 in input and parameters', () => {
    const layer = new BatchNorm2d(2, { dtype: 'float64' });
    const x = normal(0, [2, 2, 2, 1]);
    const g = normal(1, [2, 2, 2, 1]);
    const context = { training: true, updateState: false };
    const f = (a: Tensor, _parameters: unknown): Tensor => layer.forward(a, context).mul(g).sum();
    expect(assertGrads(f, [x, layer.namedParameters()]).checked).toBeGreaterThan(0);
  });

  test('what does not fit says so', () => {
    expect(() => new BatchNorm1d(3).forward(zeros([2, 4]))).toThrow(
      new ShapeError('BatchNorm1d(3): x must be [n, 3] or [n, 3, l], got [2, 4].'),
    );
    expect(() => new BatchNorm2d(3).forward(zeros([2, 3, 4]))).toThrow(
      new ShapeError('BatchNorm2d(3): x must be [n, 3, h, w], got [2, 3, 4].'),
    );
    expect(() => new BatchNorm1d(0)).toThrow(
      new RangeError('BatchNorm1d: numFeatures must be an integer >= 1, got 0.'),
    );
    expect(() => new BatchNorm2d(1, { momentum: -1 })).toThrow(
      new RangeError('BatchNorm2d: momentum must be in [0, 1], got -1.'),
    );
    const layer = new BatchNorm1d(1);
    expect(() => layer.forward(tensor([[1]]), train)).toThrow(/more than one value per channel/);
    expect(layer.numBatchesTracked!.read().item()).toBe(0);
  });
});

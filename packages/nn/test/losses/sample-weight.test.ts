import { describe, expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import {
  abs,
  Cell,
  exp,
  grad,
  indexSelect,
  logSoftmax,
  ShapeError,
  sigmoid,
  softmax,
  sum,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  cosineEmbeddingLoss,
  crossEntropy,
  gaussianNllLoss,
  huberLoss,
  klDiv,
  l1Loss,
  mse,
  nllLoss,
  poissonNllLoss,
  type Reduction,
  smoothL1Loss,
  type Weights,
} from '../../src/index.ts';
import { double, gap, normal } from '../numbers.ts';

interface Options {
  readonly sampleWeight?: Weights;
  readonly reduction?: Reduction;
}

/** A loss of `[4, 3]` inputs and targets. */
interface Case {
  readonly name: string;
  readonly x: Tensor;
  readonly y: Tensor;
  readonly loss: (x: Tensor, y: Tensor, options: Options) => Tensor;
}

const x = normal(0, [4, 3]).mul(2);
const y = normal(1, [4, 3]);
const labels = tensor([2, 0, 1, 1], { dtype: 'int32' });
const signs = double([1, -1, -1, 1]);
const cases: readonly Case[] = [
  { name: 'mse', x, y, loss: mse },
  { name: 'l1Loss', x, y, loss: l1Loss },
  { name: 'huberLoss', x, y, loss: (a, b, o) => huberLoss(a, b, { ...o, delta: 1.3 }) },
  { name: 'smoothL1Loss', x, y, loss: (a, b, o) => smoothL1Loss(a, b, { ...o, beta: 0.7 }) },
  {
    name: 'gaussianNllLoss',
    x,
    y,
    loss: (a, b, o) => gaussianNllLoss(a, b, double([0.5, 1, 2]), { ...o, full: true }),
  },
  { name: 'poissonNllLoss', x, y: abs(y), loss: poissonNllLoss },
  {
    name: 'poissonNllLoss of rates',
    x: exp(x),
    y: abs(y).add(1),
    loss: (a, b, o) => poissonNllLoss(a, b, { ...o, logInput: false, full: true }),
  },
  { name: 'klDiv', x: logSoftmax(x), y: softmax(y), loss: klDiv },
  {
    name: 'klDiv of logarithms',
    x: logSoftmax(x),
    y: logSoftmax(y),
    loss: (a, b, o) => klDiv(a, b, { ...o, logTarget: true }),
  },
  { name: 'binaryCrossEntropy', x: sigmoid(x), y: sigmoid(y), loss: binaryCrossEntropy },
  {
    name: 'binaryCrossEntropyWithLogits',
    x,
    y: sigmoid(y),
    loss: (a, b, o) =>
      binaryCrossEntropyWithLogits(a, b, { ...o, posWeight: [1, 2, 3], weight: [2, 1, 1] }),
  },
];

const weight = double([0.5, 0, 2, 1.25]);

describe.each(cases)('$name with sampleWeight', ({ x, y, loss }) => {
  test('the mean is sum(w l) / sum(w) of the rows, and the other reductions multiply', () => {
    const each = loss(x, y, { reduction: 'none' }).toArray() as number[][];
    const w = weight.toArray() as number[];
    const rows = each.map((row) => row.reduce((s, l) => s + l, 0));
    const weightedSum = rows.reduce((s, row, i) => s + w[i]! * row, 0);
    const scale = rows.reduce((s, row, i) => s + Math.abs(w[i]! * row), 0);
    const total = w.reduce((s, v) => s + v, 0);
    const near = (got: Tensor, want: number): void =>
      // A dozen float64 additions and a division.
      expect(Math.abs(got.item() - want)).toBeLessThanOrEqual(32 * 2 ** -53 * scale);
    near(loss(x, y, { sampleWeight: weight }), weightedSum / (3 * total));
    near(loss(x, y, { sampleWeight: weight, reduction: 'sum' }), weightedSum);
    const none = loss(x, y, { sampleWeight: weight, reduction: 'none' });
    expect(none.toArray()).toEqual(each.map((row, i) => row.map((l) => w[i]! * l)));
  });

  test('whole weights are repeated rows, and equal ones change nothing', () => {
    const index = tensor([0, 2, 2, 2, 3, 3], { dtype: 'int32' });
    const repeated = loss(indexSelect(x, index), indexSelect(y, index), {});
    const counted = loss(x, y, { sampleWeight: [1, 0, 3, 2] });
    expect(gap(counted, repeated)).toBeLessThan(1e-14);
    expect(gap(loss(x, y, { sampleWeight: [3, 3, 3, 3] }), loss(x, y, {}))).toBeLessThan(1e-14);
  });

  test.each(['mean', 'sum', 'none'] as const)(
    'derivatives to order 2, reduction %s',
    (reduction) => {
      const f = (a: Tensor, w: Tensor): Tensor => loss(a, y, { sampleWeight: w, reduction });
      expect(assertGrads(f, [x, double([0.5, 1, 2, 1.25])]).checked).toBeGreaterThan(0);
    },
  );

  test('refuses weights of another shape, bad ones, and ones that sum to 0', () => {
    const given = (sampleWeight: Weights) => () => loss(x, y, { sampleWeight });
    expect(given([1, 2, 3])).toThrow(ShapeError);
    expect(given([1, 2, 3])).toThrow(/sampleWeight must have shape \[4\], got \[3\]/);
    expect(given([1, 2, 3, -1])).toThrow(/sampleWeight must be finite and >= 0/);
    expect(given([1, 2, 3, Infinity])).toThrow(RangeError);
    expect(given([1, 2, 3, Number.NaN])).toThrow(RangeError);
    expect(given([0, 0, 0, 0])).toThrow(/weights of this batch's samples sum to 0/);
    expect(loss(x, y, { sampleWeight: [0, 0, 0, 0], reduction: 'sum' }).item()).toBe(0);
  });
});

describe('a row of weight 0', () => {
  const infinite: readonly (readonly [string, number, number, Case['loss']])[] = [
    ['mse', Infinity, 0, mse],
    ['l1Loss', -Infinity, 0, l1Loss],
    ['huberLoss', Infinity, 0, huberLoss],
    ['smoothL1Loss', Infinity, 0, smoothL1Loss],
    ['gaussianNllLoss', Infinity, 0, (a, b, o) => gaussianNllLoss(a, b, 1, o)],
    ['poissonNllLoss', 1000, 0, poissonNllLoss],
    ['klDiv', -Infinity, 0.5, klDiv],
    ['binaryCrossEntropyWithLogits', Infinity, 0, binaryCrossEntropyWithLogits],
  ];

  test.each(infinite)(
    '%s: an infinite loss gives exactly 0, in value and slope',
    (_, at, to, loss) => {
      const target = double([[0.5], [to]]);
      const f = (a: Tensor, w: Tensor): Tensor => loss(a, target, { sampleWeight: w });
      const a = double([[0.25], [at]]);
      expect(f(a, double([1, 1])).item()).toBe(Infinity);
      const alone = loss(double([[0.25]]), double([[0.5]]), {}).item();
      expect(f(a, double([1, 0])).item()).toBe(alone);
      const slope = grad((p: Tensor) => f(p, double([1, 0])))(a);
      expect(slope.toArray()).toEqual([
        [grad((p: Tensor) => loss(p, double([[0.5]]), {}))(double([[0.25]])).item()],
        [0],
      ]);
    },
  );

  test('still has a slope in its weight, as methods that learn weights need', () => {
    const loss = (w: Tensor): Tensor =>
      mse(double([1, 3]), double([0, 0]), { sampleWeight: w, reduction: 'sum' });
    expect(grad(loss)(double([0, 0])).toArray()).toEqual([1, 9]);
  });
});

describe('losses of one value per row', () => {
  test('cosineEmbeddingLoss weighs its pairs', () => {
    const loss = (o: Options): Tensor => cosineEmbeddingLoss(x, y, signs, { ...o, margin: 0.1 });
    const each = loss({ reduction: 'none' });
    const want = sum(each.mul(weight)).item() / 3.75;
    expect(Math.abs(loss({ sampleWeight: weight }).item() - want)).toBeLessThan(1e-15);
    expect(loss({ sampleWeight: [0, 0, 1, 0] }).item()).toBe(each.data()[2]);
  });

  test('rows of targets without further axes, and of several, have one weight each', () => {
    const flat = mse(double([1, 2, 3]), double([0, 0, 0]), { sampleWeight: [1, 0, 1] });
    expect(flat.item()).toBe(5);
    const deep = l1Loss(normal(2, [2, 3, 4]), normal(3, [2, 3, 4]), { sampleWeight: [0, 2] });
    const row = l1Loss(
      indexSelect(normal(2, [2, 3, 4]), tensor([1], { dtype: 'int32' })),
      indexSelect(normal(3, [2, 3, 4]), tensor([1], { dtype: 'int32' })),
    );
    expect(gap(deep, row)).toBeLessThan(1e-15);
  });

  test('all losses agree on what a weighted mean is', () => {
    const asRows = (loss: typeof crossEntropy | typeof nllLoss): number =>
      loss(logSoftmax(x), labels, { sampleWeight: weight }).item();
    expect(Math.abs(asRows(crossEntropy) - asRows(nllLoss))).toBeLessThan(1e-15);
  });
});

test("klDiv's 'batchmean' is the weighted mean of the divergences per sample", () => {
  const [q, p] = [logSoftmax(x), softmax(y)];
  const rows = sum(klDiv(q, p, { reduction: 'none' }), { axis: 1 });
  const want = sum(rows.mul(weight)).item() / 3.75;
  const got = klDiv(q, p, { reduction: 'batchmean', sampleWeight: weight }).item();
  expect(Math.abs(got - want)).toBeLessThan(1e-15);
});

test('weights in a cell, and of another dtype, are taken in the dtype of the losses', () => {
  const [a, b] = [x.astype('float32'), y.astype('float32')];
  const loss = mse(a, b, { sampleWeight: weight });
  expect(loss.dtype).toBe('float32');
  const cell = new Cell(weight);
  expect(mse(a, b, { sampleWeight: cell }).item()).toBe(loss.item());
});

test('no rows have no mean, whatever their weights', () => {
  const none = double([]).reshape([0, 3]);
  expect(() => mse(none, none, { sampleWeight: [] })).toThrow(
    'mse: the mean of no losses is not defined, shape [0, 3]',
  );
});

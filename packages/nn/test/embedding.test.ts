import { expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import { DTypeError, grad, hvp, ShapeError, type Tensor, tensor, zeros } from '@tikhonov/core';
import { Embedding, embedding } from '../src/index.ts';
import { constantInit } from '../src/initializers.ts';
import { double, int, normal } from './numbers.ts';

test('picks rows by indices of any shape and either integer type', () => {
  const table = double([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  const rows = [
    [
      [5, 6],
      [1, 2],
    ],
  ];
  expect(embedding(int([[2, 0]]), table).toArray()).toEqual(rows);
  expect(embedding(tensor([[2, 0]], { dtype: 'uint32' }), table).toArray()).toEqual(rows);
  expect(embedding(int(1), table).toArray()).toEqual([3, 4]);
  expect(embedding(zeros([0, 3], { dtype: 'int32' }), table).shape).toEqual([0, 3, 2]);
});

test('derivatives to order 2; rows picked twice add up', () => {
  const table = normal(0, [4, 3]);
  const ids = int([1, 3, 1]);
  const f = (w: Tensor): Tensor => embedding(ids, w).mul(embedding(ids, w)).sum();
  expect(assertGrads(f, [table]).checked).toBeGreaterThan(0);
  expect(grad((w: Tensor) => embedding(ids, w).sum())(table).toArray()).toEqual([
    [0, 0, 0],
    [2, 2, 2],
    [0, 0, 0],
    [1, 1, 1],
  ]);
});

test('the padding row gets no gradient, at any order, but keeps its value', () => {
  const table = double([[1], [2]]);
  for (const paddingIdx of [1, -1]) {
    const f = (w: Tensor): Tensor => {
      const rows = embedding(int([0, 1, 1]), w, { paddingIdx });
      return rows.mul(rows).sum();
    };
    expect(f(table).item()).toBe(9);
    expect(grad(f)(table).toArray()).toEqual([[2], [0]]);
    expect(hvp(f, [table], [double([[1], [1]])])[0].toArray()).toEqual([[2], [0]]);
  }
});

test('the layer draws N(0, 1) rows, and zeros for the padding', () => {
  const layer = new Embedding(400, 5, { seed: 0, paddingIdx: -1 });
  expect(Object.keys(layer.stateDict())).toEqual(['weight']);
  const values = layer.weight.read().data();
  expect(Array.from(values.slice(-5))).toEqual([0, 0, 0, 0, 0]);
  const drawn = Array.from(values.slice(0, -5));
  const mean = drawn.reduce((sum, x) => sum + x, 0) / drawn.length;
  const power = drawn.reduce((sum, x) => sum + x * x, 0) / drawn.length;
  // Five standard errors of 1995 draws: 5 / sqrt(n), and 5 sqrt(2 / n).
  expect(Math.abs(mean)).toBeLessThan(0.112);
  expect(Math.abs(power - 1)).toBeLessThan(0.16);
  const without = new Embedding(400, 5, { seed: 0 });
  expect(Array.from(without.weight.read().data().slice(0, -5))).toEqual(drawn);
  expect(without.weight.read().data().at(-1)).not.toBe(0);
  layer
    .forward(int([399, 0]))
    .sum()
    .backward();
  const slopes = layer.weight.grad!.data();
  expect([slopes[0], slopes.at(-1)]).toEqual([1, 0]);
});

test('the layer takes an initializer', () => {
  const layer = new Embedding(2, 2, { seed: 0, paddingIdx: 0, weightInit: constantInit(3) });
  expect(layer.forward(int([0, 1])).toArray()).toEqual([
    [0, 0],
    [3, 3],
  ]);
});

test('what does not fit says so', () => {
  const table = zeros([3, 2]);
  expect(() => embedding(int([0, 3]), table)).toThrow(RangeError);
  expect(() => embedding(int([-1]), table)).toThrow(
    /^embedding: indices must be in \[0, 3\), got [\s\S]*\n {2}The table \[3, 2\] has 3 rows\.$/,
  );
  expect(() => embedding(tensor([0]), table)).toThrow(
    new DTypeError(
      "embedding: indices must be int32 or uint32, got float32.\n  Cast with astype('int32').",
    ),
  );
  expect(() => embedding(int([0]), zeros([3]))).toThrow(
    new ShapeError('embedding: weight must be [n, d], got [3].'),
  );
  expect(() => embedding(int([0]), table, { paddingIdx: 3 })).toThrow(
    new RangeError('embedding: paddingIdx must be an integer in [-3, 3), got 3.'),
  );
  expect(() => new Embedding(0, 2, { seed: 0 })).toThrow(
    new RangeError('Embedding: numEmbeddings must be an integer >= 1, got 0.'),
  );
  expect(() => new Embedding(2, 2, {})).toThrow(/need a seed or a key/);
  expect(() => new Embedding(2, 2, { seed: 0, weightInit: () => zeros([1]) })).toThrow(
    'Embedding: the initializer of weight returned [1], asked for [2, 2].',
  );
});

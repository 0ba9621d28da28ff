import { describe, expect, test } from '@jest/globals';
import { asTensor, type Evaluator, within } from '../../src/engine.ts';
import {
  add,
  argmin,
  argsort,
  chunk,
  countNonzero,
  cumprod,
  cumsum,
  diag,
  diagonal,
  dot,
  einsum,
  grad,
  hvp,
  indexAdd,
  kron,
  median,
  meshgrid,
  moveaxis,
  norm,
  outer,
  pad,
  prod,
  repeatInterleave,
  roll,
  select,
  slice,
  sort,
  std,
  sum,
  Tensor,
  tensor,
  tile,
  topk,
  trace,
  tril,
  triu,
  unbind,
} from '../../src/index.ts';

/** Knows shapes and no values: an operation that reads its data throws a TraceError. */
const shapesOnly: Evaluator = {
  run: (primitive, _inputs, _attrs, outputs) =>
    outputs.map(() => ({ symbolic: true, describe: () => `the result of ${primitive.name}` })),
};

const index = tensor([0, 1, 0], { dtype: 'int32' });
const total = (xs: readonly Tensor[]): Tensor => xs.reduce((a, x) => add(a, sum(x)), asTensor(0));

const operations: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  prod: (x) => prod(x, { axis: 0 }),
  std: (x) => std(x, { axis: 1 }),
  'norm, p = 1': (x) => norm(x, { p: 1 }),
  'norm, p = 3': (x) => norm(x, { p: 3, axis: 0 }),
  'norm, p = Infinity': (x) => norm(x, { p: Infinity }),
  median: (x) => median(x, { axis: 1 }),
  cumsum: (x) => cumsum(x),
  cumprod: (x) => cumprod(x, { axis: 1 }),
  sort: (x) => sort(x, { descending: true }).values,
  topk: (x) => topk(x, 2).values,
  slice: (x) => slice(x, [{ step: -2 }]),
  'pad with a value': (x) =>
    pad(
      x,
      [
        [1, 1],
        [0, 2],
      ],
      { value: 3 },
    ),
  'pad, reflect': (x) =>
    pad(
      x,
      [
        [1, 1],
        [0, 2],
      ],
      { mode: 'reflect' },
    ),
  'pad, edge': (x) =>
    pad(
      x,
      [
        [1, 1],
        [0, 2],
      ],
      { mode: 'edge' },
    ),
  'pad, wrap': (x) =>
    pad(
      x,
      [
        [1, 1],
        [0, 2],
      ],
      { mode: 'wrap' },
    ),
  chunk: (x) => total(chunk(x, 2)),
  unbind: (x) => total(unbind(x, { axis: 1 })),
  select: (x) => select(x, -1),
  tile: (x) => tile(x, [2, 2]),
  repeatInterleave: (x) => repeatInterleave(x, [1, 0, 2], { axis: 0 }),
  roll: (x) => roll(x, 1),
  moveaxis: (x) => moveaxis(x, 0, 1),
  meshgrid: (x) => total(meshgrid([select(x, 0), select(x, 1)])),
  diag: (x) => diag(diag(x, { k: 1 })),
  diagonal: (x) => diagonal(x, { offset: -1 }),
  trace: (x) => trace(x),
  tril: (x) => tril(x),
  triu: (x) => triu(x, { k: 1 }),
  outer: (x) => outer(x, x),
  kron: (x) => kron(x, x),
  dot: (x) => dot(select(x, 0), select(x, 1)),
  einsum: (x) => einsum('ij,kj,kk->i', x, x, x),
  indexAdd: (x) => indexAdd(x, index, x),
};

describe('operations and their derivatives can be recorded: they read no data', () => {
  test.each(Object.entries(operations))('%s', (_name, f) => {
    const symbol = (): Tensor =>
      new Tensor([3, 3], 'float32', { symbolic: true, describe: () => 'x' });
    const loss = (x: Tensor): Tensor => sum(f(x).mul(f(x)));
    within({ evaluator: shapesOnly }, () => {
      expect(grad(loss)(symbol()).shape).toEqual([3, 3]);
      expect(hvp(loss, [symbol()], [symbol()])[0]!.shape).toEqual([3, 3]);
    });
  });

  test('as do those without derivatives', () => {
    within({ evaluator: shapesOnly }, () => {
      const x = new Tensor([2, 3], 'float32', { symbolic: true, describe: () => 'x' });
      expect(argsort(x).shape).toEqual([2, 3]);
      expect(argmin(x, { axis: 1 }).shape).toEqual([2]);
      expect(countNonzero(x).shape).toEqual([]);
    });
  });
});

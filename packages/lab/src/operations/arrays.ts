import type { Operation } from '@tikhonov/check';
import { operation } from '@tikhonov/check';
import type { Tensor } from '@tikhonov/core';
import * as core from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { anyAxis, reduced, reduction, unary, unaryWith } from './draws.ts';

const indexed = 'the result is an index';
const axisOf = (draw: CaseDraw, x: Tensor): { axis: number } => ({ axis: anyAxis(draw, x.rank) });

/** Reductions, orderings and cumulative operations. */
export const reductions: readonly Operation[] = [
  reduction('mean', core.mean, { minSize: 1, nonEmpty: 'the mean of nothing is an error' }),
  ...(
    [
      ['variance', core.variance],
      ['std', core.std],
    ] as const
  ).map(([name, f]) =>
    unaryWith(
      name,
      f,
      (draw, x) => ({
        axis: x.rank - 1,
        keepdims: draw.pick([false, true]),
        correction: draw.pick([0, 1]),
      }),
      {
        minRank: 1,
        minSize: 2,
        distinct: true,
        nonEmpty: 'needs more elements than the correction',
      },
    ),
  ),
  reduction('logsumexp', core.logsumexp, {
    minSize: 1,
    nonEmpty: '-Infinity for nothing, which is not differenced',
  }),
  reduction('prod', core.prod),
  reduction('min', core.min, {
    minSize: 1,
    distinct: true,
    nonEmpty: 'nothing to choose from',
    note: 'ties share equally',
  }),
  reduction('median', core.median, {
    minSize: 1,
    distinct: true,
    nonEmpty: 'nothing to choose from',
  }),
  unaryWith(
    'quantile',
    (x, q: number) => core.quantile(x, q),
    (draw) => draw.pick([0.2, 0.5, 0.9]),
    {
      minSize: 1,
      distinct: true,
      nonEmpty: 'nothing to choose from',
    },
  ),
  reduction('all', (x, options) => core.all(core.greater(x, 0), options), {
    discrete: 'the result is bool',
  }),
  reduction('any', (x, options) => core.any(core.greater(x, 0), options), {
    discrete: 'the result is bool',
  }),
  reduction('countNonzero', core.countNonzero, { discrete: 'the result is a count' }),
  unaryWith('argmin', core.argmin, axisOf, {
    minRank: 1,
    minSize: 1,
    discrete: indexed,
    nonEmpty: 'nothing to choose from',
  }),
  unaryWith(
    'norm',
    core.norm,
    (draw, x) => ({ axis: draw.axes(x.rank), p: draw.pick([1, 2, 3, Infinity]) }),
    {
      minSize: 1,
      avoid: [0],
      min: 0.1,
      distinct: true,
      nonEmpty: 'the largest of nothing is an error',
      note: 'derivative 0 at the zero vector',
    },
  ),
  unaryWith('cumprod', core.cumprod, axisOf, { minRank: 1 }),
  unaryWith('cummax', core.cummax, axisOf, { minRank: 1, distinct: true }),
  unaryWith('cummin', core.cummin, axisOf, { minRank: 1, distinct: true }),
  unaryWith('logcumsumexp', core.logcumsumexp, axisOf, { minRank: 1 }),
  unaryWith('normalize', core.normalize, axisOf, {
    minRank: 1,
    minSize: 1,
    min: 0.2,
    nonEmpty: 'kept away from zero vectors, at which the norm has a kink',
  }),
  operation(
    'bincount',
    (draw) => [(x) => core.bincount(x!, 4), draw.integers([draw.integer(0, 4)], 0, 3)],
    { discrete: 'the result counts' },
  ),
  operation(
    'searchsorted',
    (draw) => [
      (x) => core.searchsorted(core.arange(4, { dtype: 'float64' }), x!),
      draw.tensor(draw.shape()),
    ],
    { discrete: indexed },
  ),
  unaryWith('sort', core.sort, axisOf, { minRank: 1, distinct: true, nonFinite: 'it sorts last' }),
  unaryWith(
    'topk',
    (x, [k, axis]: readonly [number, number]) => core.topk(x, k, { axis }),
    (draw, x) => {
      const axis = anyAxis(draw, x.rank);
      return [draw.integer(0, x.shape.at(axis)!), axis] as const;
    },
    { minRank: 1, distinct: true, nonFinite: 'it counts as the largest, and may push others out' },
  ),
  operation(
    'cosineSimilarity',
    (draw) => {
      const shape = draw.shape({ minRank: 1, minSize: 1 });
      const [x, y] = [draw.tensor(shape, { avoid: [0] }), draw.tensor(shape, { avoid: [0] })];
      return [(a, b) => core.cosineSimilarity(a!, b!, { axis: 0 }), x, y];
    },
    { nonEmpty: 'the derivative is not defined at zero vectors' },
  ),
];

/** Products of vectors and matrices. */
export const products: readonly Operation[] = [
  operation('dot', (draw) => {
    const n = draw.integer(0, 4);
    return [(x, y) => core.dot(x!, y!), draw.tensor([n]), draw.tensor([n])];
  }),
  operation('kron', (draw) => {
    const size = (): number => draw.integer(0, 2);
    return [
      (x, y) => core.kron(x!, y!),
      draw.tensor([size(), size()]),
      draw.tensor([size(), size()]),
    ];
  }),
  operation('tensordot', (draw) => {
    const [i, j, k] = [draw.integer(0, 3), draw.integer(0, 3), draw.integer(0, 3)];
    return [
      (x, y) => core.tensordot(x!, y!, { axes: [[0], [1]] }),
      draw.tensor([i, j]),
      draw.tensor([k, i]),
    ];
  }),
  operation('einsum', (draw) => {
    const [i, j, k] = [draw.integer(0, 3), draw.integer(0, 3), draw.integer(0, 3)];
    const equation = draw.pick(['ij,jk->ik', 'ij,jk->k', 'ij,jk', 'ij,jk->ijk', 'ij,jk->']);
    return [(x, y) => core.einsum(equation, x!, y!), draw.tensor([i, j]), draw.tensor([j, k])];
  }),
];

/** Movement, indexing and repetition. */
export const movement: readonly Operation[] = [
  unary('flatten', core.flatten),
  unary('transpose', core.transpose, { minRank: 2 }),
  unaryWith(
    'squeeze',
    (x, axis: number) => core.squeeze(core.expandDims(x, axis), axis),
    (draw, x) => draw.integer(0, x.rank),
  ),
  unaryWith('expandDims', core.expandDims, (draw, x) => draw.integer(-x.rank - 1, x.rank)),
  unaryWith(
    'swapaxes',
    (x, [a, b]: number[]) => core.swapaxes(x, a!, b!),
    (draw, x) => [anyAxis(draw, x.rank), anyAxis(draw, x.rank)],
    { minRank: 1 },
  ),
  unaryWith(
    'moveaxis',
    (x, [a, b]: number[]) => core.moveaxis(x, a!, b!),
    (draw, x) => [anyAxis(draw, x.rank), anyAxis(draw, x.rank)],
    { minRank: 1 },
  ),
  unaryWith('tile', core.tile, (draw, x) => x.shape.map(() => draw.integer(0, 2))),
  unaryWith(
    'roll',
    (x, [shift, axis]: number[]) => core.roll(x, shift!, { axis: axis! }),
    (draw, x) => [draw.integer(-4, 4), anyAxis(draw, x.rank)],
    { minRank: 1 },
  ),
  unaryWith(
    'repeatInterleave',
    (x, [n, axis]: number[]) => core.repeatInterleave(x, n!, { axis: axis! }),
    (draw, x) => [draw.integer(0, 2), anyAxis(draw, x.rank)],
    { minRank: 1 },
  ),
  ...(
    [
      ['tril', core.tril],
      ['triu', core.triu],
    ] as const
  ).map(([name, f]) => unaryWith(name, f, (draw) => ({ k: draw.integer(-2, 2) }), { minRank: 2 })),
  ...(
    [
      ['diagonal', core.diagonal],
      ['trace', core.trace],
    ] as const
  ).map(([name, f]) =>
    unaryWith(name, f, (draw) => ({ offset: draw.integer(-1, 1) }), { minRank: 2 }),
  ),
  operation('diag', (draw) => [
    (x) => core.diag(x!),
    draw.tensor(draw.shape({ minRank: 1, maxRank: 2 })),
  ]),
  operation('split', (draw) => {
    const shape = draw.shape({ minRank: 1 });
    const at = draw.integer(0, shape[0]!);
    return [(x) => core.split(x!, [at, shape[0]! - at]), draw.tensor(shape)];
  }),
  unaryWith('chunk', core.chunk, (draw) => draw.integer(1, 3), { minRank: 1 }),
  unaryWith('unbind', core.unbind, axisOf, {
    minRank: 1,
    minSize: 1,
    nonEmpty: 'nothing comes of an empty axis',
  }),
  unaryWith('select', core.select, (draw, x) => draw.integer(-x.shape[0]!, x.shape[0]! - 1), {
    minRank: 1,
    minSize: 1,
    nonEmpty: 'nothing to select',
  }),
  unaryWith(
    'stack',
    (x, axis: number) => core.stack([x, x.mul(2)], { axis }),
    (draw, x) => draw.integer(-x.rank - 1, x.rank),
  ),
  unaryWith(
    'pad',
    (x, mode: core.PadOptions['mode']) =>
      core.pad(
        x,
        x.shape.map(() => [1, 1] as const),
        { mode: mode! },
      ),
    (draw) => draw.pick(['constant', 'edge', 'reflect', 'wrap'] as const),
    { minSize: 2, nonEmpty: 'there is nothing to reflect' },
  ),
  operation('broadcastTensors', (draw) => {
    const shape = draw.shape();
    return [
      (...xs) => core.broadcastTensors(xs),
      draw.tensor(shape),
      draw.tensor(reduced(draw, shape)),
    ];
  }),
  operation('meshgrid', (draw) => {
    const [n, m] = [draw.integer(0, 3), draw.integer(0, 3)];
    const indexing = draw.pick(['ij', 'xy'] as const);
    return [(...xs) => core.meshgrid(xs, { indexing }), draw.tensor([n]), draw.tensor([m])];
  }),
  operation('indexSelect', (draw) => {
    const shape = draw.shape({ minRank: 1, minSize: 1 });
    const axis = draw.integer(0, shape.length - 1);
    const index = draw.integers([draw.integer(0, 4)], 0, shape[axis]! - 1);
    return [(x, i) => core.indexSelect(x!, i!, { axis }), draw.tensor(shape), index];
  }),
  operation('indexAdd', (draw) => {
    const shape = draw.shape({ minRank: 1, minSize: 1 });
    const axis = draw.integer(0, shape.length - 1);
    const n = draw.integer(0, 4);
    const index = draw.integers([n], 0, shape[axis]! - 1);
    const source = shape.map((size, k) => (k === axis ? n : size));
    return [
      (x, i, y) => core.indexAdd(x!, i!, y!, { axis }),
      draw.tensor(shape),
      index,
      draw.tensor(source),
    ];
  }),
  operation('oneHot', (draw) => [(x) => core.oneHot(x!, 3), draw.integers(draw.shape(), 0, 2)], {
    discrete: 'labels are integers',
  }),
  operation(
    'windows',
    (draw) => {
      const shape = draw.shape({ minRank: 1, maxRank: 2, minSize: 1 });
      const size = shape.map((n) => draw.integer(1, n));
      return [
        (x) => core.windows(x!, { size, stride: shape.map(() => draw.pick([1])) }),
        draw.tensor(shape),
      ];
    },
    { nonEmpty: 'a window holds at least an element' },
  ),
];

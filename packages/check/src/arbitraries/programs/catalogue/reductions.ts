import * as core from '@tikhonov/core';
import type { ValueRange } from '@tikhonov/core/engine';
import { callWith, expression, listExpression } from '../calls.ts';
import { operandFor } from '../fit.ts';
import { literal } from '../print.ts';
import { drawShape } from '../values.ts';
import { axisOf, float, floatOf, type Item, size, someAxes } from './item.ts';

type Reduction = (x: core.Tensor, options: core.ReduceOptions) => core.Tensor;

const reduction = (
  name: string,
  f: Reduction,
  options: { readonly range?: ValueRange; readonly minSize?: number; readonly exact?: true } = {},
): Item => ({
  name,
  write: (author) => {
    const shape = drawShape(author, { minSize: options.minSize ?? 0 });
    const { range, exact } = options;
    const x = operandFor(author, { shape, dtype: floatOf(author), range, exact: exact === true });
    const given = { axis: someAxes(author, shape.length), keepdims: author.dice.once(2) };
    author.one(callWith(name, f, 1, given), x);
  },
});

/** A function along one axis. */
const along = (
  name: string,
  f: (x: core.Tensor, options: { readonly axis: number }) => core.Tensor,
  options: {
    readonly exact?: true;
    readonly range?: ValueRange;
    readonly minSize?: number;
    readonly more?: object;
  } = {},
): Item => ({
  name,
  write: (author) => {
    const { exact, range, minSize = 0, more = {} } = options;
    const shape = drawShape(author, { minRank: 1, minSize });
    const x = operandFor(author, { shape, dtype: floatOf(author), range, exact: exact === true });
    author.one(callWith(name, f, 1, { axis: axisOf(author, shape.length), ...more }), x);
  },
});

const moments: Item = {
  name: 'variance',
  write: (author) => {
    const shape = drawShape(author, { minRank: 1, minSize: 2 });
    const x = float(author, shape, floatOf(author));
    const options = {
      axis: axisOf(author, shape.length),
      keepdims: author.dice.once(2),
      correction: author.dice.pick([0, 1]),
    };
    const [name, f] = author.dice.entry({ variance: core.variance, std: core.std });
    author.one(callWith(name, f, 1, options), x);
  },
};

const norms: Item = {
  name: 'norm with p',
  write: (author) => {
    const shape = drawShape(author, { minSize: 1 });
    const x = float(author, shape, floatOf(author), { avoid: [0] });
    author.one(
      callWith('norm', core.norm, 1, {
        axis: someAxes(author, shape.length),
        p: author.dice.pick([1, 2, 3, Infinity]),
      }),
      x,
    );
  },
};

const integerSums: Item = {
  name: 'integer sums',
  write: (author) => {
    const shape = drawShape(author, { minRank: 1 });
    const dtype = author.dice.pick(['int32', 'uint32'] as const);
    const x = operandFor(author, { shape, dtype });
    const [name, f] = author.dice.entry({ sum: core.sum, cumsum: core.cumsum, max: core.max });
    const axis = axisOf(author, shape.length);
    author.one(callWith(name, f, 1, { axis }), x);
  },
};

const logic: Item = {
  name: 'all and any',
  write: (author) => {
    const shape = drawShape(author);
    const x = operandFor(author, { shape, dtype: 'bool' });
    const { all, any, countNonzero } = core;
    const [name, f] = author.dice.entry({ all, any, countNonzero });
    author.one(callWith(name, f, 1, { axis: someAxes(author, shape.length) }), x);
  },
};

const ordering: Item = {
  name: 'sort',
  weight: 2,
  write: (author) => {
    const shape = drawShape(author, { minRank: 1 });
    const dtype = author.dice.pick([floatOf(author), 'int32' as const]);
    const x = operandFor(author, { shape, dtype, exact: true });
    const options = { axis: axisOf(author, shape.length), descending: author.dice.once(2) };
    const sorted = listExpression(
      'sort',
      ([y]) => {
        const { values, indices } = core.sort(y!, options);
        return [values, indices];
      },
      ([y]) => `((r) => [r.values, r.indices])(sort(${y}, ${literal(options)}))`,
    );
    author.emit(sorted, [x]);
  },
};

const running: Item = {
  name: 'cummax',
  write: (author) => {
    const shape = drawShape(author, { minRank: 1 });
    const x = operandFor(author, { shape, dtype: floatOf(author), exact: true });
    const [name, f] = author.dice.entry({ cummax: core.cummax, cummin: core.cummin });
    const axis = axisOf(author, shape.length);
    author.emit(
      listExpression(
        name,
        ([y]) => {
          const { values, indices } = f(y!, { axis });
          return [values, indices];
        },
        ([y]) => `((r) => [r.values, r.indices])(${name}(${y}, { axis: ${axis} }))`,
      ),
      [x],
    );
  },
};

const searching: Item = {
  name: 'searchsorted',
  write: (author) => {
    const dtype = floatOf(author);
    const table = operandFor(author, {
      shape: [size(author, 1, 9)],
      dtype,
      exact: true,
      finite: true,
    });
    const x = operandFor(author, { shape: drawShape(author), dtype, exact: true });
    author.one(
      expression(
        'searchsorted',
        ([t, y]) => core.searchsorted(core.sort(t!).values, y!),
        ([t, y]) => `searchsorted(sort(${t}).values, ${y})`,
      ),
      table,
      x,
    );
  },
};

const nearOne = { min: 0.5, max: 1.5 };

/** Reductions, running sums, orderings. */
export const reductions: readonly Item[] = [
  { ...reduction('sum', core.sum), weight: 3 },
  { ...reduction('mean', core.mean, { minSize: 1 }), weight: 2 },
  reduction('max', core.max, { minSize: 1 }),
  reduction('min', core.min, { minSize: 1 }),
  reduction('prod', core.prod, { range: nearOne }),
  reduction('logsumexp', core.logsumexp, { minSize: 1 }),
  reduction('norm', core.norm),
  reduction('median', core.median, { minSize: 1, exact: true }),
  moments,
  norms,
  integerSums,
  logic,
  ...(
    [
      ['softmax', core.softmax],
      ['logSoftmax', core.logSoftmax],
      ['softmin', core.softmin],
    ] as const
  ).map(([name, f]): Item => ({ ...along(name, f), weight: 2 })),
  along('cumsum', core.cumsum),
  { ...along('cumsum', core.cumsum, { more: { reverse: true } }), name: 'cumsum in reverse' },
  along('cumprod', core.cumprod, { range: nearOne }),
  running,
  along('logcumsumexp', core.logcumsumexp),
  along('normalize', core.normalize, { range: { min: 0.2 }, minSize: 1 }),
  along('argmax', core.argmax, { exact: true, minSize: 1 }),
  along('argmin', core.argmin, { exact: true, minSize: 1 }),
  along('argsort', core.argsort, { exact: true }),
  ordering,
  searching,
];

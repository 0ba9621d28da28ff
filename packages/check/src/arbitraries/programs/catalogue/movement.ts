import type { DType } from '@tikhonov/core';
import * as core from '@tikhonov/core';
import type { Author, Known } from '../author.ts';
import { callWith, expression, listExpression } from '../calls.ts';
import { operandFor } from '../fit.ts';
import { literal } from '../print.ts';
import { drawShape } from '../values.ts';
import { axisOf, floatOf, type Item } from './item.ts';

const dtypeOf = (author: Author): DType =>
  author.dice.pick([
    floatOf(author),
    floatOf(author),
    floatOf(author),
    'int32',
    'bool',
    'uint32',
  ] as const);

const any = (author: Author, minRank = 0, minSize = 0): Known =>
  operandFor(author, { shape: drawShape(author, { minRank, minSize }), dtype: dtypeOf(author) });

const rankOf = ({ value }: Known): number => value.rank;

/** A function of one tensor and what is drawn for it. */
const moved = (
  name: string,
  f: (x: core.Tensor, ...rest: never[]) => core.Tensor,
  options: (author: Author, x: Known) => readonly unknown[],
  { minRank = 0, minSize = 0 } = {},
): Item => ({
  name,
  write: (author) => {
    const x = any(author, minRank, minSize);
    author.one(callWith(name, f, 1, ...options(author, x)), x);
  },
});

/** Ranges with negative positions and steps. */
function ranges(author: Author, x: Known): unknown[] {
  const { dice } = author;
  return x.value.shape.slice(0, dice.integer(0, x.value.rank)).map((n) => {
    if (dice.once(4)) return null;
    const step = dice.pick([1, 1, 2, 3, -1, -1, -2]);
    const at = (): number | null => (dice.once(3) ? null : dice.integer(-n - 1, n + 1));
    return { start: at(), stop: at(), step };
  });
}

const several = (
  name: string,
  f: (x: core.Tensor, n: never, options: never) => readonly core.Tensor[],
  options: (author: Author, x: Known) => readonly unknown[],
  minSize = 1,
): Item => ({
  name,
  write: (author) => {
    const x = any(author, 1, minSize);
    const given = options(author, x);
    const [first, second] = given;
    author.emit(
      listExpression(
        name,
        ([y]) => f(y!, first as never, second as never),
        ([y]) => `${name}(${[y, ...given.map(literal)].join(', ')})`,
      ),
      [x],
    );
  },
});

const joined: Item = {
  name: 'concat and stack',
  weight: 2,
  write: (author) => {
    const { dice } = author;
    const [shape, dtype] = [drawShape(author, { minRank: 1 }), dtypeOf(author)];
    const [name, f] = dice.entry({ concat: core.concat, stack: core.stack });
    const axis =
      name === 'stack'
        ? dice.integer(-shape.length - 1, shape.length)
        : axisOf(author, shape.length);
    const other = (): number[] =>
      shape.map((n, k) =>
        name === 'concat' && k === (axis + shape.length) % shape.length ? dice.integer(0, 4) : n,
      );
    const shapes = [shape, other(), ...(dice.once(2) ? [other()] : [])];
    author.emit(
      expression(
        name,
        (xs) => f(xs, { axis }),
        (names) => `${name}([${names.join(', ')}], { axis: ${axis} })`,
      ),
      shapes.map((of) => operandFor(author, { shape: of, dtype })),
    );
  },
};

const padded: Item = {
  name: 'pad',
  weight: 2,
  write: (author) => {
    const { dice } = author;
    const x = any(author, 0, 3);
    const mode =
      x.value.dtype === 'bool'
        ? 'constant'
        : dice.pick(['constant', 'constant', 'edge', 'reflect', 'wrap']);
    const widths = x.value.shape.map(() => [dice.integer(0, 2), dice.integer(0, 2)]);
    const value =
      mode === 'constant' && x.value.dtype.startsWith('f')
        ? { value: dice.pick([0, 1.5, -Infinity]) }
        : {};
    author.one(callWith('pad', core.pad, 1, widths, { mode, ...value }), x);
  },
};

/** Indices into an axis, some of them by an earlier computation. */
const indices = (author: Author, shape: readonly number[], below: number): Known =>
  operandFor(author, { shape, dtype: 'int32', range: { min: 0, max: below - 1 } });

const indexed: Item = {
  name: 'indexing',
  weight: 3,
  write: (author) => {
    const { dice } = author;
    const dtype = author.dice.pick([floatOf(author), floatOf(author), 'int32' as const]);
    const x = operandFor(author, { shape: drawShape(author, { minRank: 1, minSize: 1 }), dtype });
    const { shape } = x.value;
    const axis = dice.integer(0, shape.length - 1);
    const count = dice.integer(0, 6);
    const picked = shape.map((n, k) => (k === axis ? count : n));
    const source = (): Known =>
      operandFor(author, { shape: picked, dtype, range: { min: -3, max: 3 } });
    switch (dice.integer(0, 3)) {
      case 0:
        return void author.one(
          callWith('gather', core.gather, 2, { axis }),
          x,
          indices(author, picked, shape[axis]!),
        );
      case 1:
        return void author.one(
          callWith('indexSelect', core.indexSelect, 2, { axis }),
          x,
          indices(author, [count], shape[axis]!),
        );
      case 2:
        return void author.one(
          callWith('scatterAdd', core.scatterAdd, 3, { axis }),
          x,
          indices(author, picked, shape[axis]!),
          source(),
        );
      default:
        return void author.one(
          callWith('indexAdd', core.indexAdd, 3, { axis }),
          x,
          indices(author, [count], shape[axis]!),
          source(),
        );
    }
  },
};

const oneHot: Item = {
  name: 'oneHot',
  write: (author) => {
    const classes = author.dice.integer(1, 5);
    const labels = indices(author, drawShape(author, { maxRank: 2 }), classes);
    author.one(callWith('oneHot', core.oneHot, 1, classes, { dtype: floatOf(author) }), labels);
  },
};

const counted: Item = {
  name: 'bincount',
  write: (author) => {
    const labels = indices(author, drawShape(author, { minRank: 1, maxRank: 1 }), 5);
    author.one(callWith('bincount', core.bincount, 1, 5), labels);
  },
};

/** Movement, indexing, joining. */
export const movement: readonly Item[] = [
  moved('slice', core.slice, (author, x) => [ranges(author, x)]),
  {
    ...moved('slice', core.slice, (author, x) => [ranges(author, x)], { minRank: 1, minSize: 2 }),
    name: 'slice of much',
    weight: 3,
  },
  moved('transpose', core.transpose, () => [], { minRank: 2 }),
  moved('flatten', core.flatten, () => []),
  moved('flip', core.flip, (author, x) => [
    { axis: x.value.shape.map((_, k) => k).filter(() => author.dice.once(2)) },
  ]),
  moved(
    'swapaxes',
    core.swapaxes,
    (author, x) => [axisOf(author, rankOf(x)), axisOf(author, rankOf(x))],
    { minRank: 1 },
  ),
  moved(
    'moveaxis',
    core.moveaxis,
    (author, x) => [axisOf(author, rankOf(x)), axisOf(author, rankOf(x))],
    { minRank: 1 },
  ),
  moved('expandDims', core.expandDims, (author, x) => [
    author.dice.integer(-rankOf(x) - 1, rankOf(x)),
  ]),
  moved('tile', core.tile, (author, x) => [x.value.shape.map(() => author.dice.integer(1, 2))]),
  moved(
    'roll',
    core.roll,
    (author, x) => [author.dice.integer(-4, 4), { axis: axisOf(author, rankOf(x)) }],
    { minRank: 1 },
  ),
  moved(
    'repeatInterleave',
    core.repeatInterleave,
    (author, x) => [author.dice.integer(0, 2), { axis: axisOf(author, rankOf(x)) }],
    { minRank: 1 },
  ),
  moved('tril', core.tril, (author) => [{ k: author.dice.integer(-2, 2) }], { minRank: 2 }),
  moved('triu', core.triu, (author) => [{ k: author.dice.integer(-2, 2) }], { minRank: 2 }),
  moved('diagonal', core.diagonal, (author) => [{ offset: author.dice.integer(-1, 1) }], {
    minRank: 2,
  }),
  moved('select', core.select, (author, x) => [author.dice.integer(0, x.value.shape[0]! - 1)], {
    minRank: 1,
    minSize: 1,
  }),
  several('unbind', core.unbind as never, (author, x) => [{ axis: axisOf(author, rankOf(x)) }]),
  several('chunk', core.chunk as never, (author) => [author.dice.integer(1, 3)]),
  joined,
  padded,
  indexed,
  oneHot,
  counted,
];

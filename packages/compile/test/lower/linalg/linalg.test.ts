import { describe, expect, test } from '@jest/globals';
import { drawn, fc } from '@tikhonov/check';
import { primitives, type View } from '@tikhonov/core/engine';
import { linalgRules } from '../../../src/lower/loops/linalg/index.ts';
import { functions } from '../../../src/math/index.ts';
import { ModuleWriter } from '../../../src/wasm/module.ts';
import { Draw } from '../../math/harness.ts';
import { denseView } from '../harness.ts';
import { cast, eager, entryOf, expectAgreement, names } from './support.ts';

const dtypes = ['float64', 'float32'] as const;

/** Errors of log in a sum of `n` of them, which may cancel: the largest is below 1000. */
const loose = 2 ** -53 * (functions.log.ulps.f64x2 + 2);

/** How far results may be off: logarithms only. In float32 a rounding may fall to the other side. */
const allowedFor = (name: string, dtype: string): Record<number, number> =>
  name === 'slogdet' ? { 1: dtype === 'float32' ? 2 ** -22 : 64 * loose } : {};

const compare = (name: string, inputs: readonly View[], attrs: unknown = null): void => {
  for (const dtype of dtypes) {
    const views = inputs.map((view) => cast(view, dtype));
    expectAgreement(name, views, attrs, allowedFor(name, dtype));
  }
};

test('every primitive of linear algebra has a rule', () => {
  const linalg = [
    'cholesky',
    'cofactor',
    'det',
    'eigh',
    'inverse',
    'matrixExp',
    'pinv',
    'qr',
    'slogdet',
    'solve',
    'svd',
    'triangularSolve',
  ];
  expect([...names].sort()).toEqual(linalg);
  const known = primitives.map(({ name }) => name);
  expect(linalg.filter((name) => !known.includes(name))).toEqual([]);
});

test.each(names)('%s is that of the eager kernel on cases of the registry', (name) => {
  const { cases } = entryOf(name);
  const property = fc.property(drawn(cases), ({ inputs, attrs }) => {
    compare(
      name,
      inputs.map(({ view }) => view),
      attrs,
    );
  });
  fc.assert(property, { numRuns: 30, seed: 11 });
});

/** Matrices of random numbers, some of whose elements are 0. */
function random(seed: number, ...shape: number[]): View {
  const draw = new Draw(seed);
  const count = shape.reduce((a, b) => a * b, 1);
  const values = Array.from({ length: count }, () => (draw.unit() < 0.1 ? 0 : draw.between(-2, 2)));
  return denseView(values, shape, 'float64');
}

/** `x x^T` plus a multiple of the identity. */
function positive(seed: number, count: number, n: number): View {
  const { data } = random(seed, count, n, n);
  const out: number[] = [];
  for (let b = 0; b < count; b++) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = i === j ? 0.5 : 0;
        for (let k = 0; k < n; k++) sum += data[(b * n + i) * n + k]! * data[(b * n + j) * n + k]!;
        out.push(sum);
      }
    }
  }
  return denseView(out, [count, n, n], 'float64');
}

const square = (values: readonly number[]): View => {
  const n = Math.sqrt(values.length);
  return denseView(values, [n, n], 'float64');
};

const hilbert = (n: number): View =>
  square(Array.from({ length: n * n }, (_, at) => 1 / (Math.floor(at / n) + (at % n) + 1)));

/** Matrices at which something special happens. */
const special: readonly (readonly [string, View])[] = [
  ['zeros', square([0, 0, 0, 0])],
  ['rank one', square([1, 2, 3, 2, 4, 6, 3, 6, 9])],
  ['rank two of three', square([1, 2, 3, 4, 5, 6, 5, 7, 9])],
  ['a zero pivot', square([0, 1, 1, 0])],
  ['zero pivots below', square([0, 1, 2, 0, 0, 3, 0, 0, 0])],
  ['a permutation', square([0, 0, 1, 1, 0, 0, 0, 1, 0])],
  ['a cycle with ties', square([1, -1, 1, 1, 1, -1, -1, 1, 1])],
  ['ill conditioned', hilbert(7)],
  ['identity', square([1, 0, 0, 0, 1, 0, 0, 0, 1])],
  ['negative zeros', square([-0, 1, -1, -0])],
  ['equal eigenvalues', square([2, 1, 1, 1, 2, 1, 1, 1, 2])],
  ['not definite', square([1, 2, 2, 1])],
  ['huge', square([1e200, 1e190, -1e200, 3e210])],
  ['tiny', square([1e-200, 1e-190, -1e-200, 3e-210])],
  ['subnormal', square([5e-324, 0, 1e-320, 3e-322])],
  ['the largest numbers', square([1.7e308, 1e308, -1.7e308, 1.5e308])],
  ['far apart', square([1e150, 1, 1, 1e-150])],
  ['small in every row', square([1e-3, 2e-3, 0, 1e-4])],
  ['large enough to be squared', square([10, -7, 3, 400])],
  ['a determinant of many powers', square([1e300, 0, 0, 0, 1e300, 0, 0, 0, 1e-300])],
  ['a large determinant', square([1e200, 0, 0, 1e100])],
  ['a small determinant', square([1e-200, 0, 0, 1e-90])],
  ['a rotation by almost nothing', square([0, 1e-310, 1e-310, 1])],
  ['a column whose squares underflow', square([1, 1e-200, 1, 0])],
  ['two such columns', square([1, 1e-200, 1e-210, 1, 0, 1e-210, 1, 3e-200, 0])],
  ['a subnormal beside a large number', square([60, 1002 * 5e-324, 0, 0])],
  ['an exponential that overflows', square([800, 0, 0, 1])],
  ['Infinity on the diagonal', square([1, 0, 0, Infinity])],
  ['NaN', square([1, NaN, 0, 1])],
  ['NaN on the diagonal', square([2, 1, 1, NaN])],
  ['NaN in a zero matrix', square([0, 0, 0, NaN])],
  ['NaN first', square([NaN, 0, 0, 1])],
  ['Infinity', square([1, Infinity, 0, 1])],
  ['minus Infinity', square([-Infinity, 1, 0, 1])],
];

const unary = names.filter((name) => !['solve', 'triangularSolve'].includes(name));
const attrsOf = (name: string): unknown => (name === 'pinv' ? { rcond: 1e-15 } : null);

describe.each(unary)('%s', (name) => {
  test.each(special)('of a matrix that is or has: %s', (_, view) => {
    compare(name, [view], attrsOf(name));
  });

  test.each([0, 1, 2, 3, 4, 5, 8, 17])('of batches of random matrices of size %i', (n) => {
    const view = name === 'cholesky' ? positive(n, 3, n) : random(n, 3, n, n);
    compare(name, [view], attrsOf(name));
    compare(name, [{ ...view, shape: [n, n], stride: [n, 1] }], attrsOf(name));
    compare(name, [denseView([], [2, 0, n, n], 'float64')], attrsOf(name));
  });
});

test.each(['qr', 'svd', 'pinv'])('%s of matrices that are not square', (name) => {
  const shapes = [
    [4, 1],
    [5, 3],
    [9, 4],
    [2, 0],
  ];
  for (const [m, n] of shapes as [number, number][]) {
    for (const rcond of [0, 0.3]) {
      const attrs = name === 'pinv' ? { rcond } : null;
      compare(name, [random(m + n, 2, m, n)], attrs);
      if (name !== 'qr') compare(name, [random(m + n, 2, n, m)], attrs);
    }
  }
  // Dependent columns, and columns of zeros.
  const dependent = denseView([1, 2, 0, 2, 4, 0, 3, 6, 0, 4, 8, 0], [4, 3], 'float64');
  compare(name, [dependent], attrsOf(name));
  const one = denseView([1, 2, 3, NaN, 4, 5, 6, 7, 8, 9, 10, 11], [2, 3, 2], 'float64');
  compare(name, [one], attrsOf(name));
});

test('pinv leaves out what rcond cuts off', () => {
  const x = random(5, 2, 4, 4);
  const [all, few] = [0, 0.5].map((rcond) => eager('pinv', [x], { rcond })[0]!.data);
  expect(few).not.toEqual(all);
});

describe('systems', () => {
  const rights = [
    ['of columns', (n: number) => random(n + 100, 3, n, 4)],
    ['of one column', (n: number) => random(n + 200, 3, n, 1)],
    ['of none', (n: number) => random(n + 300, 3, n, 0)],
  ] as const;

  test.each(rights)('solve, with right-hand sides %s', (_, right) => {
    for (const n of [0, 1, 2, 3, 5, 12]) compare('solve', [random(n, 3, n, n), right(n)]);
  });

  test.each(special)('solve with a matrix that is or has: %s', (_, view) => {
    const n = view.shape[0]!;
    compare('solve', [view, random(7, n, 3)]);
    compare('solve', [view, random(8, n, 0)]);
  });

  test('a NaN in a right-hand side spoils only its own system', () => {
    const right = denseView([1, 2, NaN, 4, 5, 6], [3, 2, 1], 'float64');
    compare('solve', [random(3, 3, 2, 2), right]);
    // All of it, other columns too.
    const columns = denseView([1, 2, NaN, 4, 5, 6, 7, 8], [2, 2, 2], 'float64');
    compare('solve', [random(3, 2, 2, 2), columns]);
  });

  const systems = [false, true].flatMap((upper) =>
    [false, true].flatMap((transpose) =>
      [false, true].map((unitDiagonal) => ({ upper, transpose, unitDiagonal })),
    ),
  );
  test.each(systems)('triangularSolve with %j', (system) => {
    for (const n of [0, 1, 2, 5, 9]) {
      for (const [, right] of rights) {
        compare('triangularSolve', [random(n, 3, n, n), right(n)], system);
      }
    }
    for (const [, view] of special) {
      const n = view.shape[0]!;
      compare('triangularSolve', [view, random(9, n, 3)], system);
      compare('triangularSolve', [view, random(9, n, 0)], system);
    }
  });
});

test('rules share functions, and take sizes as arguments', () => {
  const bytes = (copies: number): number => {
    const writer = new ModuleWriter(1);
    for (let i = 0; i < copies; i++) {
      for (const [name, rule] of linalgRules) {
        const { primitive } = entryOf(name);
        const square = { shape: [i + 2, i + 2], dtype: 'float32' } as const;
        const inputs = ['solve', 'triangularSolve'].includes(primitive.name)
          ? [square, square]
          : [square];
        const attrs =
          primitive.name === 'triangularSolve'
            ? { upper: true, transpose: false, unitDiagonal: false }
            : attrsOf(primitive.name);
        const outputs =
          primitive.kind === 'single'
            ? [primitive.infer(inputs, attrs)]
            : primitive.infer(inputs, attrs);
        const operands = inputs.map(({ shape, dtype }) => ({
          dtype,
          layout: { shape, strides: [shape[1], 1], offset: 0 },
        }));
        rule.emit(writer, { inputs: operands, outputs, attrs });
      }
    }
    return writer.encode().length;
  };
  const [one, two] = [bytes(1), bytes(2)];
  // Another size costs only what calls the shared functions.
  expect(one).toBeLessThan(15_000);
  expect(two - one).toBeLessThan(0.45 * one);
});

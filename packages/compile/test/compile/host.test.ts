import { describe, expect, test } from '@jest/globals';
import {
  add,
  Cell,
  cond,
  exp,
  grad,
  greater,
  linalg,
  permute,
  slice,
  sort,
  sum,
  type Tensor,
  tensor,
  where,
} from '@tikhonov/core';
import { allLowerings, compile, type Lowerings } from '../../src/index.ts';
import { expectSame, thrownBy } from './support.ts';

// Rules for nothing but what the compiler itself is made of.
const none: Lowerings = { maps: new Map(), cheap: new Set(), loops: new Map() };

const x = tensor([
  [4, 1, 0.5],
  [1, 3, -0.25],
  [0.5, -0.25, 2],
]);

/** The same from the plain call, a program without rules, and one with all of them. */
function expectSameWithout(f: (x: Tensor) => Tensor, given: Tensor, tolerance = 0): void {
  const want = f(given);
  const bare = compile(f, { lowerings: none });
  const full = compile(f, { lowerings: allLowerings });
  for (let call = 0; call < 2; call++) {
    expectSame(bare(given), want);
    expectSame(full(given), want, tolerance);
  }
  const kernels = bare.explain()[0]!.kernels.join('\n');
  expect(kernels).toContain('by its eager kernel');
  expect(full.explain()[0]!.kernels.join('\n')).not.toContain('by its eager kernel');
}

describe('a primitive without a rule is run by its eager kernel', () => {
  test('elementwise', () => expectSameWithout((a) => exp(a).mul(2), x, 1e-6));

  test('on views: transposed, reversed, a part', () => {
    expectSameWithout((a) => sort(permute(a, [1, 0])).values, x);
    expectSameWithout(
      (a) => exp(slice(a, [{ start: 1 }, { start: 2, stop: 0, step: -1 }])),
      x,
      1e-6,
    );
  });

  test('with bools as operands and results', () => {
    expectSameWithout((a) => where(greater(a, 0.4), a, add(a, 1)), x);
  });

  test('with several results', () => {
    expectSameWithout((a) => linalg.svd(a).s, x, 1e-5);
  });

  test('within a branch', () => {
    const f = (a: Tensor): Tensor =>
      cond(
        greater(sum(a), 0),
        () => sum(exp(a), { axis: 0 }),
        () => exp(sum(a, { axis: 1 })),
      );
    expectSameWithout(f, x, 1e-5);
    expectSameWithout(f, x.mul(-1), 1e-5);
  });

  test('in a derivative', () =>
    expectSameWithout((a) => grad((b: Tensor) => sum(exp(b)))(a), x, 1e-6));
});

test('what it throws leaves cells as they were', () => {
  const cell = new Cell(x);
  const f = compile(
    (a: Tensor) => {
      cell.write(a);
      return linalg.cholesky(a);
    },
    { lowerings: none },
  );
  f(x);
  const error = thrownBy(() => f(x.mul(-1)));
  expect(error.message).toContain('cholesky');
  expectSame(cell.read(), x);
  f(x.mul(2));
  expectSame(cell.read(), x.mul(2));
});

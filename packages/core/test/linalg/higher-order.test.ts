import { describe, expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import { type Evaluator, within } from '../../src/engine.ts';
import {
  add,
  eye,
  grad,
  hvp,
  linalg,
  log,
  matmul,
  mul,
  stack,
  sum,
  Tensor,
  transpose,
} from '../../src/index.ts';
import { distance, noise } from '../support.ts';

const shifted = (n: number, by: number, seed: number): Tensor =>
  add(noise([n, n], seed), mul(eye(n, { dtype: 'float64' }), by));

const functions: Readonly<Record<string, readonly [f: (x: Tensor) => Tensor, x: Tensor]>> = {
  'log det': [(x) => linalg.slogdet(x).logabsdet, shifted(3, 2, 1)],
  inverse: [linalg.inverse, shifted(3, 2, 2)],
  solve: [(x) => linalg.solve(x, matmul(x, x)), shifted(3, 2, 3)],
  'solve for a vector': [(x) => linalg.solve(x, noise([3], 1)), shifted(3, 2, 3)],
  cholesky: [
    (x) => linalg.cholesky(matmul(x, transpose(x)).add(eye(3, { dtype: 'float64' }))),
    noise([3, 4], 4),
  ],
  'singular values': [linalg.svdvals, noise([3, 4], 5)],
  'singular vectors of a tall matrix': [(x) => linalg.svd(x).u, noise([4, 2], 6)],
  'singular vectors of a wide matrix': [(x) => linalg.svd(x).vh, noise([2, 4], 7)],
  eigenvalues: [linalg.eigvalsh, noise([3, 3], 8)],
  eigenvectors: [(x) => linalg.eigh(x).vectors, noise([3, 3], 9)],
  'qr of a wide matrix': [
    (x) => matmul(linalg.qr(x).q, linalg.qr(x).r.mul(noise([2, 4], 1))),
    noise([2, 4], 10),
  ],
  'largest singular value': [linalg.spectralNorm, noise([3, 3], 11)],
  'sum of columns': [(x) => linalg.matrixNorm(x, { ord: 1 }), noise([3, 3], 12)],
  'condition number': [linalg.cond, noise([3, 2], 13)],
  'log of the matrix exponential': [
    (x) => log(sum(linalg.matrixExp(x), { axis: [-2, -1] })),
    noise([3, 3], 14),
  ],
  'powers -2, 0 and 5': [
    (x) => [-2, 0, 5].map((n) => linalg.matrixPower(x, n)).reduce(add),
    shifted(2, 1, 15),
  ],
  'least squares': [(x) => linalg.lstsq(x, noise([4, 2], 1)), noise([4, 2], 16)],
};

describe('derivatives of orders 1, 2 and 3 agree with finite differences', () => {
  test.each(Object.entries(functions))('%s', (_name, [f, x]) => {
    const report = assertGrads(f, [x], { order: 3, samples: 4 });
    expect(report.ok).toBe(true);
  });

  test.each(Object.entries(functions))('%s, in a batch as alone', (_name, [f, x]) => {
    const slope = (at: Tensor): Tensor => grad((y: Tensor) => sum(f(y)))(at);
    const other = mul(x, 1.1);
    const got = slope(stack([x, other]));
    expect(distance(got, stack([slope(x), slope(other)]))).toBeLessThan(1e-12);
  });
});

describe('programs', () => {
  /** Knows shapes and no values: an operation that reads its data throws a TraceError. */
  const shapesOnly: Evaluator = {
    run: (primitive, _inputs, _attrs, outputs) =>
      outputs.map(() => ({ symbolic: true, describe: () => `the result of ${primitive.name}` })),
  };

  test.each(Object.entries(functions))(
    '%s and two derivatives record without values',
    (_name, [f, x]) => {
      const symbol = new Tensor(x.shape, x.dtype, { symbolic: true, describe: () => 'an input' });
      const [product] = within({ evaluator: shapesOnly }, () =>
        hvp((at: Tensor) => sum(f(at)), [symbol], [symbol]),
      );
      expect(product.shape).toEqual(x.shape);
    },
  );
});

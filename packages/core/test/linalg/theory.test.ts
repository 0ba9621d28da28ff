import { describe, expect, test } from '@jest/globals';
import { assertLaw, drawn, equalitySlack, law } from '@tikhonov/check';
import type { CaseDraw } from '../../src/engine.ts';
import {
  abs,
  add,
  diagonal,
  exp,
  eye,
  grad,
  linalg,
  log,
  matmul,
  max,
  mul,
  neg,
  sub,
  sum,
  type Tensor,
  tensor,
  trace,
  transpose,
  zerosLike,
} from '../../src/index.ts';

// What textbooks say, on drawn batches of matrices with any entries in [-3, 3], sizes 0 and 1 included.

interface Pair {
  readonly x: Tensor;
  readonly y: Tensor;
}

const square = (draw: CaseDraw): Pair => {
  const batch = draw.shape({ maxRank: 1, maxSize: 2 });
  const n = draw.integer(0, 5);
  return { x: draw.tensor([...batch, n, n]), y: draw.tensor([...batch, n, n]) };
};
const rectangular = (draw: CaseDraw): Pair => {
  const batch = draw.shape({ maxRank: 1, maxSize: 2 });
  const [m, n] = [draw.integer(0, 5), draw.integer(0, 5)];
  return { x: draw.tensor([...batch, m, n]), y: draw.tensor([...batch, m, n]) };
};

/** The diagonals of the matrices of a batch. */
const last = { axis1: -2, axis2: -1 } as const;
const identity = (x: Tensor): Tensor =>
  add(zerosLike(x), eye(x.shape.at(-1)!, { dtype: 'float64' }));
const gram = (x: Tensor): Tensor => add(matmul(x, transpose(x)), identity(x));
const largest = (x: Tensor): number => (x.size === 0 ? 0 : max(abs(x)).item());

/** The tolerance is a hundred roundings of the largest intermediate value, `size`. */
const equal = (got: Tensor, want: Tensor, size: number): number =>
  equalitySlack(got, want, { atol: 1e2 * 2 ** -52 * (1 + size), rtol: 0 });

/** Slack of `x <= y` with the same tolerance. */
function atMost(x: Tensor, y: Tensor): number {
  const tolerance = 1e2 * 2 ** -52 * (1 + largest(y));
  const excess = Array.from(sub(x, y).data());
  return excess.reduce((worst, d) => Math.min(worst, (tolerance - d) / tolerance), 1);
}

const statements: Readonly<
  Record<string, readonly [cases: (draw: CaseDraw) => Pair, slack: (pair: Pair) => number]>
> = {
  'A = L L^T and A = U^T U': [
    square,
    ({ x }) => {
      const a = gram(x);
      const l = linalg.cholesky(a);
      const u = linalg.cholesky(a, { upper: true });
      const size = largest(a);
      return Math.min(
        equal(matmul(l, transpose(l)), a, size),
        equal(matmul(transpose(u), u), a, size),
      );
    },
  ],
  'A choleskySolve(L, B) = B': [
    square,
    ({ x, y }) => {
      const a = gram(x);
      const solution = linalg.choleskySolve(linalg.cholesky(a), y);
      const upper = linalg.choleskySolve(linalg.cholesky(a, { upper: true }), y, { upper: true });
      const size = largest(a) ** 2 * 5;
      return Math.min(equal(matmul(a, solution), y, size), equal(solution, upper, size));
    },
  ],
  'A solve(A, B) = B and solve(A, B) = inverse(A) B': [
    square,
    ({ x, y }) => {
      const a = gram(x);
      const solution = linalg.solve(a, y);
      const size = largest(a) ** 2 * 5;
      return Math.min(
        equal(matmul(a, solution), y, size),
        equal(matmul(linalg.inverse(a), y), solution, size),
      );
    },
  ],
  'log det A = 2 sum log diag L': [
    square,
    ({ x }) => {
      const a = gram(x);
      const { sign, logabsdet } = linalg.slogdet(a);
      const logs = log(diagonal(linalg.cholesky(a), last));
      return Math.min(
        equal(mul(2, sum(logs, { axis: -1 })), logabsdet, 100),
        equal(sign, add(zerosLike(sign), 1), 0),
      );
    },
  ],
  'the gradient of log det A is A^-T': [
    square,
    ({ x, y }) => {
      const a = add(gram(x), sub(y, transpose(y)));
      const slope = grad((at: Tensor) => sum(linalg.slogdet(at).logabsdet))(a);
      return equal(slope, transpose(linalg.inverse(a)), largest(a) ** 2);
    },
  ],
  'det(A B) = det A det B': [
    square,
    ({ x, y }) => {
      const product = mul(linalg.det(x), linalg.det(y));
      // Hadamard's bound of what cancels.
      const size = 5 ** 3 * (largest(x) * largest(y) * 5 + 1) ** x.shape.at(-1)!;
      return equal(linalg.det(matmul(x, y)), product, size);
    },
  ],
  'X adj(X) = det(X) for singular X too': [
    square,
    ({ x }) => {
      const cofactors = grad((at: Tensor) => sum(linalg.det(at)))(x);
      const d = linalg.det(x).expandDims(-1).expandDims(-1);
      return equal(
        matmul(x, transpose(cofactors)),
        mul(identity(x), d),
        5 ** 3 * (largest(x) * 3 + 1) ** 5,
      );
    },
  ],
  'Q R = A, Q^T Q = 1, R upper triangular with a diagonal >= 0': [
    rectangular,
    ({ x }) => {
      const { q, r } = linalg.qr(x);
      const k = Math.min(...x.shape.slice(-2));
      const unit = matmul(transpose(q), q);
      const diagonals = Array.from(diagonal(r, last).data());
      if (diagonals.some((d) => !(d >= 0)) || q.shape.at(-1) !== k) return -1;
      return Math.min(equal(matmul(q, r), x, largest(x)), equal(unit, identity(unit), 1));
    },
  ],
  'U diag(s) V^T = A, U^T U = 1, V^T V = 1, s descending': [
    rectangular,
    ({ x }) => {
      const { u, s, vh } = linalg.svd(x);
      const [left, right] = [matmul(transpose(u), u), matmul(vh, transpose(vh))];
      const k = s.shape.at(-1)!;
      const values = Array.from(s.data());
      if (values.some((v, i) => !(v >= 0) || (i % k > 0 && v > values[i - 1]!))) return -1;
      return Math.min(
        equal(matmul(mul(u, s.expandDims(-2)), vh), x, largest(x)),
        equal(left, identity(left), 1),
        equal(right, identity(right), 1),
      );
    },
  ],
  'V diag(l) V^T = A, V^T V = 1, sum l = trace A': [
    square,
    ({ x }) => {
      const a = add(x, transpose(x));
      const { values, vectors } = linalg.eigh(a);
      const unit = matmul(transpose(vectors), vectors);
      const back = matmul(mul(vectors, values.expandDims(-2)), transpose(vectors));
      return Math.min(
        equal(back, a, largest(a)),
        equal(unit, identity(unit), 1),
        equal(sum(values, { axis: -1 }), trace(a, last), largest(a) * 5),
      );
    },
  ],
  'the squares of the singular values are the eigenvalues of A^T A': [
    square,
    ({ x }) => {
      const squares = linalg.eigvalsh(matmul(transpose(x), x));
      const s = linalg.svdvals(x);
      return equal(sum(mul(s, s), { axis: -1 }), sum(squares, { axis: -1 }), 25 * largest(x) ** 2);
    },
  ],
  '|A|_2 <= |A|_F <= |A|_* and |A|_2^2 <= |A|_1 |A|_inf': [
    rectangular,
    ({ x }) => {
      const of = (ord: linalg.MatrixOrder): Tensor => linalg.matrixNorm(x, { ord });
      return Math.min(
        atMost(of(2), of('fro')),
        atMost(of('fro'), of('nuc')),
        atMost(mul(of(2), of(2)), mul(of(1), of(Infinity))),
      );
    },
  ],
  'exp(A) exp(-A) = 1 and det exp(A) = exp(trace A)': [
    square,
    ({ x }) => {
      const a = mul(x, 0.3);
      const [up, down] = [linalg.matrixExp(a), linalg.matrixExp(neg(a))];
      return Math.min(
        equal(matmul(up, down), identity(a), largest(up) * largest(down) * 5),
        equal(linalg.det(up), exp(trace(a, last)), 5 ** 3 * (1 + largest(up)) ** 5),
      );
    },
  ],
  'A A+ A = A, A+ A A+ = A+, and both products are symmetric': [
    rectangular,
    ({ x }) => {
      // Of rank 2 at most, with the nonzero values in [1, 3].
      const { u, s, vh } = linalg.svd(x);
      const values = Float64Array.from({ length: s.shape.at(-1)! }, (_, i) => [3, 1][i] ?? 0);
      const a = matmul(mul(u, tensor(values)), vh);
      const p = linalg.pinv(a);
      const [left, right] = [matmul(a, p), matmul(p, a)];
      return Math.min(
        equal(matmul(left, a), a, 3),
        equal(matmul(right, p), p, 1),
        equal(left, transpose(left), 3),
        equal(right, transpose(right), 3),
      );
    },
  ],
};

describe('linear algebra', () => {
  test.each(Object.entries(statements))('%s', (statement, [cases, slack]) => {
    const result = assertLaw(
      law<Pair>({ id: `linalg/${statement}`, statement, cases: drawn(cases), slack }),
      { seed: 5, runs: 150 },
    );
    expect(result.cases).toBe(150);
  });
});

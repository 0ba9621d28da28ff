import { drawn, type Law, law } from '@tikhonov/check';
import {
  abs,
  expandDims,
  grad,
  linalg,
  matmul,
  norm,
  ones,
  permute,
  reshape,
  square,
  sum,
  type Tensor,
  tensor,
  transpose,
} from '@tikhonov/core';
import { orthogonalOf, real } from '../laws/draws.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { spectralNorm, spectralNormValue } from './spectral-norm.ts';
import { spectralNormPenalty } from './spectral-norm-penalty.ts';

const outer = (u: Tensor, v: Tensor): Tensor => expandDims(u, 1).mul(expandDims(v, 0));

/** `Q diag(sigmas) P` with orthogonal `Q` and `P`: a matrix whose singular values are known. */
const withSingularValues = (q: Tensor, sigmas: readonly number[], p: Tensor): Tensor => {
  const n = sigmas.length;
  const diagonal = Float64Array.from({ length: n * n }, (_, i) =>
    i % (n + 1) === 0 ? sigmas[i / (n + 1)]! : 0,
  );
  return matmul(matmul(q, tensor(diagonal, { shape: [n, n] })), p);
};

/** What power iteration and the penalty of given vectors promise. */
export const spectralNormPenaltyLaws: readonly Law[] = [
  law({
    id: 'spectral-norm/gradient',
    statement:
      'The vectors are constants: the gradient is 2 lambda sigma u v^T with the u and v of the iteration (half of it with half).',
    cases: drawn((draw) => {
      const [n, m] = [draw.integer(1, 4), draw.integer(1, 4)];
      return {
        w: draw.tensor([n, m], { avoid: [0] }),
        u: draw.tensor([n], { avoid: [0] }),
        lambda: real(draw, 0.1, 2),
        nPowerIterations: draw.integer(1, 3),
        half: draw.pick([true, false]),
      };
    }),
    slack: ({ w, u, half, ...options }) => {
      const result = spectralNormPenalty(w, { ...options, u, half });
      const slope = grad((x: Tensor) => spectralNormPenalty(x, { ...options, u, half }).loss)(w);
      const factor = (half ? 1 : 2) * options.lambda * result.sigma.item();
      return Math.min(
        near(slope, outer(result.u, result.v).mul(factor), 1e-13),
        near(result.loss, (half ? 0.5 : 1) * options.lambda * result.sigma.item() ** 2, 1e-14),
      );
    },
  }),
  law({
    id: 'spectral-norm/estimate-from-below',
    statement:
      'The estimate never exceeds the spectral norm and never falls from one round of power iteration to the next.',
    cases: drawn((draw) => {
      const [n, m] = [draw.integer(1, 5), draw.integer(1, 5)];
      return { w: draw.tensor([n, m]), u: draw.tensor([n], { avoid: [0] }) };
    }),
    slack: ({ w, u }) => {
      const exact = spectralNormValue(w);
      const estimates = [1, 2, 3, 5, 9].map((nPowerIterations) =>
        spectralNormPenalty(w, { u, lambda: 1, nPowerIterations }).sigma.item(),
      );
      // Down to the size that eps protects, the vectors are not of unit length.
      if (exact < 1e-9) return holds(estimates.every((sigma) => sigma <= 1e-9));
      return Math.min(
        ...estimates.map((sigma) => atMost(sigma, exact, 1e-12)),
        ...estimates.slice(1).map((sigma, i) => atMost(estimates[i]!, sigma, 1e-12)),
      );
    },
  }),
  law({
    id: 'spectral-norm/converges',
    statement:
      'With a gap between the first two singular values, the warmed-up penalty is lambda sigma_1^2 and its vectors are the leading pair.',
    cases: drawn((draw) => {
      const n = draw.integer(1, 4);
      const first = real(draw, 0.5, 3);
      const ratios = Array.from({ length: n - 1 }, () => real(draw, 0, 0.3));
      return {
        w: withSingularValues(
          orthogonalOf(draw, n),
          [first, ...ratios.map((r) => first * r)],
          orthogonalOf(draw, n),
        ),
        first,
        seed: draw.integer(0, 1000),
      };
    }),
    slack: ({ w, first, seed }) => {
      const penalty = spectralNorm(w, { lambda: 0.5, seed });
      const loss = penalty();
      const { u, v } = penalty.state['']!;
      // 16 rounds with a ratio of 0.3 leave 0.3^31 < 1e-16 of the start's other components, which are
      // at most some 1e5 times the first one in any draw that is likely to be seen.
      return Math.min(
        near(loss, 0.5 * first ** 2, 1e-9),
        near(matmul(w, v.read()), u.read().mul(first), 1e-9),
      );
    },
  }),
  law({
    id: 'spectral-norm/exact',
    statement:
      'With exact, sigma^2 is the largest eigenvalue of W^T W; the gradient of sigma is u v^T, that of the penalty 2 lambda sigma u v^T.',
    cases: drawn((draw) => {
      const [n, m] = [draw.integer(1, 4), draw.integer(1, 4)];
      return {
        // Entries of one sign, so that the first two singular values differ (Perron and Frobenius).
        w: draw.tensor([n, m], { min: 0.2, max: 3 }),
        lambda: real(draw, 0.1, 2),
        half: draw.pick([true, false]),
      };
    }),
    slack: ({ w, lambda, half }) => {
      const options = { lambda, half, exact: true };
      const { loss, sigma, u, v } = spectralNormPenalty(w, options);
      const share = half ? lambda / 2 : lambda;
      const largest = linalg.eigvalsh(matmul(transpose(w), w)).max();
      const slopes = (['sigma', 'loss'] as const).map((name) =>
        grad((x: Tensor) => spectralNormPenalty(x, options)[name])(w),
      );
      return Math.min(
        near(square(sigma), largest, 1e-12),
        near(loss, share * sigma.item() ** 2, 1e-13),
        near(matmul(w, v), u.mul(sigma), 1e-12),
        near(slopes[0]!, outer(u, v), 1e-12),
        near(slopes[1]!, outer(u, v).mul(2 * share * sigma.item()), 1e-12),
        exactly(spectralNorm(w, { lambda, half, exact: true })(), loss),
      );
    },
  }),
  law({
    id: 'spectral-norm/zero-weights',
    statement: 'Weights that are 0 have value 0 and gradient 0, by iteration and exactly.',
    cases: drawn((draw) => ({
      w: draw.tensor([draw.integer(1, 3), draw.integer(1, 3)]).mul(0),
      exact: draw.pick([true, false]),
    })),
    slack: ({ w, exact }) => {
      const penalty = (x: Tensor): Tensor =>
        spectralNormPenalty(x, { lambda: 1, exact, u: sum(x, { axis: 1 }).add(1) }).loss;
      return Math.min(exactly(penalty(w), 0), exactly(grad(penalty)(w), w));
    },
  }),
  law({
    id: 'spectral-norm/kernels',
    statement:
      'A kernel [out, in, kh, kw] counts as the matrix [out, in kh kw]; dim names another output axis.',
    cases: drawn((draw) => ({
      kernel: draw.tensor([draw.integer(1, 3), 2, draw.integer(1, 2), 2], { avoid: [0] }),
      dim: draw.integer(-4, 3),
      exact: draw.pick([true, false]),
    })),
    slack: ({ kernel, dim, exact }) => {
      const axis = dim < 0 ? dim + 4 : dim;
      const others = [0, 1, 2, 3].filter((k) => k !== axis);
      const matrix = reshape(permute(kernel, [axis, ...others]), [kernel.shape[axis]!, -1]);
      const options = { lambda: 0.7, exact, u: sum(abs(matrix), { axis: 1 }) };
      return near(
        spectralNormPenalty(kernel, { ...options, dim }).loss,
        spectralNormPenalty(matrix, options).loss,
        1e-12,
      );
    },
  }),
  law({
    id: 'spectral-norm/not-the-largest-eigenvalue',
    statement:
      'Of c [[0, 1], [0, 0]], whose eigenvalues are all 0, the spectral norm is |c|: a square matrix need not have it as an eigenvalue.',
    cases: drawn((draw) => ({ c: real(draw, 0.1, 3) * draw.pick([1, -1]) })),
    slack: ({ c }) => {
      const w = tensor(Float64Array.of(0, c, 0, 0), { shape: [2, 2] });
      // Nilpotent, hence without any eigenvalue but 0.
      const nilpotent = exactly(matmul(w, w), w.mul(0));
      const { sigma } = spectralNormPenalty(w, { lambda: 1, exact: true });
      return Math.min(nilpotent, near(sigma, Math.abs(c), 1e-15));
    },
  }),
  law({
    id: 'spectral-norm/orthogonal-invariance',
    statement: 'Rotations and reflections on either side do not change it: ||Q W P||_2 = ||W||_2.',
    cases: drawn((draw) => {
      const [n, m] = [draw.integer(1, 4), draw.integer(1, 4)];
      return {
        q: orthogonalOf(draw, n),
        w: draw.tensor([n, m]),
        p: orthogonalOf(draw, m),
        u: draw.tensor([n], { avoid: [0] }),
      };
    }),
    slack: ({ q, w, p, u }) => {
      const turned = matmul(matmul(q, w), p);
      const exact = spectralNormValue(w);
      const same = near(spectralNormValue(turned), exact, 1e-12);
      // A start nearly orthogonal to the range of W leaves only rounding to iterate on.
      if (norm(matmul(transpose(w), u)).item() < 1e-3 * exact * norm(u).item()) return same;
      const options = { lambda: 1, nPowerIterations: 2 };
      const before = spectralNormPenalty(w, { ...options, u });
      const after = spectralNormPenalty(turned, { ...options, u: matmul(q, u) });
      return Math.min(same, near(after.sigma, before.sigma, 1e-9));
    },
  }),
  law({
    id: 'spectral-norm/between-norms',
    statement:
      '||W||_2^2 <= ||W||_1 ||W||_inf (largest column and row sums), and ||A + B||_2 <= ||A||_2 + ||B||_2.',
    cases: drawn((draw) => {
      const shape = [draw.integer(1, 4), draw.integer(1, 4)];
      return { a: draw.tensor(shape), b: draw.tensor(shape) };
    }),
    slack: ({ a, b }) => {
      const columns = sum(abs(a), { axis: 0 }).max().item();
      const rows = sum(abs(a), { axis: 1 }).max().item();
      const [normA, normB] = [spectralNormValue(a), spectralNormValue(b)];
      return Math.min(
        atMost(normA ** 2, columns * rows),
        atMost(spectralNormValue(a.add(b)), normA + normB),
      );
    },
  }),
  law({
    id: 'spectral-norm/all-ones-start-fails',
    statement:
      'On c [[1, -1], [-1, 1]] the start (1, 1) finds 0 instead of 2 |c|, because W^T 1 = 0; a restart finds it.',
    cases: drawn((draw) => ({
      c: real(draw, 0.1, 3) * draw.pick([1, -1]),
      restart: draw.tensor([2], { avoid: [0], distinct: true }),
    })),
    slack: ({ c, restart }) => {
      const w = tensor(Float64Array.of(c, -c, -c, c), { shape: [2, 2] });
      const options = { u: ones([2], { dtype: 'float64' }), lambda: 1, nPowerIterations: 2 };
      const stuck = spectralNormPenalty(w, options);
      const freed = spectralNormPenalty(w, { ...options, restart });
      return Math.min(exactly(stuck.sigma, 0), near(freed.sigma, 2 * Math.abs(c), 1e-12));
    },
  }),
];

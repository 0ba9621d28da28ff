import { drawn, type Law, law } from '@tikhonov/check';
import {
  Cell,
  grad,
  matmul,
  norm,
  ones,
  parameter,
  random,
  relu,
  reshape,
  sum,
  type Tensor,
  tensor,
  transpose,
} from '@tikhonov/core';
import { real } from '../laws/draws.ts';
import { filterLaw } from '../laws/filter.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { zeroStrengthLaw } from '../laws/zero-strength.ts';
import { spectralNorm, spectralNormMethod, spectralNormValue } from './spectral-norm.ts';
import { spectralNormPenaltyLaws } from './spectral-norm-penalty.laws.ts';
import { spectralNormPenalty } from './spectral-norm-penalty.ts';

/** What spectral norm regularization promises. */
export const spectralNormLaws: readonly Law[] = [
  ...spectralNormPenaltyLaws,
  law({
    id: 'spectral-norm/state',
    statement:
      'A call goes on from the stored vectors and stores the new ones; with updateState false it uses them as they are and they stay.',
    cases: drawn((draw) => {
      const shape = [draw.integer(1, 4), draw.integer(1, 4)];
      return {
        w: draw.tensor(shape, { avoid: [0] }),
        seed: draw.integer(0, 1000),
        nPowerIterations: draw.integer(1, 2),
      };
    }),
    slack: ({ w, seed, nPowerIterations }) => {
      const penalty = spectralNorm([w], { lambda: 1, seed, nPowerIterations });
      const { u, v } = penalty.state['0']!;
      const [u0, v0] = [u.read(), v.read()];
      const frozen = penalty({ updateState: false });
      const kept = Math.min(exactly(u.read(), u0), exactly(v.read(), v0));
      const want = spectralNormPenalty(w, { u: u0, lambda: 1, nPowerIterations });
      const moved = penalty();
      return Math.min(
        kept,
        exactly(frozen, sum(u0.mul(matmul(w, v0))).item() ** 2),
        exactly(moved, want.loss),
        exactly(u.read(), want.u),
        exactly(v.read(), want.v),
      );
    },
  }),
  law({
    id: 'spectral-norm/lipschitz',
    statement:
      'A ReLU network without biases stretches differences by at most the product of the spectral norms of its weights.',
    cases: drawn((draw) => {
      const sizes = Array.from({ length: 3 }, () => draw.integer(1, 4));
      return {
        weights: sizes.slice(1).map((out, i) => draw.tensor([out, sizes[i]!])),
        a: draw.tensor([sizes[0]!]),
        b: draw.tensor([sizes[0]!]),
      };
    }),
    slack: ({ weights, a, b }) => {
      const network = (x: Tensor): Tensor =>
        weights.reduce((h, w, i) => matmul(w, i === 0 ? h : relu(h)), x);
      const bound = weights.reduce((product, w) => product * spectralNormValue(w), 1);
      const length = norm(a.sub(b)).item();
      // Each output is rounded relative to its own size, not to that of the difference: two products
      // with at most 4 terms each, in Frobenius norms at most twice the spectral ones.
      const rounding = 32 * Number.EPSILON * (norm(a).item() + norm(b).item());
      return atMost(norm(network(a).sub(network(b))), bound * (length + rounding), 1e-12);
    },
  }),
  law({
    id: 'spectral-norm/eigenvalue',
    statement: 'Its square is the largest eigenvalue of W^T W: ||W^T W||_2 = ||W||_2^2.',
    cases: drawn((draw) => ({ w: draw.tensor([draw.integer(1, 4), draw.integer(1, 4)]) })),
    slack: ({ w }) =>
      near(spectralNormValue(matmul(transpose(w), w)), spectralNormValue(w) ** 2, 1e-12),
  }),
  zeroStrengthLaw('spectral-norm', (ws, zero) =>
    ws
      .map((w) => reshape(w, [-1, 1]))
      .flatMap((w) => [
        spectralNormPenalty(w, { lambda: zero, exact: true }).loss,
        spectralNormPenalty(w, { lambda: zero, u: ones([w.size], { dtype: 'float64' }) }).loss,
      ])
      .reduce((a, b) => a.add(b)),
  ),
  law({
    id: 'spectral-norm/recovery',
    statement:
      'A weight that was not finite in a step, or when the penalty was made, leaves finite vectors: repaired, its norm is found.',
    cases: drawn((draw) => ({
      w: draw.tensor([2, 3], { min: 0.5, max: 2 }),
      bad: draw.pick([Infinity, Number.NaN]),
      lambda: draw.pick([0, 1]),
      atStart: draw.pick([true, false]),
    })),
    slack: ({ w, bad, lambda, atStart }) => {
      const cell = parameter(atStart ? w.mul(bad) : w);
      const strength = new Cell(tensor(lambda, { dtype: 'float64' }));
      const penalty = spectralNorm(cell, { lambda: strength });
      cell.write(w.mul(bad));
      penalty();
      cell.write(w);
      strength.write(1);
      for (let k = 0; k < 60; k++) penalty();
      return near(penalty(), spectralNormValue(w) ** 2, 1e-9);
    },
    effort: 0.1,
  }),
  law({
    id: 'spectral-norm/defaults',
    statement: 'By default there is one round per call, and divisors below 1e-12 are replaced.',
    cases: drawn((draw) => ({
      w: draw.tensor([2, 3], { min: 0.5, max: 2 }),
      u: draw.tensor([2], { min: 0.5, max: 2 }),
      small: draw.pick([1e-5, 1e-9]),
    })),
    slack: ({ w, u, small }) => {
      const [one, given] = [
        spectralNormPenalty(w, { u, lambda: 1 }),
        spectralNormPenalty(w, { u, lambda: 1, nPowerIterations: 1, eps: 1e-12 }),
      ];
      const tiny = spectralNormPenalty(w.mul(small), { u, lambda: 1 });
      const below = (options: object): Tensor =>
        spectralNormPenalty(w.mul(1e-14), { u, lambda: 1, ...options }).sigma.mul(1e14);
      const [state, want] = [
        spectralNorm(w, { lambda: 1 }),
        spectralNorm(w, { lambda: 1, nPowerIterations: 1 }),
      ];
      return Math.min(
        exactly(one.sigma, given.sigma),
        near(tiny.sigma.div(small), one.sigma, 1e-9),
        near(norm(tiny.v), 1, 1e-9),
        // Below eps it is divided by eps, and so shows which it is.
        near(below({}), below({ eps: 1e-12 }), 1e-9),
        exactly(state(), want()),
      );
    },
    effort: 0.5,
  }),
  recipeLaw(spectralNormMethod, (model, { lambda, nPowerIterations }, { rng }) =>
    spectralNorm(model, {
      lambda: lambda!,
      nPowerIterations: nPowerIterations!,
      key: random.foldIn(random.foldIn(rng, 'penalties'), 0),
    })(),
  ),
  filterLaw('spectral-norm', (params, options) =>
    spectralNorm(params, { ...options, lambda: 2 })(),
  ),
  law({
    id: 'spectral-norm/options-of-the-state',
    statement:
      'The penalty with state is that of its vectors with the same dim and half, exact or not; without rounds the vectors are constants.',
    cases: drawn((draw) => ({
      kernel: draw.tensor([2, 3, 2], { avoid: [0] }),
      options: {
        lambda: real(draw, 0.1, 2),
        dim: draw.integer(-3, 2),
        half: draw.pick([true, false]),
      },
      exact: draw.pick([true, false]),
    })),
    slack: ({ kernel, options, exact }) => {
      const penalty = spectralNorm([kernel], { ...options, exact });
      if (exact) {
        return near(penalty(), spectralNormPenalty(kernel, { ...options, exact }).loss, 1e-13);
      }
      const { u, v } = penalty.state['0']!;
      const vectors = { u: u.read(), v: v.read() };
      const loss = (pair: typeof vectors): Tensor =>
        spectralNormPenalty(kernel, { ...options, ...pair, nPowerIterations: 0 }).loss;
      const slopes = grad((pair: typeof vectors) =>
        loss(pair).add(sum(pair.u).add(sum(pair.v)).mul(0)),
      )(vectors);
      return Math.min(
        near(penalty({ updateState: false }), loss(vectors), 1e-13),
        exactly(slopes.u, vectors.u.mul(0)),
        exactly(slopes.v, vectors.v.mul(0)),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'spectral-norm/starts',
    statement: 'Every weight begins with a vector of its own, drawn with the key or the seed.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 1000) })),
    slack: ({ seed }) => {
      // The identity leaves all vectors as they are drawn.
      const w = tensor(Float64Array.of(1, 0, 0, 1), { shape: [2, 2] });
      const starts = (options: { seed?: number; key?: Tensor }): string[] =>
        Object.values(spectralNorm([w, w], { lambda: 1, ...options }).state).map(({ u }) =>
          String(u.read().data()),
        );
      const [one, keyed, other] = [
        starts({ seed }),
        starts({ key: random.key(seed) }),
        starts({ seed: seed + 1 }),
      ];
      return holds(one[0] !== one[1] && one[0] === keyed[0] && one[0] !== other[0]);
    },
    effort: 0.2,
  }),
];

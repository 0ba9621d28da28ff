import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  Cell,
  eye,
  grad,
  linalg,
  matmul,
  mul,
  norm,
  permute,
  reshape,
  singularValues,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
} from '@tikhonov/core';
import { proxNuclear } from '@tikhonov/optim';
import { withActivations } from '@tikhonov/train';
import { orthogonalOf, real } from '../laws/draws.ts';
import { filterLaw } from '../laws/filter.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { stepOf } from '../laws/step.ts';
import { zeroStrengthLaw } from '../laws/zero-strength.ts';
import { lazily } from './lazily.ts';
import { nuclearNorm, nuclearNormMethod } from './nuclear-norm.ts';
import { spectralNormValue } from './spectral-norm.ts';

const value = (w: Tensor): number => nuclearNorm(w, { lambda: 1 }).item();

/** What the nuclear norm promises. */
export const nuclearNormLaws: readonly Law[] = [
  law({
    id: 'nuclear-norm/value',
    statement: 'The value is lambda times the sum of the singular values of all weights.',
    cases: drawn((draw) => ({
      weights: Array.from({ length: draw.integer(1, 3) }, () =>
        draw.tensor([draw.integer(1, 4), draw.integer(1, 4)]),
      ),
      lambda: real(draw, 0, 2),
    })),
    slack: ({ weights, lambda }) => {
      const want = weights.flatMap((w) => [...singularValues(w)]).reduce((a, b) => a + b, 0);
      return near(nuclearNorm(weights, { lambda }), lambda * want, 1e-12);
    },
  }),
  law({
    id: 'nuclear-norm/gradient',
    statement: 'At full rank the gradient is lambda U V^T, an isometry times lambda.',
    cases: drawn((draw) => {
      const [n, m] = [draw.integer(1, 3), draw.integer(1, 3)];
      const k = Math.min(n, m);
      const sigmas = draw.tensor([k], { min: 0.5, max: 3, distinct: true });
      return {
        left: orthogonalOf(draw, n),
        right: orthogonalOf(draw, m),
        sigmas,
        n,
        m,
        lambda: real(draw, 0.1, 2),
      };
    }),
    slack: ({ left, right, sigmas, n, m, lambda }) => {
      // U and V are known: the matrix is made of them.
      const isometry = matmul(rectangle(n, m, null), right);
      const w = matmul(left, matmul(rectangle(n, m, sigmas), right));
      const slope = grad((x: Tensor) => nuclearNorm(x, { lambda }))(w);
      return near(slope, matmul(left, isometry).mul(lambda), 1e-10);
    },
  }),
  law({
    id: 'nuclear-norm/sandwich',
    statement: '||W||_F <= ||W||_* <= sqrt(r) ||W||_F for rank r, and ||W||_2 <= ||W||_*.',
    cases: drawn((draw) => {
      const [n, rank, m] = [draw.integer(1, 4), draw.integer(1, 3), draw.integer(1, 4)];
      return { w: matmul(draw.tensor([n, rank]), draw.tensor([rank, m])), rank };
    }),
    slack: ({ w, rank }) => {
      const frobenius = norm(w).item();
      return Math.min(
        atMost(frobenius, value(w)),
        atMost(value(w), Math.sqrt(Math.min(rank, ...w.shape)) * frobenius, 1e-9),
        atMost(spectralNormValue(w), value(w)),
      );
    },
  }),
  law({
    id: 'nuclear-norm/invariance',
    statement: 'Rotations and reflections on either side, and transposition, do not change it.',
    cases: drawn((draw) => {
      const [n, m] = [draw.integer(1, 4), draw.integer(1, 4)];
      return { q: orthogonalOf(draw, n), w: draw.tensor([n, m]), p: orthogonalOf(draw, m) };
    }),
    slack: ({ q, w, p }) =>
      Math.min(
        near(value(matmul(matmul(q, w), p)), value(w), 1e-12),
        near(value(transpose(w)), value(w), 1e-12),
      ),
  }),
  law({
    id: 'nuclear-norm/dual-of-the-spectral-norm',
    statement:
      'It is a norm, dual to the spectral one: sum(A * B) <= ||A||_* ||B||_2, and ||A + B||_* <= ||A||_* + ||B||_*.',
    cases: drawn((draw) => {
      const shape = [draw.integer(1, 4), draw.integer(1, 4)];
      return { a: draw.tensor(shape), b: draw.tensor(shape) };
    }),
    slack: ({ a, b }) =>
      Math.min(
        atMost(sum(mul(a, b)), value(a) * spectralNormValue(b)),
        atMost(value(add(a, b)), value(a) + value(b)),
      ),
  }),
  law({
    id: 'nuclear-norm/factors',
    statement:
      'It is the least (||A||_F^2 + ||B||_F^2) / 2 of all factors A B = W: L2 on a product of two layers acts as the nuclear norm.',
    cases: drawn((draw) => {
      const [n, k, m] = [draw.integer(1, 4), draw.integer(1, 4), draw.integer(1, 4)];
      return { a: draw.tensor([n, k]), b: draw.tensor([k, m]) };
    }),
    slack: ({ a, b }) => {
      const energy = (x: Tensor, y: Tensor): number =>
        (sum(square(x)).item() + sum(square(y)).item()) / 2;
      const w = matmul(a, b);
      const { u, s, vh } = linalg.svd(w);
      const root = s.pow(0.5);
      const balanced = energy(mul(u, root), mul(vh, root.reshape([-1, 1])));
      return Math.min(atMost(value(w), energy(a, b)), near(balanced, value(w), 1e-12));
    },
  }),
  law({
    id: 'nuclear-norm/proximal-map-minimises',
    statement:
      'Singular value thresholding minimises ||U - V||_F^2 / 2 + step times the penalty: no matrix near it or drawn does better.',
    cases: drawn((draw) => {
      const shape = [draw.integer(1, 3), draw.integer(1, 3)];
      return {
        w: draw.tensor(shape),
        others: [0.001, 0.1, 1].map((size) => draw.tensor(shape).mul(size)),
        lambda: real(draw, 0, 2),
        step: real(draw, 0.01, 1),
      };
    }),
    slack: ({ w, others, lambda, step }) => {
      const objective = (u: Tensor): Tensor =>
        // Plus 1: at strength 0 all that is left is rounding.
        add(mul(sum(square(sub(u, w))), 0.5), mul(nuclearNorm(u, { lambda }), step)).add(1);
      const best = proxNuclear(lambda)(w, tensor(step, { dtype: 'float64' }));
      return Math.min(
        ...others.map((other) => atMost(objective(best), objective(best.add(other)), 1e-11)),
        atMost(objective(best), objective(w), 1e-11),
      );
    },
  }),
  law({
    id: 'nuclear-norm/kernels',
    statement: 'A kernel counts as the matrix [out, in kh kw]; dim names another output axis.',
    cases: drawn((draw) => ({ kernel: draw.tensor([2, 3, 1, 2]), dim: draw.integer(-4, 3) })),
    slack: ({ kernel, dim }) => {
      const axis = dim < 0 ? dim + 4 : dim;
      const order = [axis, ...[0, 1, 2, 3].filter((k) => k !== axis)];
      const matrix = reshape(permute(kernel, order), [kernel.shape[axis]!, -1]);
      return near(nuclearNorm(kernel, { lambda: 0.7, dim }), 0.7 * value(matrix), 1e-12);
    },
  }),
  law({
    id: 'nuclear-norm/zero-weights',
    statement: 'At weights that are 0 the gradient is 0, one of the subgradients.',
    cases: drawn((draw) => ({ w: draw.tensor([draw.integer(1, 3), draw.integer(1, 3)]).mul(0) })),
    slack: ({ w }) => exactly(grad((x: Tensor) => nuclearNorm(x, { lambda: 1 }))(w), w),
  }),
  zeroStrengthLaw('nuclear-norm', (ws, lambda) =>
    nuclearNorm(
      ws.map((w) => reshape(w, [-1, 1])),
      { lambda },
    ),
  ),
  recipeLaw(nuclearNormMethod, (model, { lambda, every }) =>
    nuclearNorm(model, { lambda: lambda! * every! }),
  ),
  law({
    id: 'nuclear-norm/lazily',
    statement:
      'Taken in every k-th step only, the first one among them, it is k times what it is, and so the same in sum; steps that keep their state do not count.',
    cases: drawn((draw) => ({
      w: draw.tensor([2, 3]),
      every: draw.integer(1, 4),
      x: draw.tensor([2, 2]),
    })),
    slack: ({ w, every, x }) => {
      const term = lazily(() => nuclearNorm(w, { lambda: 1 }), every);
      const step = stepOf(x, 0);
      const still = term(stepOf(x, 0, { updateState: false }));
      const terms = Array.from({ length: 2 * every }, () => term(step).item());
      const want = terms.map((_, k) => (k % every === 0 ? every * value(w) : 0));
      return Math.min(near(terms, want, 1e-13), near(still, every * value(w), 1e-13));
    },
    effort: 0.2,
  }),
  filterLaw('nuclear-norm', (params, options) => nuclearNorm(params, { ...options, lambda: 2 })),
  law({
    id: 'nuclear-norm/kernels-and-seldom-terms',
    statement:
      'The units of a kernel are along axis 0 unless dim says otherwise; a term that is seldom computed keeps its state and still sees activations.',
    cases: drawn((draw) => ({ kernel: draw.tensor([2, 3, 2]) })),
    slack: ({ kernel }) => {
      const cell = new Cell(tensor(0));
      const term = Object.assign(
        withActivations(() => tensor(0)),
        { state: { cell } },
      );
      const seldom = lazily(term, 2);
      return Math.min(
        near(
          nuclearNorm(kernel, { lambda: 1 }),
          nuclearNorm(reshape(kernel, [2, 6]), { lambda: 1 }),
          1e-13,
        ),
        holds(seldom.usesActivations === true && Reflect.get(seldom.state, 'term') === term.state),
      );
    },
    effort: 0.1,
  }),
];

/** `[n, m]` with the values, or ones, on the diagonal. */
function rectangle(n: number, m: number, values: Tensor | null): Tensor {
  const k = Math.min(n, m);
  const square =
    values === null ? eye(k, { dtype: 'float64' }) : mul(eye(k, { dtype: 'float64' }), values);
  const [tall, wide] = [selection(n, k), transpose(selection(m, k))];
  return matmul(matmul(tall, square), wide);
}

/** The first `k` columns of the identity `[n, n]`. */
const selection = (n: number, k: number): Tensor =>
  tensor(
    Float64Array.from({ length: n * k }, (_, i) => Number(Math.floor(i / k) === i % k)),
    { shape: [n, k] },
  );

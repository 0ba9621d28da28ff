import { drawn, type Law, law } from '@tikhonov/check';
import {
  abs,
  concat,
  conv2d,
  eye,
  grad,
  matmul,
  mul,
  norm,
  random,
  reshape,
  sign,
  sum,
  type Tensor,
  tanh,
  tensor,
  transpose,
  unfold,
  zeros,
} from '@tikhonov/core';
import { orthogonalOf, real } from '../laws/draws.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { weightedSamplesLaw } from '../laws/weighted-samples.ts';
import { zeroStrengthLaw } from '../laws/zero-strength.ts';
import { selfOrthogonality, selfOrthogonalityOfOutputs } from './self-orthogonality-penalty.ts';
import { selfOrthogonalityTermLaws } from './self-orthogonality-term.laws.ts';
import { signCorrelations } from './sign-correlations.ts';

/** `1 - 2 angle / pi` of two rows, by the angle's tangent, which is accurate for all angles. */
const byAngle = (w: Tensor, i: number, j: number): number => {
  const rows = w.toArray() as number[][];
  const unit = (row: readonly number[]): number[] => row.map((a) => a / Math.hypot(...row));
  const [a, b] = [unit(rows[i]!), unit(rows[j]!)];
  const [apart, together] = [a.map((x, k) => x - b[k]!), a.map((x, k) => x + b[k]!)];
  return 1 - (4 * Math.atan2(Math.hypot(...apart), Math.hypot(...together))) / Math.PI;
};

const pairsOf = (m: number): [number, number][] =>
  Array.from({ length: m * m }, (_, k): [number, number] => [Math.floor(k / m), k % m]).filter(
    ([i, j]) => i !== j,
  );

const valueAt = (v: Tensor, i: number, j: number): number => (v.toArray() as number[][])[i]![j]!;

/** What self-orthogonality promises. */
export const selfOrthogonalityLaws: readonly Law[] = [
  law({
    id: 'self-orthogonality/expected-signs',
    statement:
      'Two units have signs of the mean product 1 - 2 angle / pi over normal inputs: within 5 deviations of a sample mean.',
    cases: drawn((draw) => ({
      w: draw.tensor([2, draw.integer(2, 4)], { avoid: [0] }),
      seed: draw.integer(0, 2 ** 20),
    })),
    slack: ({ w, seed }) => {
      const samples = 4096;
      const options = { estimator: 'random', gamma: Infinity, samples } as const;
      const v = signCorrelations(w, { ...options, key: random.key(seed) });
      const error = Math.abs(valueAt(v, 0, 1) - byAngle(w, 0, 1));
      // A product of signs has a deviation of at most 1.
      return 1 - (error * Math.sqrt(samples)) / 5;
    },
    effort: 0.2,
  }),
  law({
    id: 'self-orthogonality/angles',
    statement:
      'The exact correlations are 1 - 2 angle / pi off the diagonal, and 0 on it and for a row that is 0.',
    cases: drawn((draw) => {
      const d = draw.integer(2, 4);
      return { w: draw.tensor([draw.integer(1, 3), d], { avoid: [0] }) };
    }),
    slack: ({ w }) => {
      const [m, d] = w.shape as [number, number];
      const v = signCorrelations(concat([w, zeros([1, d], { dtype: 'float64' })], { axis: 0 }), {
        estimator: 'exact',
      });
      return Math.min(
        ...pairsOf(m + 1).map(([i, j]) =>
          i === m || j === m
            ? exactly(valueAt(v, i, j), 0)
            : // Cosines stop 1e-12 before +-1, where angles are 1.4e-6.
              near(valueAt(v, i, j), byAngle(w, i, j), 2e-6),
        ),
        ...Array.from({ length: m + 1 }, (_, i) => exactly(valueAt(v, i, i), 0)),
      );
    },
  }),
  law({
    id: 'self-orthogonality/value',
    statement:
      "The penalty is lambda1 (sum V_ij)^2 + lambda2 sum V_ij^2 over ordered pairs; with 'mean' both sums are divided by their number first.",
    cases: drawn((draw) => {
      const [m, d] = [draw.integer(1, 4), draw.integer(1, 4)];
      return {
        w: draw.tensor([m, d]),
        x: draw.tensor([draw.integer(1, 5), d]),
        strengths: { lambda1: real(draw, 0, 2), lambda2: real(draw, 0, 2) },
        reduction: draw.pick(['sum', 'mean'] as const),
        estimator: draw.pick(['self', 'random', 'exact'] as const),
      };
    }),
    slack: ({ w, x, strengths, reduction, estimator }) => {
      const how = estimator === 'exact' ? { estimator } : { estimator, x };
      const v = signCorrelations(w, how);
      const values = pairsOf(w.shape[0]!).map(([i, j]) => valueAt(v, i, j));
      const pairs = reduction === 'mean' ? Math.max(1, values.length) : 1;
      const total = values.reduce((a, b) => a + b, 0) / pairs;
      const squares = values.reduce((a, b) => a + b * b, 0) / pairs;
      const want = strengths.lambda1 * total ** 2 + strengths.lambda2 * squares;
      return near(selfOrthogonality(w, { ...strengths, reduction, ...how }), want, 1e-13);
    },
  }),
  law({
    id: 'self-orthogonality/defaults',
    statement: 'Without options it is 100 (sum V_ij)^2 + sum V_ij^2 with V from tanh(10 x W^T).',
    cases: drawn((draw) => {
      const d = draw.integer(1, 3);
      return { w: draw.tensor([2, d]), x: draw.tensor([draw.integer(1, 4), d]) };
    }),
    slack: ({ w, x }) => {
      const y = tanh(matmul(x, transpose(w)).mul(10));
      const [a, b] = [
        y.mul(tensor([1, 0], { dtype: 'float64' })),
        y.mul(tensor([0, 1], { dtype: 'float64' })),
      ];
      const product = sum(sum(a, { axis: 1 }).mul(sum(b, { axis: 1 }))).item();
      const lengths = Math.max(1e-12, norm(a).item()) * Math.max(1e-12, norm(b).item());
      const v = product / lengths;
      return near(selfOrthogonality(w, { x }), 100 * (2 * v) ** 2 + 2 * v ** 2, 1e-12);
    },
  }),
  law({
    id: 'self-orthogonality/right-angles',
    statement: 'Orthogonal rows of any lengths have penalty 0 by their angles.',
    cases: drawn((draw) => {
      const n = draw.integer(1, 4);
      return { q: orthogonalOf(draw, n), lengths: draw.tensor([n, 1], { min: 0.1, max: 3 }) };
    }),
    slack: ({ q, lengths }) =>
      near(selfOrthogonality(mul(q, lengths), { estimator: 'exact' }), 0, 1e-12),
  }),
  law({
    id: 'self-orthogonality/scale-invariance',
    statement:
      "By the angles the rows' lengths do not matter: same value for other lengths, and a gradient orthogonal to every row.",
    cases: drawn((draw) => {
      const [m, d] = [draw.integer(2, 3), draw.integer(2, 4)];
      return {
        // Near different axes, so that no cosine is at its bound.
        w: eye(Math.max(m, d), { dtype: 'float64' }).add(
          draw.tensor([Math.max(m, d), Math.max(m, d)], { min: -0.2, max: 0.2 }),
        ),
        lengths: draw.tensor([Math.max(m, d), 1], { min: 0.1, max: 3 }),
      };
    }),
    slack: ({ w, lengths }) => {
      const penalty = (x: Tensor): Tensor =>
        selfOrthogonality(x, { lambda1: 0.7, lambda2: 0.3, estimator: 'exact' });
      const slope = grad(penalty)(w);
      return Math.min(
        near(penalty(mul(w, lengths)), penalty(w), 1e-12),
        near(sum(slope.mul(w), { axis: 1 }), new Float64Array(w.shape[0]!), 1e-12),
        // There is a gradient: the angles are not right ones.
        near(
          sum(grad(penalty)(mul(w, lengths)).mul(lengths), { axis: 1 }),
          sum(slope, { axis: 1 }),
          1e-11,
        ),
      );
    },
  }),
  law({
    id: 'self-orthogonality/correlations',
    statement: 'V is symmetric and within [-1, 1], by every estimator.',
    cases: drawn((draw) => {
      const d = draw.integer(1, 4);
      return {
        w: draw.tensor([draw.integer(1, 4), d]),
        x: draw.tensor([draw.integer(1, 5), d]),
        gamma: draw.pick([0.1, 10, Infinity]),
      };
    }),
    slack: ({ w, x, gamma }) =>
      Math.min(
        ...(['self', 'random', 'exact'] as const).map((estimator) => {
          const v = signCorrelations(
            w,
            estimator === 'exact' ? { estimator } : { estimator, x, gamma },
          );
          return Math.min(exactly(v, transpose(v)), atMost(abs(v).max(), 1, 1e-14));
        }),
      ),
  }),
  law({
    id: 'self-orthogonality/signs',
    statement: 'With gamma = Infinity the outputs are their signs, and V = Y^T Y / n.',
    cases: drawn((draw) => {
      const d = draw.integer(1, 4);
      return {
        // Of one sign, so that no output is 0.
        w: draw.tensor([draw.integer(1, 4), d], { min: 0.1, max: 2 }),
        x: draw
          .tensor([draw.integer(1, 5), 1], { avoid: [0] })
          .mul(draw.tensor([1, d], { min: 0.1, max: 2 })),
      };
    }),
    slack: ({ w, x }) => {
      const y = sign(matmul(x, transpose(w)));
      const want = matmul(transpose(y), y).div(x.shape[0]!);
      return near(signCorrelations(w, { x, gamma: Infinity }), want, 1e-14);
    },
  }),
  law({
    id: 'self-orthogonality/positions',
    statement:
      "A convolution's positions are further samples: its outputs give the penalty of the kernel as a matrix on all patches.",
    cases: drawn((draw) => ({
      kernel: draw.tensor([draw.integer(2, 3), 2, 2, 2], { avoid: [0] }),
      x: draw.tensor([draw.integer(1, 2), 2, 3, 4]),
      strengths: { lambda1: real(draw, 0, 2), lambda2: real(draw, 0, 2), gamma: 0.7 },
    })),
    slack: ({ kernel, x, strengths }) => {
      const patches = transpose(unfold(x, { kernelSize: [2, 2] }));
      const samples = reshape(patches, [-1, patches.shape.at(-1)!]);
      return near(
        selfOrthogonalityOfOutputs(conv2d(x, kernel), strengths),
        selfOrthogonality(kernel, { ...strengths, x: samples }),
        1e-12,
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'self-orthogonality/input',
    statement:
      'Gradients flow to the input as well; with detachInput they do not, and those of the weights stay.',
    cases: drawn((draw) => ({
      // Neither alike nor orthogonal, so that there is something to change.
      w: tensor(Float64Array.of(1, 0.5, 0, 0, 1, 0.5), { shape: [2, 3] }).add(
        draw.tensor([2, 3], { min: -0.1, max: 0.1 }),
      ),
      x: eye(3, { dtype: 'float64' }).add(draw.tensor([3, 3], { min: -0.1, max: 0.1 })),
    })),
    slack: ({ w, x }) => {
      const slopes = (detachInput: boolean): readonly [Tensor, Tensor] =>
        grad((both: readonly [Tensor, Tensor]) =>
          selfOrthogonality(both[0], { x: both[1], gamma: 0.5, detachInput }).add(
            // So that the input is reached either way.
            sum(both[1]).mul(0),
          ),
        )([w, x]);
      const [open, closed] = [slopes(false), slopes(true)];
      return Math.min(
        exactly(open[0], closed[0]),
        exactly(closed[1], zeros([3, 3], { dtype: 'float64' })),
        holds(norm(open[1]).item() > 0),
      );
    },
  }),
  law({
    id: 'self-orthogonality/not-for-any-input',
    statement:
      'Inputs with a preferred direction are no measure of angles: stretched 100 times, they miss 1 - 2 angle / pi by more than 0.2.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 20) })),
    slack: ({ seed }) => {
      const w = tensor(Float64Array.of(1, 0.2, 0.2, 1), { shape: [2, 2] });
      const normal = random.normal(random.key(seed), [1024, 2], { dtype: 'float64' });
      const x = mul(normal, tensor(Float64Array.of(10, 0.1)));
      const v = signCorrelations(w, { x, gamma: Infinity });
      return Math.abs(valueAt(v, 0, 1) - byAngle(w, 0, 1)) - 0.2;
    },
    effort: 0.2,
  }),
  zeroStrengthLaw('self-orthogonality', (ws, zero) =>
    ws
      .map((w) =>
        selfOrthogonality(reshape(w, [-1, 1]), {
          lambda1: zero,
          lambda2: zero,
          estimator: 'exact',
        }),
      )
      .reduce((a, b) => a.add(b)),
  ),
  weightedSamplesLaw(
    'self-orthogonality',
    (y, strength, weights) =>
      selfOrthogonalityOfOutputs(y, { lambda1: strength, lambda2: strength, ...weights }),
    { avoid: [0] },
  ),
  ...selfOrthogonalityTermLaws,
];

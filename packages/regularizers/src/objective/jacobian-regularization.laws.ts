import { drawn, type Law, law } from '@tikhonov/check';
import {
  broadcastTo,
  Cell,
  concat,
  div,
  expandDims,
  grad,
  matmul,
  random,
  slice,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
  zeros,
  zerosLike,
} from '@tikhonov/core';
import { orthogonalOf, real } from '../laws/draws.ts';
import { innerWeightsLaw } from '../laws/inner-weights.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { smallForward, smallNetwork } from '../laws/small-network.ts';
import { smallStep } from '../laws/small-step.ts';
import { thrown } from '../laws/thrown.ts';
import { dirichletEnergy } from './function-gradient-penalty.ts';
import {
  jacobianPenalty,
  jacobianRegularizationMethod,
  jacobianTerm,
} from './jacobian-regularization.ts';

const networks = drawn((draw) => {
  const { p, act, x } = smallNetwork(draw);
  const outputs = p.b2.size;
  return {
    x,
    outputs,
    rotation: orthogonalOf(draw, outputs),
    turn: orthogonalOf(draw, x.shape[1]!),
    lambda: real(draw, 0, 2),
    f: (rows: Tensor): Tensor => smallForward(p, act, rows),
  };
});

/** What Jacobian regularization promises. */
export const jacobianRegularizationLaws: readonly Law[] = [
  law({
    id: 'jacobian-regularization/half-dirichlet-energy',
    statement:
      'The penalty is lambda / 2 times the mean of the squared Frobenius norms of the Jacobians.',
    cases: networks,
    slack: ({ x, f, lambda }) =>
      near(jacobianPenalty(f, x, { lambda }), dirichletEnergy(f, x).mul(lambda / 2), 1e-13),
    effort: 0.5,
  }),
  law({
    id: 'jacobian-regularization/linear',
    statement: 'For x -> W x the exact penalty is lambda / 2 ||W||_F^2.',
    cases: drawn((draw) => {
      const [n, d, out] = [draw.integer(1, 3), draw.integer(1, 3), draw.integer(1, 3)];
      return { w: draw.tensor([out, d]), x: draw.tensor([n, d]), lambda: real(draw, 0, 2) };
    }),
    slack: ({ w, x, lambda }) => {
      const got = jacobianPenalty((rows) => matmul(rows, transpose(w)), x, { lambda });
      return near(got, sum(square(w)).mul(lambda / 2), 1e-13);
    },
  }),
  law({
    id: 'jacobian-regularization/orthonormal-projections',
    statement: 'The mean of K ||v^T J||^2 over any orthonormal basis of the outputs is ||J||_F^2.',
    cases: networks,
    slack: ({ x, f, outputs, rotation, lambda }) => {
      const each = expandDims(rotation, 1);
      const v = broadcastTo(each, [outputs, x.shape[0]!, outputs]);
      return near(jacobianPenalty(f, x, { lambda, v }), jacobianPenalty(f, x, { lambda }), 1e-12);
    },
    effort: 0.5,
  }),
  law({
    id: 'jacobian-regularization/unbiased-draws',
    statement:
      'Drawn projections have length 1 and no preferred direction: their mean is within 5 standard errors of the exact penalty.',
    cases: drawn((draw) => {
      const [d, out] = [draw.integer(1, 3), draw.integer(1, 4)];
      return { w: draw.tensor([out, d]), seed: draw.integer(0, 1e6) };
    }),
    slack: ({ w, seed }) => {
      const [k, d] = w.shape as readonly [number, number];
      const rows = 300;
      const exact = sum(square(w)).item();
      const x = zeros([rows, d], { dtype: 'float64' });
      const got = jacobianPenalty((z) => matmul(z, transpose(w)), x, {
        lambda: 2,
        projections: 1,
        key: random.key(seed),
      }).item();
      // For v uniform on the sphere K v^T A v has variance 2 K / (K + 2) (tr A^2 - (tr A)^2 / K).
      const gram = matmul(w, transpose(w));
      const variance = ((2 * k) / (k + 2)) * (sum(square(gram)).item() - exact ** 2 / k);
      const error = Math.sqrt(Math.max(variance, 0) / rows) + 1e-12 * (1 + exact);
      return 1 - Math.abs(got - exact) / (5 * error);
    },
    effort: 0.25,
  }),
  law({
    id: 'jacobian-regularization/rotations',
    statement: 'Rotating the outputs, or the inputs together with the function, changes nothing.',
    cases: networks,
    slack: ({ x, f, rotation, turn, lambda }) => {
      const exact = jacobianPenalty(f, x, { lambda });
      const outputs = jacobianPenalty((rows) => matmul(f(rows), rotation), x, { lambda });
      const inputs = jacobianPenalty((rows) => f(matmul(rows, transpose(turn))), matmul(x, turn), {
        lambda,
      });
      return Math.min(near(outputs, exact, 1e-11), near(inputs, exact, 1e-11));
    },
    effort: 0.5,
  }),
  law({
    id: 'jacobian-regularization/weights-of-samples',
    statement: 'A sample of weight 0 does not count, and equal weights are none.',
    cases: networks,
    slack: ({ x, f, lambda }) => {
      const n = x.shape[0]!;
      const first = jacobianPenalty(f, slice(x, [{ stop: 1 }]), { lambda });
      const only = tensor(Float64Array.from({ length: n }, (_, i) => (i === 0 ? 0.7 : 0)));
      const equal = tensor(new Float64Array(n).fill(0.3));
      return Math.min(
        near(jacobianPenalty(f, x, { lambda, sampleWeight: only }), first, 1e-13),
        near(
          jacobianPenalty(f, x, { lambda, sampleWeight: equal }),
          jacobianPenalty(f, x, { lambda }),
          1e-13,
        ),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'jacobian-regularization/in-a-step',
    statement:
      'The term of a step is the penalty of the outputs at its rows, with their weights and its masks.',
    cases: drawn((draw) => ({ ...smallStep(draw), lambda: real(draw, 0, 1) })),
    slack: ({ context, lambda }) => {
      const { sampleWeight, x } = context.batch;
      const options = { lambda, sampleWeight: sampleWeight! };
      const want = jacobianPenalty((rows) => context.forward(rows), x, options);
      return near(jacobianTerm({ lambda })(context), want, 1e-13);
    },
    effort: 0.1,
  }),
  law({
    id: 'jacobian-regularization/other-projections-each-step',
    statement:
      'With projections the term of a step is the penalty with the key of the step, and another step has others.',
    cases: drawn((draw) => ({ ...smallStep(draw), lambda: real(draw, 0.5, 1) })),
    slack: ({ context, lambda }) => {
      const { sampleWeight, x } = context.batch;
      const forward = (rows: Tensor): Tensor => context.forward(rows);
      const term = jacobianTerm({ lambda, projections: 2 });
      const of = (rng: Tensor): Tensor => term({ ...context, rng });
      const key = random.foldIn(context.rng, 'jacobian-regularization');
      const options = { lambda, projections: 2, key, sampleWeight: sampleWeight! };
      return Math.min(
        near(of(context.rng), jacobianPenalty(forward, x, options), 1e-13),
        holds(
          of(random.foldIn(context.rng, 1)).item() !== of(random.foldIn(context.rng, 2)).item(),
        ),
      );
    },
    effort: 0.1,
  }),
  law({
    id: 'jacobian-regularization/zero-strength',
    statement:
      'A strength of 0 gives value 0 and gradient 0, even where the Jacobians are infinite.',
    cases: drawn((draw) => ({ x: draw.tensor([2, 2]), held: draw.pick([true, false]) })),
    slack: ({ x, held }) => {
      const lambda = held ? new Cell(tensor(0, { dtype: 'float64' })) : 0;
      const penalty = (rows: Tensor): Tensor =>
        jacobianPenalty((z) => div(1, sub(z, x)), rows, { lambda });
      return Math.min(exactly(penalty(x), 0), exactly(grad(penalty)(x), zerosLike(x)));
    },
  }),
  innerWeightsLaw('jacobian-regularization', (forward, x, lambda) =>
    jacobianPenalty(forward, x, { lambda }),
  ),
  recipeLaw(jacobianRegularizationMethod, (_model, { lambda, projections }, step) =>
    jacobianTerm({ lambda: lambda!, projections: projections! })(step),
  ),
  law({
    id: 'jacobian-regularization/refuses-other-lengths',
    statement: 'Directions that are not of length 1 are refused; a row of weight 0 may hold NaN.',
    cases: drawn((draw) => ({ x: draw.tensor([1, 2]), factor: draw.pick([0.5, 2]) })),
    slack: ({ x, factor }) => {
      const v = tensor(Float64Array.of(0.6 * factor, 0.8 * factor), { shape: [1, 2] });
      const f = (rows: Tensor): Tensor => square(rows);
      const rows = concat([x, x.mul(Number.NaN)]);
      const sampleWeight = tensor(Float64Array.of(2, 0));
      return Math.min(
        holds(thrown(() => jacobianPenalty(f, x, { lambda: 1, v })) instanceof RangeError),
        near(
          jacobianPenalty(f, rows, { lambda: 1, sampleWeight }),
          jacobianPenalty(f, x, { lambda: 1 }),
          1e-13,
        ),
      );
    },
    effort: 0.1,
  }),
];

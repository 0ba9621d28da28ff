import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  Cell,
  div,
  grad,
  matmul,
  mean,
  mul,
  norm,
  random,
  sign,
  slice,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
  valueAndGrad,
  zerosLike,
} from '@tikhonov/core';
import { crossEntropy, mlp } from '@tikhonov/nn';
import { activationStep } from '../laws/activation-step.ts';
import { real } from '../laws/draws.ts';
import { innerWeightsLaw } from '../laws/inner-weights.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, exactly, near } from '../laws/slack.ts';
import { labelsFor, smallForward, smallNetwork } from '../laws/small-network.ts';
import { smallStep, someRows, withIgnoredRows } from '../laws/small-step.ts';
import { dirichletEnergy, functionGradientPenalty } from './function-gradient-penalty.ts';
import {
  type GradientSize,
  inputGradientPenalty,
  inputGradientPenaltyMethod,
  inputGradients,
  inputGradientTerm,
} from './input-gradient-penalty.ts';
import { lipschitzEstimate } from './lipschitz.ts';
import { normPerSample, unitPerSample } from './per-sample.ts';

const classification = drawn((draw) => {
  const { p, act, x } = smallNetwork(draw);
  const y = labelsFor(draw, x, p.b2.size);
  const losses = (rows: Tensor, labels = y): Tensor =>
    crossEntropy(smallForward(p, act, rows), labels, { reduction: 'none' });
  return { p, act, x, y, losses, lambda: real(draw, 0.01, 1) };
});

/** Critics of one output, real samples and fake ones. */
const critics = drawn((draw) => {
  const { p, act, x } = smallNetwork(draw, { outputs: 1 });
  const fake = draw.tensor(x.shape);
  const epsilon = draw.tensor([x.shape[0]!], { min: 0, max: 1 });
  return { x, fake, epsilon, f: (rows: Tensor): Tensor => smallForward(p, act, rows) };
});

/** Which perturbation costs as much, to first order, as which penalty. */
const directions: Readonly<Record<GradientSize, (g: Tensor) => Tensor>> = {
  'l2-squared': (g) => g,
  l1: (g) => sign(g),
  l2: unitPerSample,
};

const sizes = ['l2-squared', 'l2', 'l1'] as const;

/** What gradient penalties on inputs promise. */
export const inputGradientPenaltyLaws: readonly Law[] = [
  law({
    id: 'input-gradient-penalty/per-sample',
    statement:
      'The penalty of a batch is the mean of the penalties of its samples alone: nothing is divided by their number.',
    cases: classification,
    slack: ({ x, y, losses, lambda }) =>
      Math.min(
        ...sizes.map((size) => {
          const options = { lambda, norm: size };
          const alone = Array.from({ length: x.shape[0]! }, (_, i) => {
            const row = [{ start: i, stop: i + 1 }];
            const labels = slice(y, row);
            return inputGradientPenalty((rows) => losses(rows, labels), slice(x, row), options);
          });
          const want = alone.reduce((a, b) => add(a, b)).div(alone.length);
          return near(
            inputGradientPenalty((rows) => losses(rows), x, options),
            want,
            1e-13,
          );
        }),
      ),
    effort: 0.5,
  }),
  law({
    id: 'input-gradient-penalty/first-order',
    statement:
      'The slope of the mean loss along the gradient, its sign and the normalized gradient is the penalty with l2-squared, l1 and l2.',
    cases: classification,
    slack: ({ x, losses }) => {
      const g = stopGradient(inputGradients((rows) => losses(rows), x));
      const step = 1e-5;
      return Math.min(
        ...sizes.map((size) => {
          const direction = directions[size](g);
          const at = (epsilon: number): Tensor => mean(losses(x.add(direction.mul(epsilon))));
          const slope = at(step)
            .sub(at(-step))
            .div(2 * step);
          const penalty = inputGradientPenalty((rows) => losses(rows), x, {
            lambda: 1,
            norm: size,
          });
          // The error of the difference grows with the third power of the direction.
          const scale = 1 + square(direction).sum().item() ** 1.5;
          return near(slope.div(scale), penalty.div(scale), 1e-8);
        }),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'input-gradient-penalty/in-a-step',
    statement:
      'The term of a step is the weighted mean over its rows, with its masks, of what each row has alone.',
    cases: drawn((draw) => ({ ...smallStep(draw), lambda: real(draw, 0, 1) })),
    slack: ({ context, losses, weightedMean, lambda }) => {
      const g = inputGradients(losses, context.batch.x);
      const [squares, lengths] = [sum(square(g), { axis: 1 }), norm(g, { axis: 1 })];
      return Math.min(
        near(inputGradientTerm({ lambda })(context), weightedMean(squares).mul(lambda), 1e-12),
        near(
          inputGradientTerm({ lambda, norm: 'l2' })(context),
          weightedMean(lengths).mul(lambda),
          1e-12,
        ),
      );
    },
    effort: 0.1,
  }),
  law({
    id: 'input-gradient-penalty/sizes',
    statement:
      'The l2 penalty is at most the l1 penalty, and its square at most the l2-squared one, for a strength of 1.',
    cases: classification,
    slack: ({ x, losses }) => {
      const of = (size: GradientSize): number =>
        inputGradientPenalty((rows) => losses(rows), x, { lambda: 1, norm: size }).item();
      return Math.min(atMost(of('l2'), of('l1')), atMost(of('l2') ** 2, of('l2-squared')));
    },
    effort: 0.5,
  }),
  law({
    id: 'input-gradient-penalty/zero-strength',
    statement:
      'A strength of 0 gives value 0 and gradient 0, even where the gradients are infinite.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 2], { avoid: [0] }),
      held: draw.pick([true, false]),
      size: draw.pick(sizes),
    })),
    slack: ({ x, held, size }) => {
      const lambda = held ? new Cell(tensor(0, { dtype: 'float64' })) : 0;
      const penalty = (rows: Tensor): Tensor =>
        inputGradientPenalty((z) => sum(div(1, sub(z, x)), { axis: 1 }), rows, {
          lambda,
          norm: size,
        });
      return Math.min(exactly(penalty(x), 0), exactly(grad(penalty)(x), zerosLike(x)));
    },
  }),
  law({
    id: 'input-gradient-penalty/lipschitz-on-segments',
    statement: '|f(a) - f(b)| is at most the largest gradient on the way, times ||a - b||.',
    cases: critics,
    slack: ({ x, fake, f }) => {
      const [a, b] = [slice(x, [{ stop: 1 }]), slice(fake, [{ stop: 1 }])];
      const places = Float64Array.from({ length: 101 }, (_, i) => i / 100);
      const t = tensor(places).reshape([101, 1]);
      const way = add(mul(sub(1, t), a), mul(t, b));
      const steepest = normPerSample(inputGradients((rows) => f(rows).reshape([-1]), way)).max();
      const [rise, run] = [Math.abs(f(a).sub(f(b)).item()), norm(a.sub(b)).item()];
      // Between two of the places the gradient can be larger, by their distance squared.
      return atMost(rise, steepest.item() * run + 1e-3 * run ** 3 + 1e-12, 1e-9);
    },
    effort: 0.5,
  }),
  law({
    id: 'input-gradient-penalty/one-sided',
    statement:
      'The one-sided penalty of a critic is at most the two-sided one, and 0 where all gradients are at most 1.',
    cases: critics,
    slack: ({ x, fake, epsilon, f }) => {
      const of = (kind: 'wgan-gp' | 'wgan-lp', shrink: number): number =>
        functionGradientPenalty((rows) => f(rows).mul(shrink), x, { kind, fake, epsilon }).item();
      // The product of the norms of the weights, at most 1.5 * 3 each, bounds the slope.
      return Math.min(atMost(of('wgan-lp', 1), of('wgan-gp', 1)), exactly(of('wgan-lp', 0.04), 0));
    },
    effort: 0.5,
  }),
  law({
    id: 'input-gradient-penalty/unit-critic',
    statement:
      'For f(x) = w . x the two-sided penalty is lambda (||w|| - 1)^2 wherever it is taken, with lambda 10 by default.',
    cases: drawn((draw) => {
      const [n, d] = [draw.integer(1, 3), draw.integer(1, 3)];
      return {
        w: draw.tensor([d, 1], { avoid: [0] }),
        x: draw.tensor([n, d]),
        fake: draw.tensor([n, d]),
        epsilon: draw.tensor([n, 1], { min: 0, max: 1 }),
        lambda: real(draw, 0, 10),
      };
    }),
    slack: ({ w, x, fake, epsilon, lambda }) => {
      const options = { kind: 'wgan-gp', fake, epsilon, lambda } as const;
      const got = functionGradientPenalty((rows) => matmul(rows, w), x, options);
      const byDefault = { kind: 'wgan-gp', fake, epsilon } as const;
      const f = (rows: Tensor): Tensor => matmul(rows, w);
      const soft = functionGradientPenalty(f, x, { ...byDefault, eps: 0.5 });
      const excess = Math.sqrt(sum(square(w)).item() + 0.5) - 1;
      return Math.min(
        near(got, square(norm(w).sub(1)).mul(lambda), 1e-13),
        near(functionGradientPenalty(f, x, byDefault), square(norm(w).sub(1)).mul(10), 1e-13),
        near(soft, 10 * excess ** 2, 1e-12),
      );
    },
  }),
  law({
    id: 'input-gradient-penalty/between-real-and-fake',
    statement:
      'For f(x) = ||x||^2 / 2 the gradient is the place itself: epsilon times real plus (1 - epsilon) times fake.',
    cases: critics,
    slack: ({ x, fake, epsilon }) => {
      const f = (rows: Tensor): Tensor => sum(square(rows), { axis: 1 }).mul(0.5);
      const options = { kind: 'wgan-gp', fake, epsilon, lambda: 1 } as const;
      const share = epsilon.reshape([-1, 1]);
      const places = add(mul(share, x), mul(sub(1, share), fake));
      const want = mean(square(norm(places, { axis: 1 }).sub(1)));
      return near(functionGradientPenalty(f, x, options), want, 1e-12);
    },
  }),
  law({
    id: 'input-gradient-penalty/r1',
    statement: 'R1 is lambda / 2 times the mean squared gradient of the critic on real samples.',
    cases: critics,
    slack: ({ x, f }) => {
      const got = functionGradientPenalty(f, x, { kind: 'r1', lambda: 3 });
      const want = inputGradientPenalty((rows) => f(rows).reshape([-1]), x, { lambda: 1.5 });
      const byDefault = functionGradientPenalty(f, x, { kind: 'r1' });
      return Math.min(near(got, want, 1e-13), near(byDefault, want.mul(10 / 3), 1e-13));
    },
  }),
  law({
    id: 'input-gradient-penalty/dirichlet-of-a-linear-map',
    statement: 'The Dirichlet energy of x -> W x + b is ||W||_F^2, wherever the samples lie.',
    cases: drawn((draw) => {
      const [n, d, out] = [draw.integer(1, 3), draw.integer(1, 3), draw.integer(1, 3)];
      return { w: draw.tensor([out, d]), b: draw.tensor([out]), x: draw.tensor([n, d]) };
    }),
    slack: ({ w, b, x }) => {
      const f = (rows: Tensor): Tensor => matmul(rows, transpose(w)).add(b);
      const want = sum(square(w));
      return Math.min(
        near(dirichletEnergy(f, x), want, 1e-13),
        near(functionGradientPenalty(f, x, { kind: 'dirichlet', lambda: 2 }), want.mul(2), 1e-13),
      );
    },
  }),
  law({
    id: 'input-gradient-penalty/ignored-rows',
    statement: 'Rows that the loss leaves out by ignoreIndex count as rows of weight 0 do.',
    cases: drawn((draw) => {
      const step = smallStep(draw);
      const kept = someRows(draw, step.context.batch.x.shape[0]!);
      return { ...withIgnoredRows(step, kept), lambda: real(draw, 0.1, 1) };
    }),
    slack: ({ ignoring, weighing, lambda }) =>
      near(
        inputGradientTerm({ lambda, ignoreIndex: -1 })(ignoring),
        inputGradientTerm({ lambda })(weighing),
        1e-13,
      ),
    effort: 0.1,
  }),
  law({
    id: 'input-gradient-penalty/lipschitz-bounds',
    statement:
      'The largest Jacobian is at most the product of the spectral norms, and so is every difference quotient; for one linear layer both are the constant.',
    cases: drawn((draw) => ({ ...smallNetwork(draw), other: draw.tensor([3, 3]) })),
    slack: ({ p, act, x, other }) => {
      const f = (rows: Tensor): Tensor => smallForward(p, act, rows);
      const { lower, upper } = lipschitzEstimate(f, x, { weights: [p.w1, p.w2] });
      const linear = lipschitzEstimate((rows) => matmul(rows, transpose(p.w1)), x, {
        weights: [p.w1],
      });
      const [a, b] = [slice(x, [{ stop: 1 }]), slice(other, [{ stop: 1 }, { stop: x.shape[1]! }])];
      const run = norm(a.sub(b)).item();
      const alone = Array.from({ length: x.shape[0]! }, (_, i) => {
        const row = slice(x, [{ start: i, stop: i + 1 }]);
        return lipschitzEstimate(f, row, { weights: [p.w1] }).lower.item();
      });
      return Math.min(
        near(lower, Math.max(...alone), 1e-12),
        atMost(lower, upper, 1e-9),
        atMost(norm(f(a).sub(f(b))).item(), upper.item() * run + 1e-12, 1e-9),
        near(linear.lower, linear.upper, 1e-9),
      );
    },
    effort: 0.25,
  }),
  ...(['r1', 'dirichlet'] as const).map((kind) =>
    innerWeightsLaw(`input-gradient-penalty/${kind}`, (forward, x, lambda) =>
      functionGradientPenalty((rows) => sum(forward(rows), { axis: 1 }), x, { kind, lambda }),
    ),
  ),
  innerWeightsLaw('input-gradient-penalty/wgan-gp', (forward, x, lambda) =>
    functionGradientPenalty((rows) => sum(forward(rows), { axis: 1 }), x, {
      kind: 'wgan-gp',
      lambda,
      fake: zerosLike(x),
      key: random.key(0),
    }),
  ),
  innerWeightsLaw('input-gradient-penalty', (forward, x, lambda) =>
    inputGradientPenalty((rows) => sum(square(forward(rows)), { axis: 1 }), x, { lambda }),
  ),
  recipeLaw(inputGradientPenaltyMethod, (_model, { lambda }, step) =>
    inputGradientTerm({ lambda: lambda! })(step),
  ),
  law({
    id: 'input-gradient-penalty/training-through-a-step',
    statement:
      'Without weights of rows the term is the penalty of the losses of the rows; its derivative with respect to the parameters is, too.',
    cases: drawn((draw) => ({ x: draw.tensor([3, 2]), seed: draw.integer(0, 1000) })),
    slack: ({ x, seed }) => {
      const model = mlp([2, 3, 2], { seed, activation: 'tanh', dtype: 'float64' });
      const losses = (rows: Tensor): Tensor => {
        const output = model.forward(rows);
        return mean(output.mul(output).add(output), { axis: 1 });
      };
      const both = [
        () => inputGradientTerm({ lambda: 1 })(activationStep(model, x, { seed })),
        () => inputGradientPenalty(losses, x, { lambda: 1 }),
      ].map((f) =>
        valueAndGrad(f, { createGraph: false, unreached: 'zeros' })(model.namedParameters()),
      );
      const [[got, slopes], [want, wanted]] = [both[0]!, both[1]!];
      return Math.min(
        near(got, want, 1e-12),
        ...Object.keys(wanted).map((name) => near(slopes[name]!, wanted[name]!, 1e-11)),
      );
    },
    effort: 0.1,
  }),
];

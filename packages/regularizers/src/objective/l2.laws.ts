import { drawn, type Law, law } from '@tikhonov/check';
import {
  abs,
  add,
  Cell,
  eye,
  grad,
  linalg,
  matmul,
  mul,
  norm,
  singularValues,
  square,
  sum,
  type Tensor,
  tensor,
  transpose,
  zerosLike,
} from '@tikhonov/core';
import { mlp, spectralNormalization, weightNorm, weightStandardization } from '@tikhonov/nn';
import { parametersOf, real } from '../laws/draws.ts';
import { filterLaw } from '../laws/filter.ts';
import { heldStrengthsLaw } from '../laws/held-strengths.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, exactly, holds, near, withinUlps } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { runSgd } from '../laws/training.ts';
import { zeroStrengthLaw } from '../laws/zero-strength.ts';
import { frobeniusNorm, gaussianPrior, l2, l2Method, proxL2 } from './l2.ts';
import { spectralNormValue } from './spectral-norm.ts';

/** What L2 regularization promises. */
export const l2Laws: readonly Law[] = [
  law({
    id: 'l2/gradient',
    statement:
      'The gradient of lambda sum w^2 is 2 lambda w, and lambda w with half, to the last bit.',
    cases: drawn((draw) => ({
      params: parametersOf(draw),
      lambda: real(draw, 0, 2),
      half: draw.pick([true, false]),
    })),
    slack: ({ params, lambda, half }) => {
      const gradients = grad((ws: readonly (typeof params)[number][]) => l2(ws, { lambda, half }))(
        params,
      );
      const factor = half ? 1 : 2;
      return Math.min(...params.map((w, i) => exactly(gradients[i]!, w.mul(lambda).mul(factor))));
    },
  }),
  law({
    id: 'l2/additive',
    statement:
      'The penalty of several tensors is the sum of their penalties: lambda sum over all w^2.',
    cases: drawn((draw) => ({ params: parametersOf(draw), lambda: real(draw, 0, 2) })),
    slack: ({ params, lambda }) => {
      const squares = params.flatMap((w) => Array.from(w.data(), (x) => x * x));
      const want = lambda * squares.reduce((a, b) => a + b, 0);
      // Only additions of non-negative numbers: the relative error is below their count in ulps.
      return withinUlps(l2(params, { lambda }), want, squares.length + 4);
    },
  }),
  law({
    id: 'l2/norm-sandwich',
    statement: 'Spectral and Frobenius norm: ||W||_2 <= ||W||_F <= sqrt(rank W) ||W||_2.',
    cases: drawn((draw) => {
      const [n, rank, m] = [draw.integer(1, 5), draw.integer(1, 3), draw.integer(1, 5)];
      return { w: matmul(draw.tensor([n, rank]), draw.tensor([rank, m])) };
    }),
    slack: ({ w }) => {
      const sigmas = singularValues(w);
      const rank = sigmas.filter((sigma) => sigma > 1e-10 * sigmas[0]!).length;
      const [spectral, frobenius] = [spectralNormValue(w), frobeniusNorm(w)];
      return Math.min(
        atMost(spectral, frobenius),
        atMost(frobenius, Math.sqrt(rank) * spectral, 1e-9),
      );
    },
  }),
  law({
    id: 'l2/stretch',
    statement:
      'No vector is stretched more than the norms say: ||W x|| <= ||W||_2 ||x|| <= ||W||_F ||x||.',
    cases: drawn((draw) => {
      const [n, m] = [draw.integer(1, 5), draw.integer(1, 5)];
      return { w: draw.tensor([n, m]), x: draw.tensor([m]) };
    }),
    slack: ({ w, x }) => {
      const length = norm(x).item();
      const [stretched, bound] = [norm(matmul(w, x)), spectralNormValue(w) * length];
      return Math.min(atMost(stretched, bound), atMost(bound, frobeniusNorm(w).item() * length));
    },
  }),
  law({
    id: 'l2/sgd-is-weight-decay',
    statement:
      "A step of plain SGD on L + lambda sum w^2 is (1 - 2 lr lambda) w - lr grad L: weight decay. It is SGD's weightDecay = 2 lambda.",
    cases: drawn((draw) => {
      const shape = draw.shape({ minSize: 1 });
      return {
        w: draw.tensor(shape),
        g: draw.tensor(shape),
        lr: real(draw, 0.01, 0.5),
        lambda: real(draw, 0, 1),
      };
    }),
    slack: ({ w, g, lr, lambda }) => {
      const data = (p: Cell) => sum(mul(g, p.read()));
      const [penalised] = runSgd(w, (p) => add(data(p), l2(p, { lambda })), 1, { lr });
      const [decayed] = runSgd(w, data, 1, { lr, weightDecay: 2 * lambda });
      const want = w.mul(1 - 2 * lr * lambda).sub(g.mul(lr));
      // Values stay below 3 + 0.5 * (3 + 2 * 3) < 8; a handful of roundings of that size.
      return Math.min(withinUlps(penalised!, decayed!, 1, 4), withinUlps(penalised!, want, 4, 4));
    },
  }),
  law({
    id: 'l2/momentum-remembers-the-penalty',
    statement:
      'Under SGD with momentum m, L2 and decoupled decay part at the second step, by exactly lr m 2 lambda w0.',
    cases: drawn((draw) => {
      const n = draw.integer(1, 4);
      return {
        w: draw.tensor([n], { avoid: [0] }),
        g: draw.tensor([n]),
        lr: real(draw, 0.05, 0.5),
        momentum: real(draw, 0.1, 0.95),
        lambda: real(draw, 0.05, 1),
      };
    }),
    slack: ({ w, g, lr, momentum, lambda }) => {
      const data = (p: Cell) => sum(mul(g, p.read()));
      const options = { lr, momentum };
      const coupled = runSgd(w, (p) => add(data(p), l2(p, { lambda })), 2, options);
      const decoupled = runSgd(w, data, 2, options, (p) => p.mul(1 - 2 * lr * lambda));
      const gap = decoupled[1]!.sub(coupled[1]!);
      return Math.min(
        near(coupled[0]!, decoupled[0]!, 1e-14),
        near(gap, w.mul(2 * lr * momentum * lambda), 1e-14),
      );
    },
  }),
  law({
    id: 'l2/gaussian-prior',
    statement:
      '-log N(w; 0, sigma^2 I) is L2 with lambda = 1/(2 sigma^2) plus (d/2) log(2 pi sigma^2), whatever w is.',
    cases: drawn((draw) => ({ w: draw.tensor(draw.shape()), sigma: real(draw, 0.1, 3) })),
    slack: ({ w, sigma }) => {
      const energy = l2(w, { lambda: 1 / (2 * sigma ** 2) }).item();
      const constant = (w.size / 2) * Math.log(2 * Math.PI * sigma ** 2);
      // Relative to the parts, which may cancel.
      const scale = 1 + energy + Math.abs(constant);
      return near(gaussianPrior(w, { sigma }).item() / scale, (energy + constant) / scale, 1e-14);
    },
  }),
  law({
    id: 'l2/ridge-is-the-posterior-mean',
    statement:
      'For linear regression with noise s and prior sigma the posterior mean makes the summed likelihood plus gaussianPrior flat, and the mean squared error plus L2 with lambda = s^2 / (N sigma^2).',
    cases: drawn((draw) => {
      const [n, d] = [draw.integer(1, 5), draw.integer(1, 3)];
      return {
        x: draw.tensor([n, d]),
        y: draw.tensor([n]),
        noise: real(draw, 0.3, 2),
        sigma: real(draw, 0.3, 2),
      };
    }),
    slack: ({ x, y, noise, sigma }) => {
      const [n, d] = x.shape as [number, number];
      const precision = matmul(transpose(x), x)
        .div(noise ** 2)
        .add(eye(d, { dtype: 'float64' }).div(sigma ** 2));
      const pull = matmul(transpose(x), y).div(noise ** 2);
      const posterior = linalg.solve(precision, pull);
      const errors = (w: Tensor): Tensor => sum(square(matmul(x, w).sub(y)));
      const bayes = (w: Tensor): Tensor =>
        add(errors(w).div(2 * noise ** 2), gaussianPrior(w, { sigma }));
      const lambda = noise ** 2 / (n * sigma ** 2);
      const ridge = (w: Tensor): Tensor => add(errors(w).div(n), l2(w, { lambda }));
      // Sums that cancel: relative to their terms.
      const size = 1 + abs(pull).max().item() + norm(precision).item() * norm(posterior).item();
      return Math.min(
        ...[bayes, ridge].map((loss) =>
          near(grad(loss)(posterior).div(size), zerosLike(pull), 1e-12),
        ),
      );
    },
  }),
  law({
    id: 'l2/frobenius-gradient',
    statement: 'The gradient of the Frobenius norm is W / ||W||_F, and 0 at W = 0.',
    cases: drawn((draw) => ({
      w: draw.tensor(draw.shape({ minSize: 1 }), { avoid: [0] }),
      zero: draw.pick([true, false]),
    })),
    slack: ({ w, zero }) => {
      const x = zero ? zerosLike(w) : w;
      const want = zero ? x : w.div(Math.hypot(...w.data()));
      return near(grad((at: Tensor) => frobeniusNorm(at))(x), want, 1e-14);
    },
  }),
  law({
    id: 'l2/proximal-map',
    statement: 'v / (1 + 2 step lambda) is where (u - v)^2 / 2 + step lambda u^2 is flat in u.',
    cases: drawn((draw) => ({
      v: draw.tensor(draw.shape()),
      lambda: real(draw, 0, 2),
      step: real(draw, 0, 2),
    })),
    slack: ({ v, lambda, step }) => {
      const u = proxL2(v, { lambda, step });
      const slope = grad((x: typeof v) =>
        add(l2(x, { lambda: step * lambda }), l2(x.sub(v), { lambda: 0.5 })),
      );
      return near(slope(u), v.mul(0), 1e-14);
    },
  }),
  zeroStrengthLaw('l2', (ws, lambda) => l2(ws, { lambda })),
  law({
    id: 'l2/networks',
    statement:
      'Of a network it is that of the weights that its layers see, reparametrized or not, and not of biases.',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 1000),
      how: draw.pick(['plain', 'normalized', 'standardized', 'spectral'] as const),
      lambda: real(draw, 0.1, 2),
    })),
    slack: ({ seed, how, lambda }) => {
      const model = mlp([2, 3, 2], { seed, dtype: 'float64' });
      for (const p of model.parameters()) p.write(p.read().add(0.5));
      if (how === 'normalized') weightNorm(model);
      if (how === 'standardized') weightStandardization(model);
      if (how === 'spectral') spectralNormalization(model);
      const weights = model.layers.map(({ weight }) => weight.read());
      const want = weights.reduce((total, w) => total + sum(square(w)).item(), 0) * lambda;
      const names: string[] = [];
      l2(model, { lambda, filter: (name) => names.push(name) > 0 });
      return Math.min(
        near(l2(model, { lambda }), want, 1e-13),
        holds(names.includes('layers.1.weight') && names.length === 4),
      );
    },
    effort: 0.5,
  }),
  recipeLaw(l2Method, (model, { lambda }) => l2(model, { lambda: lambda! })),
  heldStrengthsLaw('l2', 'Strengths, deviations and steps', (w, a, step) => [
    l2(w, { lambda: a }),
    gaussianPrior(w, { sigma: a }),
    proxL2(w, { lambda: a, step }),
  ]),
  filterLaw('l2', (params, options) =>
    l2(params, { ...options, lambda: 2 }).add(gaussianPrior(params, { ...options, sigma: 0.5 })),
  ),
  law({
    id: 'l2/derivative-of-the-strength',
    statement: 'The derivative with respect to a strength that is a tensor is the sum of squares.',
    cases: drawn((draw) => ({ w: draw.tensor([2, 2]), lambda: draw.tensor([], { min: 0.1 }) })),
    slack: ({ w, lambda }) =>
      near(grad((strength: Tensor) => l2(w, { lambda: strength }))(lambda), sum(square(w)), 1e-14),
    effort: 0.2,
  }),
  law({
    id: 'l2/refused-strengths',
    statement: 'A strength that is negative or not finite is refused, as a number and in a cell.',
    cases: drawn((draw) => ({
      w: draw.tensor([2]),
      wrong: draw.pick([Infinity, -Infinity, Number.NaN, -1e-9]),
    })),
    slack: ({ w, wrong }) => {
      const held = new Cell(tensor(wrong, { dtype: 'float64' }));
      return Math.min(
        ...[wrong, held].map((lambda) =>
          holds(thrown(() => l2(w, { lambda })) instanceof RangeError),
        ),
      );
    },
    effort: 0.2,
  }),
];

import { drawn, type Law, law } from '@tikhonov/check';
import {
  abs,
  add,
  Cell,
  grad,
  matmul,
  maximum,
  minimum,
  mul,
  norm,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
  where,
  zerosLike,
} from '@tikhonov/core';
import * as optim from '@tikhonov/optim';
import { hardThreshold } from '@tikhonov/optim';
import { parametersOf, real, withZeros } from '../laws/draws.ts';
import { filterLaw } from '../laws/filter.ts';
import { heldStrengthsLaw } from '../laws/held-strengths.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, exactly, holds, near, withinUlps } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { runSgd } from '../laws/training.ts';
import { zeroStrengthLaw } from '../laws/zero-strength.ts';
import { proxElasticNet } from './elastic-net.ts';
import { l1, l1Method, laplacePrior, proxL1, softThreshold } from './l1.ts';
import { proxL2 } from './l2.ts';
import { spectralNormValue } from './spectral-norm.ts';

/** `(u - v)^2 / 2 + t |u|`, elementwise: what the soft threshold minimises. */
const proximalObjective = (u: Tensor, v: Tensor, t: number): Tensor =>
  add(mul(square(sub(u, v)), 0.5), mul(abs(u), t));

/** What L1 regularization promises. */
export const l1Laws: readonly Law[] = [
  law({
    id: 'l1/gradient',
    statement: 'The gradient of lambda sum |w| is lambda sign(w), and 0 at w = 0.',
    cases: drawn((draw) => ({
      params: withZeros(draw, parametersOf(draw)),
      lambda: real(draw, 0, 2),
    })),
    slack: ({ params, lambda }) => {
      const gradients = grad((ws: readonly Tensor[]) => l1(ws, { lambda }))(params);
      return Math.min(
        ...params.map((w, i) =>
          exactly(
            gradients[i]!,
            Array.from(w.data(), (x) => lambda * Math.sign(x)),
          ),
        ),
      );
    },
  }),
  law({
    id: 'l1/additive',
    statement: 'The penalty of several tensors is lambda times the sum of all |w|.',
    cases: drawn((draw) => ({ params: parametersOf(draw), lambda: real(draw, 0, 2) })),
    slack: ({ params, lambda }) => {
      const sizes = params.flatMap((w) => Array.from(w.data(), Math.abs));
      const want = lambda * sizes.reduce((a, b) => a + b, 0);
      return withinUlps(l1(params, { lambda }), want, sizes.length + 4);
    },
  }),
  law({
    id: 'l1/keeps-exact-zeros',
    statement:
      'A weight that is 0 and gets no gradient from the data stays exactly 0, under SGD and under the proximal step.',
    cases: drawn((draw) => {
      const n = draw.integer(1, 6);
      return {
        w: draw.tensor([n], { avoid: [0] }),
        kept: draw.booleans([n]),
        g: draw.tensor([n]),
        lr: real(draw, 0.01, 0.5),
        lambda: real(draw, 0.01, 1),
      };
    }),
    slack: ({ w, kept, g, lr, lambda }) => {
      const start = where(kept, w, 0);
      const pull = where(kept, g, 0);
      const steps = runSgd(start, (p) => add(sum(mul(pull, p.read())), l1(p, { lambda })), 3, {
        lr,
      });
      const proximal = proxL1(start.sub(pull.mul(lr)), { lambda, step: lr });
      const zeros = zerosLike(start);
      return Math.min(
        ...[...steps, proximal].map((after) => exactly(where(kept, 0, after), zeros)),
      );
    },
  }),
  law({
    id: 'l1/proximal-step-makes-zeros',
    statement:
      'The proximal step sets every weight to exactly 0 that is at most step lambda, and only those.',
    cases: drawn((draw) => ({
      v: draw.tensor(draw.shape()),
      lambda: real(draw, 0, 2),
      step: real(draw, 0, 1),
    })),
    slack: ({ v, lambda, step }) => {
      const isZero = Array.from(proxL1(v, { lambda, step }).data(), (u) => Number(u === 0));
      return exactly(
        isZero,
        Array.from(v.data(), (x) => Number(Math.abs(x) <= step * lambda)),
      );
    },
  }),
  law({
    id: 'l1/soft-threshold-minimises',
    statement: 'softThreshold(v, t) minimises (u - v)^2 / 2 + t |u|: no u on a grid does better.',
    cases: drawn((draw) => ({ v: real(draw, -3, 3), t: real(draw, 0, 2) })),
    slack: ({ v, t }) => {
      const grid = tensor(Float64Array.from({ length: 801 }, (_, i) => (i - 400) / 100));
      const target = tensor(v, { dtype: 'float64' });
      const best = proximalObjective(softThreshold(target, t), target, t);
      const others = proximalObjective(grid, target, t).min();
      // The minimum itself, in closed form, makes "no better" an equality.
      const minimum = Math.abs(v) <= t ? v ** 2 / 2 : t * Math.abs(v) - t ** 2 / 2;
      return Math.min(atMost(best, others), near(best, minimum, 1e-13));
    },
  }),
  law({
    id: 'l1/soft-threshold-is-optimal',
    statement:
      'Optimality: with u = softThreshold(v, t), v - u is t sign(u) where u is not 0, and within [-t, t] where it is.',
    cases: drawn((draw) => ({ v: draw.tensor(draw.shape()), t: real(draw, 0, 3) })),
    slack: ({ v, t }) => {
      const u = softThreshold(v, t).data();
      const slacks = Array.from(v.data(), (x, i) =>
        u[i] === 0
          ? atMost(Math.abs(x), t)
          : near(x - u[i]!, t * Math.sign(u[i]!), 1e-15) + Math.min(0, Math.sign(x) * u[i]!),
      );
      return Math.min(1, ...slacks);
    },
  }),
  law({
    id: 'l1/moreau',
    statement: "Moreau's identity: softThreshold(v, t) + clip(v, -t, t) = v.",
    cases: drawn((draw) => ({ v: draw.tensor(draw.shape()), t: real(draw, 0, 3) })),
    slack: ({ v, t }) => {
      const clipped = maximum(minimum(v, t), -t);
      return near(softThreshold(v, t).add(clipped), v, 1e-15);
    },
  }),
  law({
    id: 'l1/non-expansive',
    statement: 'The soft threshold brings points no further apart: ||S(a) - S(b)|| <= ||a - b||.',
    cases: drawn((draw) => {
      const n = draw.integer(1, 5);
      return { a: draw.tensor([n]), b: draw.tensor([n]), t: real(draw, 0, 3) };
    }),
    slack: ({ a, b, t }) =>
      atMost(norm(softThreshold(a, t).sub(softThreshold(b, t))), norm(a.sub(b))),
  }),
  law({
    id: 'l1/norms',
    statement: '||w||_2 <= ||w||_1 <= sqrt(d) ||w||_2 for d weights.',
    cases: drawn((draw) => ({ w: draw.tensor(draw.shape()) })),
    slack: ({ w }) => {
      const [one, two] = [l1(w, { lambda: 1 }).item(), norm(w).item()];
      return Math.min(atMost(two, one), atMost(one, Math.sqrt(w.size) * two));
    },
  }),
  law({
    id: 'l1/laplace-prior',
    statement: '-log Laplace(w; 0, b) is L1 with lambda = 1/b plus d log(2 b), whatever w is.',
    cases: drawn((draw) => ({ w: draw.tensor(draw.shape()), scale: real(draw, 0.1, 3) })),
    slack: ({ w, scale }) => {
      const energy = l1(w, { lambda: 1 / scale }).item();
      const constant = w.size * Math.log(2 * scale);
      const size = 1 + energy + Math.abs(constant);
      return near(laplacePrior(w, { scale }).item() / size, (energy + constant) / size, 1e-14);
    },
  }),
  law({
    id: 'l1/ista-descends',
    statement:
      'Proximal gradient steps of size 1 / ||A^T A||_2 never increase ||A w - y||^2 / 2 + lambda ||w||_1, and w stays 0 if lambda >= max |A^T y|.',
    cases: drawn((draw) => {
      const [n, d] = [draw.integer(1, 4), draw.integer(1, 4)];
      return {
        a: draw.tensor([n, d], { avoid: [0] }),
        y: draw.tensor([n]),
        w: draw.tensor([d]),
        lambda: real(draw, 0, 2),
      };
    }),
    slack: ({ a, y, w, lambda }) => {
      const step = 1 / spectralNormValue(a) ** 2;
      const gradientAt = (x: Tensor): Tensor => matmul(transpose(a), matmul(a, x).sub(y));
      const objective = (x: Tensor, strength: number): Tensor =>
        add(mul(sum(square(matmul(a, x).sub(y))), 0.5), l1(x, { lambda: strength }));
      // Near the optimum only rounding moves the objective: measured on the scale of the start.
      const scale = 1 + objective(w, lambda).item();
      let [x, slack] = [w, 1];
      for (let k = 0; k < 5; k++) {
        const next = proxL1(x.sub(gradientAt(x).mul(step)), { lambda, step });
        const [before, after] = [objective(x, lambda), objective(next, lambda)];
        slack = Math.min(slack, atMost(after.add(scale), before.add(scale), 1e-12));
        x = next;
      }
      const zero = zerosLike(w);
      const pull = gradientAt(zero);
      const large = abs(pull).max().item() * (1 + 1e-12);
      const stays = proxL1(zero.sub(pull.mul(step)), { lambda: large, step });
      return Math.min(slack, exactly(stays, zero));
    },
  }),
  zeroStrengthLaw('l1', (ws, lambda) => l1(ws, { lambda })),
  recipeLaw(l1Method, (model, { lambda }) => l1(model, { lambda: lambda! })),
  heldStrengthsLaw('l1', 'Strengths, scales and steps', (w, a, step) => [
    l1(w, { lambda: a }),
    laplacePrior(w, { scale: a }),
    proxL1(w, { lambda: a, step }),
  ]),
  law({
    id: 'l1/refused-strengths',
    statement:
      'Negative strengths, and those that are not finite, are refused, as numbers and in cells.',
    cases: drawn((draw) => ({
      bad: draw.pick([-1, -1e-300, Number.NaN, Infinity, -Infinity]),
      held: draw.pick([true, false]),
    })),
    slack: ({ bad, held }) => {
      const lambda = held ? new Cell(tensor(bad, { dtype: 'float64' })) : bad;
      return holds(thrown(() => l1(tensor([1]), { lambda })) instanceof RangeError);
    },
    effort: 0.2,
  }),
  law({
    id: 'l1/refused-thresholds',
    statement:
      'Thresholds below 0 and NaN are refused, as numbers, in tensors and in cells, and so are such steps of the operators.',
    cases: drawn((draw) => ({
      v: draw.tensor([2]),
      bad: draw.pick([-1e-300, Number.NaN, -Infinity, real(draw, -2, -0.1)]),
    })),
    slack: ({ v, bad }) => {
      const held = tensor(bad, { dtype: 'float64' });
      const row = tensor([1, bad], { dtype: 'float64' });
      const calls = [bad, held, row, new Cell(held)].flatMap((t) => [
        () => softThreshold(v, t),
        () => hardThreshold(v, t),
      ]);
      const operators = [optim.proxL1, optim.proxL2, optim.proxL0, optim.proxGroupLasso];
      calls.push(...operators.map((make) => () => make(1)(v, held)));
      calls.push(...[bad, held].map((step) => () => proxL1(v, { lambda: 1, step })));
      return Math.min(...calls.map((call) => holds(thrown(call) instanceof RangeError)));
    },
    effort: 0.2,
  }),
  law({
    id: 'l1/operator-and-map',
    statement:
      'The operator that optimizers take, given the step, is the map: proxL1, and likewise those of L2 and the elastic net.',
    cases: drawn((draw) => ({
      v: draw.tensor(draw.shape()),
      lambda1: real(draw, 0, 2),
      lambda2: real(draw, 0, 2),
      step: real(draw, 0, 2),
    })),
    slack: ({ v, lambda1, lambda2, step }) => {
      const now = tensor(step, { dtype: 'float64' });
      const both = { lambda1, lambda2 };
      return Math.min(
        near(optim.proxL1(lambda1)(v, now), proxL1(v, { lambda: lambda1, step }), 1e-14),
        near(optim.proxL2(lambda2)(v, now), proxL2(v, { lambda: lambda2, step }), 1e-14),
        near(optim.proxElasticNet(both)(v, now), proxElasticNet(v, { ...both, step }), 1e-14),
      );
    },
    effort: 0.5,
  }),
  filterLaw('l1', (params, options) =>
    l1(params, { ...options, lambda: 2 }).add(laplacePrior(params, { ...options, scale: 0.5 })),
  ),
];

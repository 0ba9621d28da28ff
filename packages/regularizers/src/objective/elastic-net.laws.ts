import { drawn, type Law, law } from '@tikhonov/check';
import {
  Cell,
  concat,
  eye,
  grad,
  matmul,
  square,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '@tikhonov/core';
import { parametersOf, real, withZeros } from '../laws/draws.ts';
import { filterLaw } from '../laws/filter.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { zeroStrengthLaw } from '../laws/zero-strength.ts';
import { elasticNet, elasticNetMethod, proxElasticNet } from './elastic-net.ts';
import { l1 } from './l1.ts';
import { l2 } from './l2.ts';

/** What the elastic net promises. */
export const elasticNetLaws: readonly Law[] = [
  law({
    id: 'elastic-net/sum-of-both',
    statement:
      'Value and gradient are those of L1 plus those of L2, and a strength of 0 leaves the other.',
    cases: drawn((draw) => ({
      params: withZeros(draw, parametersOf(draw)),
      lambda1: draw.pick([0, real(draw, 0, 2)]),
      lambda2: draw.pick([0, real(draw, 0, 2)]),
    })),
    slack: ({ params, lambda1, lambda2 }) => {
      const net = (ws: readonly Tensor[]): Tensor => elasticNet(ws, { lambda1, lambda2 });
      const value = l1(params, { lambda: lambda1 }).item() + l2(params, { lambda: lambda2 }).item();
      const gradients = grad(net)(params);
      const want = (x: number): number => lambda1 * Math.sign(x) + 2 * lambda2 * x;
      return Math.min(
        exactly(net(params), value),
        ...params.map((w, i) => near(gradients[i]!, Array.from(w.data(), want), 1e-15)),
      );
    },
  }),
  law({
    id: 'elastic-net/parametrisations',
    statement:
      'alpha and l1Ratio mean lambda1 = alpha l1Ratio and lambda2 = alpha (1 - l1Ratio) / 2.',
    cases: drawn((draw) => ({
      params: parametersOf(draw),
      alpha: real(draw, 0, 2),
      l1Ratio: draw.pick([0, 1, real(draw, 0, 1)]),
    })),
    slack: ({ params, alpha, l1Ratio }) => {
      const lambda1 = alpha * l1Ratio;
      const lambda2 = (alpha * (1 - l1Ratio)) / 2;
      const want = elasticNet(params, { lambda1, lambda2 });
      return near(elasticNet(params, { alpha, l1Ratio }), want, 1e-14);
    },
  }),
  law({
    id: 'elastic-net/lasso-on-more-data',
    statement:
      'It is the lasso on data with rows sqrt(lambda2) I and targets 0 added: ||y - X w||^2 plus both penalties is the squared error on all rows plus L1.',
    cases: drawn((draw) => {
      const [n, d] = [draw.integer(1, 4), draw.integer(1, 4)];
      return {
        x: draw.tensor([n, d]),
        y: draw.tensor([n]),
        w: draw.tensor([d]),
        lambda1: real(draw, 0, 2),
        lambda2: real(draw, 0, 2),
      };
    }),
    slack: ({ x, y, w, lambda1, lambda2 }) => {
      const d = w.size;
      const rows = concat([x, eye(d, { dtype: 'float64' }).mul(Math.sqrt(lambda2))], { axis: 0 });
      const targets = concat([y, zeros([d], { dtype: 'float64' })], { axis: 0 });
      const errors = (a: Tensor, b: Tensor): Tensor => sum(square(matmul(a, w).sub(b)));
      return near(
        errors(x, y).add(elasticNet(w, { lambda1, lambda2 })),
        errors(rows, targets).add(l1(w, { lambda: lambda1 })),
        1e-13,
      );
    },
  }),
  law({
    id: 'elastic-net/default-share',
    statement: 'Without l1Ratio half of alpha goes to L1 and a quarter to the squares.',
    cases: drawn((draw) => ({ w: draw.tensor(draw.shape()), alpha: real(draw, 0, 2) })),
    slack: ({ w, alpha }) =>
      near(
        elasticNet(w, { alpha }),
        l1(w, { lambda: alpha / 2 }).item() + l2(w, { lambda: alpha / 4 }).item(),
        1e-14,
      ),
  }),
  law({
    id: 'elastic-net/proximal-map-minimises',
    statement:
      'The proximal map minimises (u - v)^2 / 2 + step (lambda1 |u| + lambda2 u^2): no u on a grid, nor any near it, does better.',
    cases: drawn((draw) => ({
      v: real(draw, -3, 3),
      lambda1: real(draw, 0, 2),
      lambda2: real(draw, 0, 2),
      step: real(draw, 0, 1),
    })),
    slack: ({ v, lambda1, lambda2, step }) => {
      const objective = (u: number): number =>
        (u - v) ** 2 / 2 + step * (lambda1 * Math.abs(u) + lambda2 * u ** 2);
      const target = tensor(v, { dtype: 'float64' });
      const best = proxElasticNet(target, { lambda1, lambda2, step }).item();
      const near = [1e-3, 1e-4, 1e-5].flatMap((h) => [best - h, best + h]);
      const grid = Array.from({ length: 601 }, (_, i) => (i - 300) / 100);
      return Math.min(
        ...[...near, ...grid].map((u) => atMost(objective(best), objective(u), 1e-12)),
      );
    },
  }),
  zeroStrengthLaw('elastic-net', (ws, zero) => elasticNet(ws, { lambda1: zero, lambda2: zero })),
  recipeLaw(elasticNetMethod, (model, { lambda1, lambda2 }) =>
    elasticNet(model, { lambda1: lambda1!, lambda2: lambda2! }),
  ),
  law({
    id: 'elastic-net/strengths-in-cells',
    statement: 'Strengths in cells do what the same numbers do, shared out or not.',
    cases: drawn((draw) => ({
      w: draw.tensor(draw.shape()),
      alpha: real(draw, 0.1, 2),
      l1Ratio: real(draw, 0, 1),
    })),
    slack: ({ w, alpha, l1Ratio }) => {
      const held = new Cell(tensor(alpha, { dtype: 'float64' }));
      const ratio = tensor(l1Ratio, { dtype: 'float64' });
      const want = elasticNet(w, { alpha, l1Ratio });
      return Math.min(
        ...[alpha, held].flatMap((strength) => [
          near(elasticNet(w, { alpha: strength, l1Ratio }), want, 1e-13),
          near(elasticNet(w, { alpha: strength, l1Ratio: ratio }), want, 1e-13),
        ]),
        near(
          elasticNet(w, { lambda1: held, lambda2: held }),
          elasticNet(w, { lambda1: alpha, lambda2: alpha }),
          1e-13,
        ),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'elastic-net/share-in-a-cell',
    statement:
      'A share in a cell counts as it is now, with 0 and 1 as well; one outside [0, 1] is refused, as a number is.',
    cases: drawn((draw) => ({
      w: draw.tensor(draw.shape({ minSize: 1 })),
      alpha: real(draw, 0.1, 2),
      shares: [0, real(draw, 0, 1), 1],
      wrong: draw.pick([-1e-9, 1 + 1e-9, Number.NaN, real(draw, 2, 9)]),
    })),
    slack: ({ w, alpha, shares, wrong }) => {
      const l1Ratio = new Cell(tensor(0.5, { dtype: 'float64' }));
      const at = (share: number): Tensor => {
        l1Ratio.write(tensor(share, { dtype: 'float64' }));
        return elasticNet(w, { alpha, l1Ratio });
      };
      return Math.min(
        ...shares.map((share) => near(at(share), elasticNet(w, { alpha, l1Ratio: share }), 1e-13)),
        holds(String(thrown(() => at(wrong))).startsWith('RangeError: elasticNet: l1Ratio')),
        holds(thrown(() => elasticNet(w, { alpha, l1Ratio: wrong })) instanceof RangeError),
      );
    },
    effort: 0.3,
  }),
  filterLaw('elastic-net', (params, options) =>
    elasticNet(params, { ...options, lambda1: 2, lambda2: 3 }),
  ),
];

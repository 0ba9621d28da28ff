import { drawn, type Law, law } from '@tikhonov/check';
import { abs, add, grad, sum, type Tensor, tensor } from '@tikhonov/core';
import { parametersOf, real, withZeros } from '../laws/draws.ts';
import { filterLaw } from '../laws/filter.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, exactly, near } from '../laws/slack.ts';
import { zeroStrengthLaw } from '../laws/zero-strength.ts';
import { bridge, bridgeMethod } from './bridge.ts';
import { l1 } from './l1.ts';
import { l2 } from './l2.ts';

const valuesOf = (params: readonly Tensor[]): number[] => params.flatMap((w) => [...w.data()]);

/** What the bridge penalty promises. */
export const bridgeLaws: readonly Law[] = [
  law({
    id: 'bridge/value',
    statement: 'The value is lambda sum |w|^p, with eps lambda sum (w^2 + eps^2)^(p/2).',
    cases: drawn((draw) => ({
      params: withZeros(draw, parametersOf(draw)),
      lambda: real(draw, 0, 2),
      p: draw.pick([0.3, 0.5, 1, 1.5, 2, 3, 4]),
      eps: draw.pick([0, 0.5]),
    })),
    slack: ({ params, lambda, p, eps }) => {
      const want = valuesOf(params).reduce((total, x) => total + Math.hypot(x, eps) ** p, 0);
      return near(bridge(params, { lambda, p, eps }), lambda * want, 1e-13);
    },
  }),
  law({
    id: 'bridge/gradient',
    statement: 'The gradient is lambda p |w|^(p-1) sign(w), and 0 at w = 0, also where p < 1.',
    cases: drawn((draw) => {
      const shape = draw.shape();
      return {
        w: withZeros(draw, [draw.tensor(shape, { avoid: [0] })])[0]!,
        lambda: real(draw, 0, 2),
        p: draw.pick([0.3, 0.5, 1, 1.5, 2, 3, 4]),
      };
    }),
    slack: ({ w, lambda, p }) => {
      const slope = grad((x: Tensor) => bridge(x, { lambda, p }))(w);
      const want = Array.from(w.data(), (x) =>
        x === 0 ? 0 : lambda * p * Math.abs(x) ** (p - 1) * Math.sign(x),
      );
      return near(slope, want, 1e-13);
    },
  }),
  law({
    id: 'bridge/between-l1-and-l2',
    statement: 'p = 1 is L1 and p = 2 is L2, values and gradients.',
    cases: drawn((draw) => ({
      w: withZeros(draw, [draw.tensor(draw.shape())])[0]!,
      lambda: real(draw, 0, 2),
    })),
    slack: ({ w, lambda }) => {
      const pairs = [
        [(x: Tensor) => bridge(x, { lambda, p: 1 }), (x: Tensor) => l1(x, { lambda })],
        [(x: Tensor) => bridge(x, { lambda, p: 2 }), (x: Tensor) => l2(x, { lambda })],
      ] as const;
      return Math.min(
        ...pairs.map(([ours, theirs]) =>
          Math.min(near(ours(w), theirs(w), 1e-14), near(grad(ours)(w), grad(theirs)(w), 1e-14)),
        ),
      );
    },
  }),
  law({
    id: 'bridge/homogeneous',
    statement: 'Weights c times as large are penalised |c|^p times as much.',
    cases: drawn((draw) => ({
      w: draw.tensor(draw.shape()),
      c: real(draw, -3, 3),
      p: draw.pick([0.5, 1, 1.5, 2, 3]),
    })),
    slack: ({ w, c, p }) => {
      const at = (x: Tensor): number => bridge(x, { lambda: 1, p }).item();
      return near(at(w.mul(c)), Math.abs(c) ** p * at(w), 1e-13);
    },
  }),
  law({
    id: 'bridge/counts-in-the-limit',
    statement:
      'As p goes to 0 it counts the weights that are not 0: at p = 0.0001 it differs from their number by at most p |log|w|| each.',
    cases: drawn((draw) => ({
      w: withZeros(draw, [draw.tensor(draw.shape(), { avoid: [0] })])[0]!,
    })),
    slack: ({ w }) => {
      const p = 1e-4;
      const present = [...w.data()].filter((x) => x !== 0);
      const logarithms = present.reduce((total, x) => total + Math.abs(Math.log(Math.abs(x))), 0);
      const off = Math.abs(bridge(w, { lambda: 1, p }).item() - present.length);
      // |e^t - 1| <= |t| e^|t|, and |t| < 1e-3.
      return atMost(off, 1.01 * p * logarithms + 1e-12, 1e-12);
    },
  }),
  law({
    id: 'bridge/sums',
    statement:
      'For p <= 1 two weights cost at least as much as their sum, |a + b|^p <= |a|^p + |b|^p: that is what makes sparse. For p >= 1 it is convex.',
    cases: drawn((draw) => ({ a: real(draw, -3, 3), b: real(draw, -3, 3), p: real(draw, 0.1, 3) })),
    slack: ({ a, b, p }) => {
      const at = (...values: number[]): number =>
        bridge(tensor(Float64Array.from(values)), { lambda: 1, p }).item();
      return Math.min(
        p <= 1 ? atMost(at(a + b), at(a, b), 1e-12) : 1,
        p >= 1 ? atMost(at((a + b) / 2), at(a, b) / 2, 1e-12) : 1,
      );
    },
  }),
  law({
    id: 'bridge/rounded-slope',
    statement: 'With eps and p < 1 no slope exceeds lambda p eps^(p-1), and at 0 it is 0.',
    cases: drawn((draw) => ({
      w: add(withZeros(draw, [draw.tensor([draw.integer(1, 5)])])[0]!, 0),
      size: draw.pick([1, 1e-3, 1e-9]),
      p: real(draw, 0.1, 1),
      eps: real(draw, 0.001, 1),
    })),
    slack: ({ w, size, p, eps }) => {
      const slope = grad((x: Tensor) => bridge(x, { lambda: 1, p, eps }))(w.mul(size));
      const atZero = grad((x: Tensor) => sum(abs(x)).add(bridge(x, { lambda: 1, p, eps })))(
        w.mul(0),
      );
      return Math.min(
        atMost(abs(slope).max(), p * eps ** (p - 1), 1e-12),
        exactly(atZero, w.mul(0)),
      );
    },
  }),
  zeroStrengthLaw('bridge', (ws, lambda) =>
    add(bridge(ws, { lambda, p: 0.5 }), bridge(ws, { lambda, p: 3, eps: 0.1 })),
  ),
  recipeLaw(bridgeMethod, (model, { lambda, p }) =>
    bridge(model, { lambda: lambda!, p: p!, eps: 1e-3 }),
  ),
  filterLaw('bridge', (params, options) => bridge(params, { ...options, lambda: 2, p: 1.5 })),
];

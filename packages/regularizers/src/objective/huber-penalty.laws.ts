import { drawn, type Law, law } from '@tikhonov/check';
import { abs, add, clamp, grad, mul, square, sub, sum, type Tensor } from '@tikhonov/core';
import { parametersOf, real, withZeros } from '../laws/draws.ts';
import { filterLaw } from '../laws/filter.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, exactly, near } from '../laws/slack.ts';
import { zeroStrengthLaw } from '../laws/zero-strength.ts';
import { huberPenalty, huberPenaltyMethod, smoothL1Penalty } from './huber-penalty.ts';
import { l1, softThreshold } from './l1.ts';
import { l2 } from './l2.ts';

/** What the Huber penalty promises. */
export const huberPenaltyLaws: readonly Law[] = [
  law({
    id: 'huber-penalty/value',
    statement:
      'A weight costs lambda w^2 / 2 up to |w| = delta and lambda delta (|w| - delta / 2) beyond; delta is 1 by default.',
    cases: drawn((draw) => ({
      params: withZeros(draw, parametersOf(draw)),
      lambda: real(draw, 0, 2),
      delta: draw.pick([undefined, real(draw, 0.1, 3)]),
    })),
    slack: ({ params, lambda, delta }) => {
      const d = delta ?? 1;
      const cost = (x: number): number =>
        Math.abs(x) <= d ? (x * x) / 2 : d * (Math.abs(x) - d / 2);
      const want = params.flatMap((w) => [...w.data()]).reduce((total, x) => total + cost(x), 0);
      const options = delta === undefined ? { lambda } : { lambda, delta };
      return near(huberPenalty(params, options), lambda * want, 1e-13);
    },
  }),
  law({
    id: 'huber-penalty/gradient',
    statement: 'The gradient is lambda clip(w, -delta, delta).',
    cases: drawn((draw) => ({
      w: draw.tensor(draw.shape()),
      lambda: real(draw, 0, 2),
      delta: real(draw, 0.1, 3),
    })),
    slack: ({ w, lambda, delta }) =>
      near(
        grad((x: Tensor) => huberPenalty(x, { lambda, delta }))(w),
        clamp(w, { min: -delta, max: delta }).mul(lambda),
        1e-14,
      ),
  }),
  law({
    id: 'huber-penalty/envelope',
    statement:
      'It is the least of (u - w)^2 / 2 + delta |u| over u, taken at the soft threshold of w: the Moreau envelope of L1.',
    cases: drawn((draw) => {
      const shape = draw.shape();
      return { w: draw.tensor(shape), other: draw.tensor(shape), delta: real(draw, 0.1, 3) };
    }),
    slack: ({ w, other, delta }) => {
      const objective = (u: Tensor): Tensor =>
        sum(add(mul(square(sub(u, w)), 0.5), mul(abs(u), delta)));
      const value = huberPenalty(w, { lambda: 1, delta });
      return Math.min(
        near(value, objective(softThreshold(w, delta)), 1e-13),
        atMost(value, objective(other), 1e-12),
      );
    },
  }),
  law({
    id: 'huber-penalty/between-l1-and-l2',
    statement:
      'It is at most half of L2, and equal to it if delta exceeds all weights; it is at most delta times L1.',
    cases: drawn((draw) => ({ w: draw.tensor(draw.shape()), delta: real(draw, 0.1, 3) })),
    slack: ({ w, delta }) => {
      const value = huberPenalty(w, { lambda: 1, delta });
      return Math.min(
        atMost(value, l2(w, { lambda: 0.5 })),
        atMost(value, l1(w, { lambda: delta })),
        near(huberPenalty(w, { lambda: 1, delta: 3.5 }), l2(w, { lambda: 0.5 }), 1e-14),
      );
    },
  }),
  law({
    id: 'huber-penalty/smooth-l1',
    statement:
      'smoothL1Penalty is the Huber penalty divided by its beta; it is below L1, by at most beta / 2 per weight.',
    cases: drawn((draw) => ({
      w: draw.tensor(draw.shape()),
      lambda: real(draw, 0, 2),
      beta: draw.pick([real(draw, 0.1, 3), 1e-6]),
    })),
    slack: ({ w, lambda, beta }) => {
      const value = smoothL1Penalty(w, { lambda, beta }).item();
      const plain = l1(w, { lambda }).item();
      return Math.min(
        near(value, huberPenalty(w, { lambda, delta: beta }).item() / beta, 1e-13),
        atMost(value, plain),
        atMost(plain, value + (lambda * beta * w.size) / 2),
      );
    },
  }),
  law({
    id: 'huber-penalty/convex',
    statement: 'It is convex: the value halfway between two points is at most the mean of theirs.',
    cases: drawn((draw) => {
      const shape = draw.shape();
      return { a: draw.tensor(shape), b: draw.tensor(shape), delta: real(draw, 0.1, 3) };
    }),
    slack: ({ a, b, delta }) => {
      const at = (x: Tensor): number => huberPenalty(x, { lambda: 1, delta }).item();
      return atMost(at(add(a, b).mul(0.5)), (at(a) + at(b)) / 2);
    },
  }),
  zeroStrengthLaw('huber-penalty', (ws, lambda) =>
    add(huberPenalty(ws, { lambda }), smoothL1Penalty(ws, { lambda })),
  ),
  recipeLaw(huberPenaltyMethod, (model, { lambda, delta }) =>
    huberPenalty(model, { lambda: lambda!, delta: delta! }),
  ),
  filterLaw('huber-penalty', (params, options) =>
    huberPenalty(params, { ...options, lambda: 2 }).add(
      smoothL1Penalty(params, { ...options, lambda: 3, beta: 0.5 }),
    ),
  ),
  law({
    id: 'huber-penalty/held-widths',
    statement: 'Widths in tensors are those of numbers; that of smooth L1 is 1 by default.',
    cases: drawn((draw) => ({ w: draw.tensor([2, 2]), width: draw.tensor([], { min: 0.1 }) })),
    slack: ({ w, width }) => {
      const number = width.item();
      return Math.min(
        near(
          huberPenalty(w, { lambda: 2, delta: width }),
          huberPenalty(w, { lambda: 2, delta: number }),
          1e-14,
        ),
        near(
          smoothL1Penalty(w, { lambda: 2, beta: width }),
          smoothL1Penalty(w, { lambda: 2, beta: number }),
          1e-14,
        ),
        exactly(smoothL1Penalty(w, { lambda: 2 }), smoothL1Penalty(w, { lambda: 2, beta: 1 })),
      );
    },
    effort: 0.2,
  }),
];

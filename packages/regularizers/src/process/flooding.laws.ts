import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  Cell,
  exp,
  eye,
  grad,
  matmul,
  mean,
  mul,
  random,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import type { Loss } from '@tikhonov/train';
import { configure } from '../configure.ts';
import { real } from '../laws/draws.ts';
import { lossLaw } from '../laws/recipe-parts.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { withPlainLoss } from '../objective/plain-loss.ts';
import { plainPlan } from '../registry.ts';
import { flooding, floodingMethod } from './flooding.ts';

interface Problem {
  /** `[n]`, with a loss above 0. */
  readonly w: Tensor;
  /** The level as a multiple of the loss. */
  readonly share: number;
}

const problem = (draw: CaseDraw): Problem => ({
  w: draw.tensor([draw.integer(1, 5)], { avoid: [0] }),
  share: draw.pick([0, 0.5, 0.99, 1, 1.01, 2, 5]),
});

const scalar = (value: number): Tensor => tensor(value, { dtype: 'float64' });

const meanSquare = (w: Tensor): Tensor => mean(square(w));

/** Two steps of flooded descent with the level between the losses before and after the first. */
function downAndUp(loss: (w: Tensor) => Tensor, w: Tensor, lr: number): Tensor {
  const down = w.sub(grad(loss)(w).mul(lr));
  const floodLevel = add(loss(w), loss(down)).mul(0.5);
  const slope = grad((x: Tensor) => flooding(loss(x), { floodLevel: floodLevel.item() }));
  const first = w.sub(slope(w).mul(lr));
  return first.sub(slope(first).mul(lr));
}

/** What flooding promises. */
export const floodingLaws: readonly Law[] = [
  law({
    id: 'flooding/gradient',
    statement:
      'The gradient is sign(L - b) times that of L: the same above the level, turned round below, 0 at it.',
    cases: drawn(problem),
    slack: ({ w, share }) => {
      const floodLevel = meanSquare(w).item() * share;
      const got = grad((x: Tensor) => flooding(meanSquare(x), { floodLevel }))(w);
      return exactly(got, grad(meanSquare)(w).mul(Math.sign(1 - share)));
    },
  }),
  law({
    id: 'flooding/value',
    statement: 'The value is L from the level upwards, 2 b - L below it, and never under b.',
    cases: drawn((draw) => ({ loss: real(draw, 0, 3), floodLevel: real(draw, 0, 3) })),
    slack: ({ loss, floodLevel }) => {
      const value = flooding(scalar(loss), { floodLevel });
      return Math.min(
        near(value, loss >= floodLevel ? loss : 2 * floodLevel - loss, 1e-15),
        atMost(floodLevel, value),
      );
    },
  }),
  law({
    id: 'flooding/level-zero',
    statement:
      'Level 0, and any negative one that is allowed, leave a loss that is not negative as it is.',
    cases: drawn((draw) => ({ loss: real(draw, 0, 3), below: real(draw, -2, 0) })),
    slack: ({ loss, below }) =>
      Math.min(
        exactly(flooding(scalar(loss), { floodLevel: 0 }), loss),
        near(flooding(scalar(loss), { floodLevel: below, allowNegative: true }), loss, 1e-15),
      ),
  }),
  law({
    id: 'flooding/refuses',
    statement: 'Losses of samples and negative levels are refused, unless these are allowed.',
    cases: drawn((draw) => ({ losses: draw.tensor([2]), below: real(draw, -2, -0.1) })),
    slack: ({ losses, below }) => {
      const refused = (call: () => unknown, text: string): number =>
        holds(String(thrown(call)).includes(text));
      const level = new Cell(scalar(below));
      return Math.min(
        refused(() => flooding(losses, { floodLevel: 0.1 }), 'must be a scalar'),
        refused(() => flooding(mean(losses), { floodLevel: below }), 'finite and >= 0'),
        refused(() => flooding(mean(losses), { floodLevel: level }), 'finite and >= 0'),
        refused(() => flooding(mean(losses), { floodLevel: Number.NaN }), 'finite and >= 0'),
        near(flooding(scalar(below), { floodLevel: level, allowNegative: true }), below, 1e-15),
      );
    },
    effort: 0.25,
  }),
  law({
    id: 'flooding/down-and-up',
    statement:
      'On a quadratic, a step down and a step up are exactly one step of half the squared rate on ||grad L||^2.',
    cases: drawn((draw) => {
      const n = draw.integer(1, 4);
      const a = draw.tensor([n, n], { min: -1, max: 1 });
      return { a, w: draw.tensor([n], { avoid: [0] }), lr: real(draw, 0.001, 0.2) };
    }),
    slack: ({ a, w, lr }) => {
      // Eigenvalues in [1, 1 + n^2]: a rate below 1 over the largest really descends.
      const n = w.size;
      const h = add(matmul(transpose(a), a), eye(n, { dtype: 'float64' }));
      const rate = lr / (1 + n * n);
      const loss = (x: Tensor): Tensor => sum(mul(x, matmul(h, x))).mul(0.5);
      const squaredNorm = (x: Tensor): Tensor => sum(square(grad(loss)(x)));
      const one = w.sub(grad(squaredNorm)(w).mul(rate ** 2 / 2));
      // The change of w is of the order of its rounding divided by the rate, if the rate is small.
      const change = (to: Tensor): Tensor => to.sub(w).div(rate);
      return near(change(downAndUp(loss, w, rate)), change(one), 1e-14 / rate);
    },
  }),
  law({
    id: 'flooding/down-and-up-order-3',
    statement:
      'In general the two differ by the order of the cubed rate: on sum a e^w by rate^3 g^3 / 2 up to a factor in [1 - rate g / 3, 1].',
    cases: drawn((draw) => {
      const n = draw.integer(1, 3);
      return {
        a: draw.tensor([n], { min: 0.2, max: 2 }),
        w: draw.tensor([n], { min: -1, max: 1 }),
        lr: draw.pick([0.003, 0.01, 0.03]),
      };
    }),
    slack: ({ a, w, lr }) => {
      const loss = (x: Tensor): Tensor => sum(mul(a, exp(x)));
      const squaredNorm = (x: Tensor): Tensor => sum(square(grad(loss)(x)));
      const one = w.sub(grad(squaredNorm)(w).mul(lr ** 2 / 2));
      const g = grad(loss)(w);
      const rest = downAndUp(loss, w, lr)
        .sub(one)
        .div(lr ** 3);
      const most = g.mul(g).mul(g).div(2);
      const least = most.mul(sub(1, g.mul(lr / 3)));
      // Rounding of w, of the order of 1e-16, is divided by lr^3 as well.
      const rounding = 1e-15 / lr ** 3;
      return Math.min(atMost(rest, most.add(rounding)), atMost(least.sub(rounding), rest));
    },
  }),
  law({
    id: 'flooding/jensen',
    statement:
      'Flooding the mean of several losses gives at most the mean of the flooded losses, so mini-batches bound the whole set from above.',
    cases: drawn((draw) => ({
      losses: draw.tensor([draw.integer(1, 6)], { min: 0, max: 2 }),
      floodLevel: real(draw, 0, 2),
    })),
    slack: ({ losses, floodLevel }) => {
      const parts = Array.from(losses.data(), (one) => flooding(scalar(one), { floodLevel }));
      const together = parts.reduce((total, part) => total + part.item(), 0) / parts.length;
      return atMost(flooding(mean(losses), { floodLevel }), together);
    },
  }),
  lossLaw(
    floodingMethod,
    (loss, { floodLevel }) =>
      (output, y, weights) =>
        flooding(loss(output, y, weights), { floodLevel: floodLevel! }),
  ),
  law({
    id: 'flooding/plain-and-order',
    statement:
      'Where directions are looked for the loss stays as it is; of several losses of a plan the first is the innermost.',
    cases: drawn((draw) => ({
      loss: draw.tensor([], { min: 0, max: 2 }),
      floodLevel: real(draw, 0.1, 2),
      x: draw.tensor([2, 2]),
    })),
    slack: ({ loss, floodLevel, x }) => {
      const halved = { ...plainPlan, losses: [(): Loss => () => loss.mul(0.5)] };
      const plan = floodingMethod.recipe(halved, { floodLevel });
      const { options } = configure(plan, {
        task: { classes: 2, features: 2, imageShape: null, rows: 2 },
        hidden: [2],
        lr: 0.1,
        seed: 0,
        key: random.key(0),
      });
      return Math.min(
        exactly(
          withPlainLoss(() => flooding(loss, { floodLevel })),
          loss,
        ),
        exactly(options.loss(x, x), flooding(loss.mul(0.5), { floodLevel })),
      );
    },
    effort: 0.2,
  }),
];

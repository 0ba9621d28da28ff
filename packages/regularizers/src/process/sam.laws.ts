import { drawn, type Law, law } from '@tikhonov/check';
import {
  exp,
  grad,
  matmul,
  mul,
  parameter,
  sum,
  type Tensor,
  tensor,
  transpose,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { averaging, ema, sgd } from '@tikhonov/optim';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { type Gradients, gradientsOf, lengthOf, like, same } from '../laws/named-gradients.ts';
import { optimizerLaw } from '../laws/recipe-parts.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { sam, samMethod, samPerturbation } from './sam.ts';

interface Point {
  readonly params: Gradients;
  readonly grads: Gradients;
  readonly rho: number;
}

const point = (draw: CaseDraw): Point => {
  const params = { ...gradientsOf(draw), last: draw.tensor([2]) };
  // One gradient that is not 0, for a direction.
  const grads = { ...like(draw, params), last: draw.tensor([2], { avoid: [0] }) };
  return { params, grads, rho: real(draw, 0.01, 2) };
};

const inner = (a: Gradients, b: Gradients): number =>
  Object.keys(a).reduce((total, name) => total + sum(mul(a[name]!, b[name]!)).item(), 0);

/** The parameter after steps of SGD, with SAM around it or not. */
function trained(w: Tensor, loss: (w: Tensor) => Tensor, lr: number, rho: number | null): Tensor {
  const cell = parameter(w);
  const base = sgd({ w: cell }, { lr });
  const optimizer = rho === null ? base : sam(base, { rho });
  for (let k = 0; k < 3; k++) optimizer.minimize(() => loss(cell.read()));
  return cell.read();
}

const curved = (draw: CaseDraw) => {
  const n = draw.integer(1, 3);
  return {
    a: draw.tensor([n], { min: 0.2, max: 2 }),
    w: draw.tensor([n], { min: -1, max: 1 }),
    lr: real(draw, 0.01, 0.2),
    rho: real(draw, 0.01, 0.5),
  };
};

/** What sharpness-aware minimisation promises. */
export const samLaws: readonly Law[] = [
  law({
    id: 'sam/perturbation',
    statement: 'The perturbation is rho g / ||g||, over all parameters together: rho long.',
    cases: drawn(point),
    slack: ({ params, grads, rho }) => {
      const away = samPerturbation(params, grads, { rho });
      const n = lengthOf(grads);
      return Math.min(
        same(away, grads, (e, g) => near(e, g.mul(rho / n), 1e-14)),
        near(lengthOf(away), rho, 1e-13),
      );
    },
  }),
  law({
    id: 'sam/steepest',
    statement: 'No other perturbation of that length raises the linearized loss <g, e> more.',
    cases: drawn((draw) => {
      const given = point(draw);
      return { ...given, other: like(draw, given.params) };
    }),
    slack: ({ params, grads, rho, other }) => {
      const away = samPerturbation(params, grads, { rho });
      const n = lengthOf(other);
      // Squares of what is smaller are lost.
      if (n < 1e-100) return 1;
      return atMost((rho / n) * inner(grads, other), inner(grads, away), 1e-12);
    },
  }),
  law({
    id: 'sam/step',
    statement:
      'A step goes down the gradient at w + rho g / ||g||, from w: checked on sum a e^w, where that is a e^(w + e).',
    cases: drawn(curved),
    slack: ({ a, w, lr, rho }) => {
      let now = Array.from(w.data());
      for (let k = 0; k < 3; k++) {
        const g = now.map((x, i) => a.data()[i]! * Math.exp(x));
        const n = Math.hypot(...g);
        now = now.map((x, i) => x - lr * g[i]! * Math.exp((rho * g[i]!) / n));
      }
      return near(
        trained(w, (x) => sum(mul(a, exp(x))), lr, rho),
        now,
        1e-13,
      );
    },
  }),
  law({
    id: 'sam/sharpness-of-a-quadratic',
    statement:
      'On w^T H w / 2 the loss at the perturbed point is higher by exactly rho ||g|| + rho^2 g^T H g / (2 ||g||^2).',
    cases: drawn((draw) => {
      const n = draw.integer(1, 4);
      return {
        a: draw.tensor([n, n]),
        w: draw.tensor([n], { avoid: [0] }),
        rho: real(draw, 0.01, 1),
      };
    }),
    slack: ({ a, w, rho }) => {
      // Positive definite, so that there is a gradient.
      const h = matmul(transpose(a), a).add(mul(w, w).sum());
      const loss = (x: Tensor): Tensor => sum(mul(x, matmul(h, x))).mul(0.5);
      const g = grad(loss)(w);
      const n = lengthOf({ g });
      if (n < 1e-6) return 1;
      const { w: e } = samPerturbation({ w }, { w: g }, { rho });
      const curvature = sum(mul(g, matmul(h, g))).item() / n ** 2;
      const size = 1 + loss(w).item() + rho * n + rho ** 2 * curvature;
      return near(
        loss(w.add(e!)).sub(loss(w)).item() / size,
        (rho * n + (rho ** 2 * curvature) / 2) / size,
        1e-12,
      );
    },
  }),
  law({
    id: 'sam/nothing-to-do',
    statement:
      'With rho = 0 it is the optimizer itself, bit for bit; where the gradient is 0 nothing is perturbed.',
    cases: drawn(curved),
    slack: ({ a, w, lr, rho }) => {
      const loss = (x: Tensor): Tensor => sum(mul(a, exp(x)));
      const flat = samPerturbation({ w }, { w: w.mul(0) }, { rho });
      return Math.min(
        exactly(trained(w, loss, lr, 0), trained(w, loss, lr, null)),
        exactly(flat.w!, w.mul(0)),
      );
    },
  }),
  law({
    id: 'sam/not-within-itself',
    statement:
      'Around an optimizer that is made by sam itself, with an average in between or not, it is a TypeError: the inner perturbation would be lost.',
    cases: drawn((draw) => ({
      inner: draw.pick([true, false]),
      outer: draw.pick([true, false]),
      between: draw.pick([true, false]),
    })),
    slack: ({ inner, outer, between }) => {
      const w = parameter(tensor(Float64Array.of(1)));
      const once = sam(sgd({ w }, { lr: 0.1 }), { adaptive: inner });
      const made = between ? averaging(once, ema({ w })) : once;
      const error = thrown(() => sam(made, { adaptive: outer }));
      return holds(error instanceof TypeError && error.message.includes('perturbation'));
    },
    effort: 0.1,
  }),
  law({
    id: 'sam/statistics-move-once',
    statement:
      'A step asks for the loss twice: at the weights, where statistics may move, and at the perturbed point, where not.',
    cases: drawn(curved),
    slack: ({ a, w, lr, rho }) => {
      const cell = parameter(w);
      const passes: boolean[] = [];
      const points: Tensor[] = [];
      sam(sgd({ w: cell }, { lr }), { rho }).minimize(({ updateState }) => {
        passes.push(updateState);
        points.push(cell.read().detach());
        return sum(mul(a, exp(cell.read())));
      });
      const [first, second] = points;
      return Math.min(
        holds(String(passes) === 'true,false'),
        exactly(first!, w),
        near(lengthOf({ e: second!.sub(w) }), rho, 1e-12),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'sam/defaults',
    statement: 'Left out, rho is 0.05, as in the paper; the recipe takes 0.5.',
    cases: drawn(point),
    slack: ({ params, grads }) =>
      Math.min(
        same(
          samPerturbation(params, grads),
          samPerturbation(params, grads, { rho: 0.05, adaptive: false }),
          exactly,
        ),
        recipeTakes(samMethod, { rho: 0.5 }),
      ),
    effort: 0.3,
  }),
  optimizerLaw(samMethod, (optimizer, { rho }) => sam(optimizer, { rho: rho! })),
  law({
    id: 'sam/unreached',
    statement: 'A parameter that the loss does not reach is an error unless it may be.',
    cases: drawn((draw) => ({ w: draw.tensor([2], { avoid: [0] }) })),
    slack: ({ w }) => {
      const parameters = { w: parameter(w), other: parameter(w) };
      const optimizer = sam(sgd(parameters, { lr: 0.1 }));
      const step = (unreached: 'error' | 'zeros') => () =>
        optimizer.minimize(() => sum(mul(parameters.w, parameters.w)), { unreached });
      return holds(thrown(step('error')) !== null && thrown(step('zeros')) === null);
    },
    effort: 0.1,
  }),
];

import { drawn, type Law, law } from '@tikhonov/check';
import {
  abs,
  Cell,
  grad,
  matmul,
  norm,
  parameter,
  sub,
  sum,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import { NonFiniteUpdateError, project, sgd } from '@tikhonov/optim';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { transformLaw } from '../laws/recipe-parts.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { plainPlan } from '../registry.ts';
import { clipWeights, weightClippingMethod } from './weight-clipping.ts';

/** What weight clipping promises. */
export const weightClippingLaws: readonly Law[] = [
  law({
    id: 'weight-clipping/value',
    statement: 'Every weight becomes min(c, max(-c, w)), to the last bit; again changes nothing.',
    cases: drawn((draw) => ({
      w: draw.tensor(draw.shape()),
      c: real(draw, 0.1, 4),
      held: draw.pick([true, false]),
    })),
    slack: ({ w, c, held }) => {
      const clip = clipWeights(held ? new Cell(tensor(c, { dtype: 'float64' })) : c);
      const once = clip(w);
      const want = Array.from(w.data(), (x) => Math.min(c, Math.max(-c, x)));
      return Math.min(exactly(once, want), exactly(clip(once), once));
    },
  }),
  law({
    id: 'weight-clipping/nearest',
    statement:
      'It is the nearest allowed point, in every coordinate; points come no further apart.',
    cases: drawn((draw) => {
      const w = draw.tensor([draw.integer(1, 4)]);
      return { w, other: draw.tensor(w.shape), c: real(draw, 0.1, 4) };
    }),
    slack: ({ w, other, c }) => {
      const clip = clipWeights(c);
      const distance = (a: Tensor, b: Tensor): Tensor => abs(sub(a, b));
      return Math.min(
        atMost(distance(clip(w), w), distance(clip(other), w)),
        atMost(distance(clip(w), clip(other)), distance(w, other)),
      );
    },
  }),
  law({
    id: 'weight-clipping/derivative',
    statement: 'Its derivative is 1 up to |w| = c and 0 beyond.',
    cases: drawn((draw) => ({ w: draw.tensor(draw.shape()), c: real(draw, 0.1, 3.5) })),
    slack: ({ w, c }) => {
      const slope = grad((x: Tensor) => sum(clipWeights(c)(x)))(w);
      return exactly(
        slope,
        Array.from(w.data(), (x) => Number(Math.abs(x) <= c)),
      );
    },
  }),
  law({
    id: 'weight-clipping/bounds-the-stretch',
    statement: 'A clipped n x m matrix stretches nothing by more than c sqrt(n m).',
    cases: drawn((draw) => {
      const [n, m] = [draw.integer(1, 4), draw.integer(1, 4)];
      return { w: draw.tensor([n, m]), x: draw.tensor([m]), c: real(draw, 0.1, 3) };
    }),
    slack: ({ w, x, c }) => {
      const clipped = clipWeights(c)(w);
      return atMost(norm(matmul(clipped, x)), c * Math.sqrt(w.size) * norm(x).item(), 1e-12);
    },
  }),
  law({
    id: 'weight-clipping/after-every-step',
    statement: 'Behind an optimizer it holds after every step: the step itself, then the clipping.',
    cases: drawn((draw) => ({
      w: draw.tensor([2, 2]),
      b: draw.tensor([2]),
      pull: draw.tensor([2, 2]),
      c: real(draw, 0.1, 2),
      lr: real(draw, 0.1, 1),
    })),
    slack: ({ w, b, pull, c, lr }) => {
      const parameters = { w: parameter(w), b: parameter(b) };
      const clip = clipWeights(c);
      const updates = () => [project(clip, { select: () => true })];
      const optimizer = sgd(parameters, { lr, updates });
      const steps = Array.from({ length: 3 }, () => {
        const [w0, b0] = [parameters.w.read(), parameters.b.read()];
        optimizer.minimize(() => sum(pull.mul(parameters.w)).add(sum(parameters.b)));
        return Math.min(
          near(parameters.w.read(), clip(sub(w0, pull.mul(lr))), 1e-14),
          near(parameters.b.read(), clip(b0.sub(lr)), 1e-14),
        );
      });
      return Math.min(...steps);
    },
  }),
  law({
    id: 'weight-clipping/recipe-takes-weights',
    statement:
      'The recipe clips what has two axes or more: biases and the gates of L0 are left as they are. Its bound is 0.15.',
    cases: drawn((draw) => ({
      w: draw.tensor([2, 3]),
      kernel: draw.tensor([2, 1, 2, 2]),
      b: draw.tensor([3]),
      logAlpha: draw.tensor([2]),
      c: real(draw, 0.1, 2),
    })),
    slack: ({ c, ...given }) => {
      const parameters = Object.fromEntries(
        Object.entries(given).map(([name, x]) => [name, parameter(x)]),
      );
      const { updates } = weightClippingMethod.recipe(plainPlan, { c });
      const still = Object.fromEntries(Object.entries(given).map(([name, x]) => [name, x.mul(0)]));
      sgd(parameters, { lr: 1, updates: (lr) => updates.map((make) => make(lr)) }).apply(still);
      return Math.min(
        recipeTakes(weightClippingMethod, { c: 0.15 }),
        ...Object.entries(given).map(([name, x]) =>
          x.rank < 2
            ? exactly(parameters[name]!.read(), x)
            : near(parameters[name]!.read(), clipWeights(c)(x), 1e-15),
        ),
      );
    },
  }),
  law({
    id: 'weight-clipping/hides-nothing',
    statement:
      'A gradient that is not finite is refused, the weights stay: they are not put to a bound.',
    cases: drawn((draw) => ({
      w: draw.tensor([2, 2]),
      bad: draw.pick([Infinity, -Infinity, Number.NaN]),
      c: real(draw, 0.1, 4),
    })),
    slack: ({ w, bad, c }) => {
      const cell = parameter(w);
      const optimizer = sgd({ w: cell }, { lr: 1, updates: () => [project(clipWeights(c))] });
      const error = thrown(() => optimizer.apply({ w: w.mul(0).add(bad) }));
      return Math.min(holds(error instanceof NonFiniteUpdateError), exactly(cell.read(), w));
    },
    effort: 0.3,
  }),
  transformLaw(weightClippingMethod, 'updates', ({ c }) => project(clipWeights(c!))),
];

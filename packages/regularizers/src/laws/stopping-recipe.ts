import { drawn, type Law, law } from '@tikhonov/check';
import { random } from '@tikhonov/core';
import { sgd } from '@tikhonov/optim';
import type { Callback } from '@tikhonov/train';
import type { ArgumentValues, Method } from '../method.ts';
import { plainPlan } from '../registry.ts';
import { otherArguments } from './other-arguments.ts';
import { exactly, holds } from './slack.ts';
import { stoppedRun } from './stopped-weights.ts';

/** The law that a recipe stops as this callback does, with its arguments, a second time as well as a first. */
export const stoppingLaw = (method: Method, want: (values: ArgumentValues) => Callback): Law =>
  law({
    id: `${method.id}/recipe`,
    statement:
      'The recipe stops with its arguments, holds out its share of the rows, says which epoch is the best and puts its weights back; it can be used again.',
    cases: drawn((draw) => ({
      curve: Array.from(draw.tensor([12], { min: 0.5, max: 2 }).data()),
      weights: Array.from({ length: 12 }, () => draw.tensor([])),
      given: otherArguments(draw, method),
    })),
    slack: ({ curve, weights, given }) => {
      const plan = method.recipe(plainPlan, given);
      const task = { classes: 3, features: 2, imageShape: null, rows: 3 };
      const wanted = stoppedRun(want(given), curve, weights);
      let callback: Callback | null = null;
      const runs = [0, 1].map(() =>
        stoppedRun(
          (model) => {
            const scope = { task, key: random.key(0), model, optimizer: sgd(model, { lr: 0 }) };
            callback ??= plan.callbacks[0]!(scope);
            return callback;
          },
          curve,
          weights,
        ),
      );
      const last = wanted.best.at(-1)!;
      return Math.min(
        exactly(plan.validationFraction, given.validationFraction!),
        exactly(wanted.weight, weights[last - 1]!),
        ...runs.map((run) =>
          Math.min(
            exactly(run.weight, wanted.weight),
            holds(String(run.best) === String(wanted.best) && run.restored === last),
          ),
        ),
      );
    },
    effort: 0.3,
  });

import { drawn, type Law, law } from '@tikhonov/check';
import { random, type Tensor } from '@tikhonov/core';
import type { StepContext } from '@tikhonov/train';
import { resolveArguments } from '../arguments.ts';
import { configure } from '../configure.ts';
import type { Method, Network } from '../method.ts';
import { plainPlan } from '../registry.ts';
import { activationStep } from './activation-step.ts';
import { otherArguments } from './other-arguments.ts';
import { near } from './slack.ts';

/** What a recipe must add to the objective of a step. */
export type WantedPenalty = (
  model: Network,
  values: Readonly<Record<string, number>>,
  step: StepContext,
) => Tensor;

/**
 * The law that the recipe of a method adds its penalty, with the arguments that it is given.
 *
 * @param moved  added to all parameters once the penalty is made. @defaultValue 0
 */
export const recipeLaw = (
  method: Method,
  want: WantedPenalty,
  { moved = 0 }: { readonly moved?: number } = {},
): Law =>
  law({
    id: `${method.id}/recipe`,
    statement: 'The recipe adds this penalty of the network to the objective, with its arguments.',
    cases: drawn((draw) => ({
      x: draw.tensor([3, 2]),
      sampleWeight: draw.tensor([3], { min: 0.5, max: 2 }),
      seed: draw.integer(0, 1000),
      given: otherArguments(draw, method),
    })),
    slack: ({ x, sampleWeight, seed, given }) => {
      const plan = method.recipe({ ...plainPlan, network: { dtype: 'float64' } }, given);
      const { model, options } = configure(plan, {
        task: { classes: 3, features: 2, imageShape: null, rows: 3 },
        hidden: [4, 3],
        lr: 0.01,
        seed,
        key: random.key(seed),
      });
      if (moved !== 0) for (const p of model.parameters()) p.write(p.read().add(moved));
      const step = activationStep(model, x, { seed, sampleWeight });
      const wanted = want(model, resolveArguments(method.id, method.arguments, given), step).item();
      const got = options.penalties.map((term) => term(step)).reduce((a, c) => a.add(c));
      // Relative to its size: a small penalty must be there as well.
      const size = Math.abs(wanted) > 0 ? Math.abs(wanted) : 1;
      return near(got.div(size), wanted / size, 1e-10);
    },
    effort: 0.1,
  });

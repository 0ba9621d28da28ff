import { drawn, type Law, law } from '@tikhonov/check';
import { grad, random, type Tensor, tensor } from '@tikhonov/core';
import { crossEntropy, mlp } from '@tikhonov/nn';
import { type SteppingOptimizer, sgd, type Transform } from '@tikhonov/optim';
import type { Loss, StepBatch } from '@tikhonov/train';
import type { ArgumentValues, Method, Network, TrainingTask } from '../method.ts';
import { plainPlan } from '../registry.ts';
import { elements, type Gradients } from './named-gradients.ts';
import { otherArguments } from './other-arguments.ts';
import { exactly, holds, near } from './slack.ts';

const task: TrainingTask = { classes: 3, features: 6, imageShape: [1, 2, 3], rows: 3 };

/** The law that a recipe changes the rows of a step like this, with its arguments and the key of the step. */
export const rowsLaw = (
  method: Method,
  want: (batch: StepBatch, values: ArgumentValues, key: Tensor) => StepBatch,
): Law =>
  law({
    id: `${method.id}/recipe`,
    statement:
      'The recipe does this to the rows of a step, with its arguments and the key of the step.',
    cases: drawn((draw) => ({
      x: draw.tensor([3, 6]),
      y: draw.integers([3], 0, 2),
      sampleWeight: draw.tensor([3], { min: 0.5, max: 2 }),
      seed: draw.integer(0, 1e6),
      given: otherArguments(draw, method),
    })),
    slack: ({ seed, given, ...batch }) => {
      const key = random.key(seed);
      const [make] = method.recipe(plainPlan, given).transforms;
      const model = mlp([6, 3], { seed });
      const got = make!({ task, key: random.key(seed + 1) })(batch, { key, model });
      const wanted = want(batch, given, key);
      return Math.min(
        exactly(got.x, wanted.x),
        exactly(got.y, wanted.y),
        exactly(got.sampleWeight!, wanted.sampleWeight!),
      );
    },
    effort: 0.5,
  });

/** Images of rows and back, as the recipes of augmentations make them. */
export const onRows = (x: Tensor, change: (images: Tensor) => Tensor): Tensor =>
  change(x.reshape([3, 1, 2, 3])).reshape([3, 6]);

/** What a transform of updates makes of several steps; each is added to the parameters. */
function run(transform: Transform, start: Gradients, steps: readonly Gradients[]): number[] {
  let [state, params] = [transform.init(start), start];
  return steps.flatMap((step) => {
    const [moved, next] = transform.update(step, state, params);
    state = next;
    params = Object.fromEntries(
      Object.entries(params).map(([name, w]) => [name, w.add(moved[name]!)]),
    );
    return elements(moved);
  });
}

/** The law that a recipe puts this transform at this place of the optimizer, with its arguments. */
export const transformLaw = (
  method: Method,
  place: 'gradients' | 'updates',
  want: (values: ArgumentValues, key: Tensor) => Transform,
): Law =>
  law({
    id: `${method.id}/recipe`,
    statement: `The recipe puts this transform among the ${place}, with its arguments.`,
    cases: drawn((draw) => {
      const parameters = () => ({ w: draw.tensor([2, 3]), b: draw.tensor([3]) });
      return {
        // Weights of 0 as well, which floors are about.
        start: draw.pick([
          parameters(),
          { w: tensor(new Float64Array(6), { shape: [2, 3] }), b: draw.tensor([3]) },
        ]),
        steps: [parameters(), parameters(), parameters()],
        seed: draw.integer(0, 1e6),
        given: otherArguments(draw, method),
      };
    }),
    slack: ({ start, steps, seed, given }) => {
      const key = random.key(seed);
      const { gradients, updates } = method.recipe(plainPlan, given);
      const made = {
        gradients: gradients.map((make) => make({ task, key })),
        updates: updates.map((make) => make(0.1)),
      };
      const [found, ...others] = [...made.gradients, ...made.updates];
      if (found !== made[place][0] || others.length > 0) return -1;
      return exactly(run(found!, start, steps), run(want(given, key), start, steps));
    },
    effort: 0.5,
  });

/** The law that a recipe puts this around the optimizer, with its arguments. */
export const optimizerLaw = (
  method: Method,
  want: (optimizer: SteppingOptimizer, values: ArgumentValues, model: Network) => SteppingOptimizer,
): Law =>
  law({
    id: `${method.id}/recipe`,
    statement: 'The recipe puts this around the optimizer, with its arguments.',
    cases: drawn((draw) => ({
      x: draw.tensor([3, 2]),
      seed: draw.integer(0, 1000),
      given: otherArguments(draw, method),
    })),
    slack: ({ x, seed, given }) => {
      const after = (
        wrap: (optimizer: SteppingOptimizer, model: Network) => SteppingOptimizer,
      ): number[] => {
        const model = mlp([2, 3, 2], { seed, activation: 'tanh', dtype: 'float64' });
        const optimizer = wrap(sgd(model, { lr: 0.1 }), model);
        for (let k = 0; k < 2; k++) {
          optimizer.minimize(() => {
            const output = model.forward(x);
            return output.mul(output).add(output).mean();
          });
        }
        return elements(model.parameterValues());
      };
      const { optimizers } = method.recipe(plainPlan, given);
      const got = after((optimizer, model) =>
        optimizers.reduce(
          (inner, wrap) => wrap(inner, { task, key: random.key(0), model }),
          optimizer,
        ),
      );
      return exactly(
        got,
        after((optimizer, model) => want(optimizer, given, model)),
      );
    },
    effort: 0.2,
  });

/** The law that a recipe makes this of the data loss, with its arguments and the weights of rows. */
export const lossLaw = (method: Method, want: (loss: Loss, values: ArgumentValues) => Loss): Law =>
  law({
    id: `${method.id}/recipe`,
    statement:
      'The recipe makes this of the data loss, with its arguments and the weights of rows.',
    cases: drawn((draw) => ({
      logits: draw.tensor([3, 3]),
      y: draw.integers([3], 0, 2),
      sampleWeight: draw.tensor([3], { min: 0.5, max: 2 }),
      given: otherArguments(draw, method),
    })),
    slack: ({ logits, y, sampleWeight, given }) => {
      // Small enough to be on both sides of a flood level.
      const plain: Loss = (output, labels, weights) =>
        crossEntropy(output, labels, weights ?? {}).mul(0.3);
      const [wrap, ...others] = method.recipe(plainPlan, given).losses;
      const got = wrap!(plain, { task, key: random.key(0) });
      const wanted = want(plain, given);
      const [value, wantedValue] = [got, wanted].map(
        (loss) => (z: Tensor) => loss(z, y, { sampleWeight }),
      ) as [(z: Tensor) => Tensor, (z: Tensor) => Tensor];
      return Math.min(
        holds(others.length === 0),
        near(value(logits), wantedValue(logits), 1e-14),
        near(grad(value)(logits), grad(wantedValue)(logits), 1e-14),
      );
    },
    effort: 0.5,
  });

import { expect, test } from '@jest/globals';
import { random, type Tensor } from '@tikhonov/core';
import { Dataset } from '@tikhonov/data';
import { Averaging, SharpnessAware } from '@tikhonov/optim';
import { fit } from '@tikhonov/train';
import { configure, findMethod, plainPlan, type TrainingPlan } from '../../src/index.ts';

const examples = new Dataset({
  x: random.uniform(random.key(1), [10, 4], { dtype: 'float64' }),
  y: random.randint(random.key(2), [10], 0, 3),
  classes: 3,
});

/** The training of a network by several methods at once. */
function configured(ids: readonly string[]) {
  const start: TrainingPlan = { ...plainPlan, network: { dtype: 'float64' } };
  const plan = ids.reduce((made, id) => findMethod(id).recipe(made, {}), start);
  return configure(plan, {
    task: { classes: 3, features: 4, imageShape: null, rows: 10 },
    hidden: [5],
    lr: 0.01,
    seed: 0,
    key: random.key(5),
  });
}

async function trained(ids: readonly string[], compiled: boolean): Promise<number[]> {
  const { model, options } = configured(ids);
  await fit(model, { ...options, train: examples, epochs: 3, batchSize: 5, seed: 0, compiled });
  return Object.values(model.stateDict()).flatMap((x: Tensor) => Array.from(x.data()));
}

const all = [
  'gradient-noise',
  'gradient-centralization',
  'adaptive-gradient-clipping',
  'soft-clipping',
  'weight-decay',
  'lookahead',
  'sam',
  'ema',
];

test('what acts on the optimization stacks, and is the same compiled', async () => {
  const [eager, compiled] = [await trained(all, false), await trained(all, true)];
  for (const [i, x] of eager.entries()) expect(compiled[i]).toBeCloseTo(x, 9);
  for (const left of all) {
    const without = all.filter((id) => id !== left);
    expect([left, await trained(without, true)]).not.toEqual([left, compiled]);
  }
}, 60_000);

test('what is put around the optimizer lies in the order of the recipes, averages inside as well', async () => {
  const outer = configured(['sam', 'ema']).options.optimizer;
  expect(outer).toBeInstanceOf(Averaging);
  expect((outer as Averaging).optimizer).toBeInstanceOf(SharpnessAware);
  const inner = configured(['ema', 'asam']).options.optimizer;
  expect(inner).toBeInstanceOf(SharpnessAware);
  expect((inner as SharpnessAware).optimizer).toBeInstanceOf(Averaging);
  const [one, other] = [await trained(['sam', 'ema'], true), await trained(['ema', 'sam'], true)];
  expect(one).toEqual(other);
});

test('of two methods that set the weights at the end the last one wins', async () => {
  const both = await trained(['swa', 'ema'], true);
  expect(both).toEqual(await trained(['ema'], true));
  expect(both).not.toEqual(await trained(['swa'], true));
});

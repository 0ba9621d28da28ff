import { expect, test } from '@jest/globals';
import { random, type Tensor } from '@tikhonov/core';
import { fit } from '@tikhonov/train';
import { configure, findMethod, l0Prune, plainPlan, type TrainingPlan } from '../../src/index.ts';

const ids = [
  'weight-normalization',
  'spectral-normalization',
  'weight-standardization',
  'variational-information-bottleneck',
  'l0',
  'activity-l1',
  'decov',
  'dropout',
  'l2',
];
const task = { classes: 2, features: 3, imageShape: null, rows: 8 };
const rows = {
  x: random.normal(random.key(1), [8, 3], { dtype: 'float64' }),
  y: random.randint(random.key(2), [8], 0, 2),
};

async function trained(methods: readonly string[], compiled: boolean) {
  const plan = methods.reduce<TrainingPlan>((made, id) => findMethod(id).recipe(made, {}), {
    ...plainPlan,
    network: { dtype: 'float64' as const },
  });
  const { model, options } = configure(plan, {
    task,
    hidden: [5],
    lr: 0.01,
    seed: 0,
    key: random.key(3),
  });
  await fit(model, { ...options, train: rows, epochs: 3, batchSize: 4, seed: 0, compiled });
  return model;
}

const values = (state: Readonly<Record<string, Tensor>>): Record<string, readonly number[]> =>
  Object.fromEntries(Object.entries(state).map(([name, x]) => [name, [...x.data()]]));

test('all that changes what layers compute works together, compiled as eagerly', async () => {
  const [a, b] = [await trained(ids, true), await trained(ids, false)];
  const [got, want] = [values(a.stateDict()), values(b.stateDict())];
  expect(Object.keys(got)).toEqual(Object.keys(want));
  for (const [name, list] of Object.entries(want)) {
    for (const [i, x] of list.entries()) expect(got[name]![i]).toBeCloseTo(x, 9);
  }
  expect(Object.keys(got)).toEqual(
    expect.arrayContaining([
      '0.parametrizations.weight.original0',
      '0.parametrizations.weight.1._u',
      '2.bottleneck.encode.weight',
      '2.gates.logAlpha',
    ]),
  );
});

test('a gated network with computed weights is exported with the weights that it sees', async () => {
  const model = await trained(['weight-normalization', 'l0'], true);
  const small = l0Prune(model);
  const [got, want] = [small.forward(rows.x).data(), model.forward(rows.x).data()];
  for (const [i, y] of want.entries()) expect(got[i]).toBeCloseTo(y, 12);
});

test('a bottleneck cannot be exported as plain layers, which is said', async () => {
  const model = await trained(['variational-information-bottleneck', 'l0'], true);
  expect(() => l0Prune(model)).toThrow('has a GaussianBottleneck(5 -> 5) in it');
});

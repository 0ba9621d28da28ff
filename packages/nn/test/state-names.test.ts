import { expect, test } from '@jest/globals';
import { random, tensor } from '@tikhonov/core';
import {
  BatchNorm2d,
  Conv1d,
  Conv2d,
  ConvTranspose2d,
  Dropout,
  Embedding,
  Flatten,
  GRU,
  GroupNorm,
  LayerNorm,
  Linear,
  LSTM,
  MultiheadAttention,
  PReLU,
  ReLU,
  Residual,
  Sequential,
} from '../src/index.ts';

const seed = { seed: 0 } as const;

// Written down from PyTorch's state_dict of the same model, with its order.
test('a nested model has the names, order and shapes of PyTorch', () => {
  const model = new Sequential(
    new Sequential(
      new Conv2d(3, 8, 5, { seed: 0 }),
      new BatchNorm2d(8),
      new ReLU(),
      new ConvTranspose2d(8, 4, 3, { seed: 1 }),
      new Sequential(new GroupNorm(2, 4), new PReLU({ numParameters: 4 })),
    ),
    new Flatten(),
    new Dropout(),
    new Linear(16, 6, { seed: 2 }),
    new LayerNorm(6),
    new Embedding(10, 6, { seed: 3 }),
    new Conv1d(6, 6, 3, { seed: 4, bias: false }),
    new LSTM(6, 5, { seed: 5, bidirectional: true }),
    new GRU(10, 4, { seed: 6, numLayers: 2, bias: false }),
    new MultiheadAttention(4, 2, { seed: 7 }),
  );
  const state = Object.entries(model.stateDict()).map(([name, { shape }]) => `${name} ${shape}`);
  expect(state).toEqual([
    '0.0.weight 8,3,5,5',
    '0.0.bias 8',
    '0.1.weight 8',
    '0.1.bias 8',
    '0.1.running_mean 8',
    '0.1.running_var 8',
    '0.1.num_batches_tracked ',
    '0.3.weight 8,4,3,3',
    '0.3.bias 4',
    '0.4.0.weight 4',
    '0.4.0.bias 4',
    '0.4.1.weight 4',
    '3.weight 6,16',
    '3.bias 6',
    '4.weight 6',
    '4.bias 6',
    '5.weight 10,6',
    '6.weight 6,6,3',
    '7.weight_ih_l0 20,6',
    '7.weight_hh_l0 20,5',
    '7.bias_ih_l0 20',
    '7.bias_hh_l0 20',
    '7.weight_ih_l0_reverse 20,6',
    '7.weight_hh_l0_reverse 20,5',
    '7.bias_ih_l0_reverse 20',
    '7.bias_hh_l0_reverse 20',
    '8.weight_ih_l0 12,10',
    '8.weight_hh_l0 12,4',
    '8.weight_ih_l1 12,4',
    '8.weight_hh_l1 12,4',
    '9.in_proj_weight 12,4',
    '9.in_proj_bias 12',
    '9.out_proj.weight 4,4',
    '9.out_proj.bias 4',
  ]);
  const buffers = ['running_mean', 'running_var', 'num_batches_tracked'].map(
    (name) => `0.1.${name}`,
  );
  expect(Object.keys(model.namedParameters())).toEqual(
    Object.keys(model.stateDict()).filter((name) => !buffers.includes(name)),
  );
});

test('a state moves to a model of another seed', () => {
  const make = (n: number): Sequential =>
    new Sequential(
      new Embedding(7, 4, { seed: n }),
      new Residual(new MultiheadAttention(4, 2, { seed: n + 1 })),
      new LSTM(4, 3, { seed: n + 2, numLayers: 2, bidirectional: true }),
    );
  const [one, two] = [make(0), make(10)];
  const x = tensor([[1], [6], [0]], { dtype: 'int32' });
  expect(two.forward(x).data()).not.toEqual(one.forward(x).data());
  two.loadStateDict(one.stateDict());
  expect(two.forward(x).data()).toEqual(one.forward(x).data());
});

test('layers in a Sequential get the context: training, and a key of their own', () => {
  const lstm = (n: number): LSTM => new LSTM(4, 4, { seed: n, numLayers: 2, dropout: 0.5 });
  const model = new Sequential(lstm(0), lstm(0));
  const x = random.normal(random.key(0), [5, 6, 4]);
  const run = (n: number): ReturnType<typeof model.forward> =>
    model.forward(x, { training: true, rng: random.key(n) });
  expect(run(0).data()).toEqual(run(0).data());
  expect(run(0).data()).not.toEqual(run(1).data());
  expect(() => model.forward(x, { training: true })).toThrow(/training needs a random key/);
  expect(model.forward(x).data()).toEqual(lstm(0).forward(lstm(0).forward(x)).data());
});

test('Sequential can be indexed, counted and nested', () => {
  const inner = new Sequential(new Linear(2, 2, seed), new ReLU());
  const model = new Sequential(inner, new Linear(2, 1, seed));
  expect(model).toHaveLength(2);
  expect(model[0]).toBe(inner);
  expect(inner[1]).toBeInstanceOf(ReLU);
  expect(model[2]).toBeUndefined();
});

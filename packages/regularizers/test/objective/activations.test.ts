import { describe, expect, test } from '@jest/globals';
import { ones, random, relu, sigmoid, tensor, zeros } from '@tikhonov/core';
import { crossEntropy, Linear, mlp } from '@tikhonov/nn';
import { sgd } from '@tikhonov/optim';
import { fit } from '@tikhonov/train';
import {
  activityL1,
  activityL1Term,
  activityL2,
  activityL2Term,
  deCov,
  deCovTerm,
  klSparsity,
  klSparsityTerm,
} from '../../src/index.ts';

const key = random.key(0);
const rows = { x: random.normal(key, [6, 3]), y: random.randint(key, [6], 0, 2) };

test.each([
  ['activityL1', activityL1],
  ['activityL2', activityL2],
  ['deCov', deCov],
  ['klSparsity', klSparsity],
] as const)('%s refuses what are no activations', (name, penalty) => {
  const options = { lambda: 1 };
  expect(() => penalty(tensor(1), options)).toThrow(`${name}: the activations must be [n, ...]`);
  expect(() => penalty(zeros([0, 3]), options)).toThrow(
    'with at least one sample, got shape [0, 3]',
  );
  expect(() => penalty(tensor([1], { dtype: 'int32' }), options)).toThrow('must be floating');
  expect(() => penalty(ones([2, 2]), { lambda: -1 })).toThrow(`${name}: lambda must be finite`);
  expect(penalty(ones([2, 2]).mul(0.5), options).dtype).toBe('float32');
});

describe('klSparsity', () => {
  test('refuses activations outside [0, 1] and shares outside (0, 1)', () => {
    expect(() => klSparsity(tensor([[1.5]]))).toThrow('activations must lie in [0, 1]');
    expect(() => klSparsity(tensor([[0.5]]), { rho: 0 })).toThrow(
      'rho must lie inside (0, 1), got 0',
    );
    expect(() => klSparsity(tensor([[0.5]]), { eps: 0.5 })).toThrow('eps must lie in [0, 0.5)');
    expect(klSparsity(tensor([[Number.NaN]])).item()).toBeNaN();
  });
});

describe('terms', () => {
  const makers = [
    ['activityL1Term', activityL1Term, activityL1, relu],
    ['activityL2Term', activityL2Term, activityL2, relu],
    ['deCovTerm', deCovTerm, deCov, relu],
    ['klSparsityTerm', klSparsityTerm, klSparsity, sigmoid],
  ] as const;

  test.each(makers)(
    '%s sees the hidden activations, and needs some',
    async (name, make, penalty, act) => {
      const model = mlp([3, 4, 2], { seed: 0, activation: act === sigmoid ? 'sigmoid' : 'relu' });
      const pre = model.layers[0]!.forward(rows.x);
      const hidden = act(pre);
      const history = await fit(model, {
        train: rows,
        optimizer: sgd(model, { lr: 0 }),
        loss: crossEntropy,
        penalties: [make(model, { lambda: 0.3 })],
        epochs: 1,
        batchSize: 6,
        seed: 0,
      });
      const want = penalty(hidden, { lambda: 0.3 }).item();
      expect(Math.abs(history.epochs[0]!.penalty - want)).toBeLessThan(1e-5 * (1 + want));
      expect(() => make(new Linear(3, 2, { seed: 0 }), { lambda: 1 })).toThrow(
        `${name}: the model has no hidden layer`,
      );
    },
  );

  test('another choice of activations', async () => {
    const model = new Linear(3, 2, { seed: 0 });
    const penalties = [activityL2Term(model, { lambda: 1, select: (all) => [all['']!.output] })];
    const history = await fit(model, {
      train: rows,
      optimizer: sgd(model, { lr: 0 }),
      loss: crossEntropy,
      penalties,
      epochs: 1,
      batchSize: 6,
      seed: 0,
    });
    const want = activityL2(model.forward(rows.x), { lambda: 1 }).item();
    expect(history.epochs[0]!.penalty).toBeCloseTo(want, 5);
  });
});

import { describe, expect, test } from '@jest/globals';
import { ones, random, relu, square, type Tensor, tensor, zeros } from '@tikhonov/core';
import { crossEntropy, Linear, mlp, Sequential } from '@tikhonov/nn';
import { sgd } from '@tikhonov/optim';
import { fit } from '@tikhonov/train';
import {
  gaussianCode,
  gaussianKl,
  VibHead,
  vib,
  vibTerm,
  withBottleneck,
} from '../../src/index.ts';

const key = random.key(0);
const rows = { x: random.normal(key, [6, 3]), y: random.randint(key, [6], 0, 2) };

describe('vib', () => {
  test('refuses what does not fit', () => {
    const [mu, loss] = [ones([2, 3]), (z: Tensor) => square(z).sum()];
    expect(() => vib(mu, ones([2, 4]), loss, { key })).toThrow(
      'mu and rho must be [n, k] both, got [2, 3] and [2, 4]',
    );
    expect(() => vib(mu, mu, loss, {})).toThrow('needs one of eps (noise) and key');
    expect(() => vib(mu, mu, loss, { eps: zeros([2, 3]) })).toThrow('vib: eps must be [s, 2,3]');
    expect(() => vib(mu, mu, loss, { key, numSamples: 0 })).toThrow(
      'numSamples must be an integer >= 1',
    );
    expect(() => vib(mu, mu, loss, { key, beta: -1 })).toThrow('vib: beta must be finite and >= 0');
    expect(() => vib(mu, mu, (z) => z, { key })).toThrow('the loss must be a floating scalar');
    expect(() => gaussianCode(mu, mu, { stdShift: Infinity })).toThrow('stdShift must be finite');
  });

  test('a standard deviation must be positive; NaN passes through', () => {
    for (const std of [0, -1]) {
      expect(() => gaussianKl(tensor([0]), tensor([std]))).toThrow(
        'standard deviations must be > 0',
      );
      expect(() => gaussianKl(0, std)).toThrow(RangeError);
    }
    expect(gaussianKl(tensor([0]), tensor([Number.NaN])).item()).toBeNaN();
  });
});

describe('layers', () => {
  test('the mean code in evaluation, noise with a key in training', () => {
    const head = new VibHead(3, 2, 2, { seed: 0 });
    const x = ones([1, 3]);
    expect(head.forward(x).toArray()).toEqual(head.forward(x).toArray());
    expect(() => head.forward(x, { training: true })).toThrow('training needs a random key');
    expect(() => new VibHead(3, 2, 2)).toThrow('initial values need a seed or a key');
    expect(() => new VibHead(3, 2, 2, { seed: 0, evaluationSamples: 1.5 })).toThrow(RangeError);
  });

  test('a model gets one bottleneck, and needs one for the term', () => {
    const model = withBottleneck(mlp([3, 4, 2], { seed: 0 }), { seed: 1 });
    expect(Object.keys(model.namedParameters())).toContain('layers.1.bottleneck.encode.weight');
    expect(() => withBottleneck(model, { seed: 2 })).toThrow('has a bottleneck already');
    expect(() => withBottleneck(new Sequential(relu), { seed: 2 })).toThrow('has no linear layer');
    expect(() => vibTerm(mlp([3, 2], { seed: 0 }))).toThrow('the model has no bottleneck');
  });

  test('the penalty of a step is beta times the mean divergence, the loss that of its code', async () => {
    const model = new Sequential(
      new Linear(3, 4, { seed: 0 }),
      relu,
      new VibHead(4, 2, 2, { seed: 1 }),
    );
    const head = model.layers[2];
    const { kl } = head.bottleneck.code(
      head.bottleneck.encode.forward(relu(model.layers[0].forward(rows.x))),
    );
    const run = async (numSamples: number): Promise<number> => {
      const history = await fit(model, {
        train: rows,
        optimizer: sgd(model, { lr: 0 }),
        loss: crossEntropy,
        penalties: [vibTerm(model, { beta: 0.5, numSamples })],
        epochs: 1,
        batchSize: 6,
        seed: 0,
      });
      return history.epochs[0]!.penalty;
    };
    expect(await run(1)).toBeCloseTo(0.5 * kl.mean().item(), 4);
    // Further codes add the difference of their losses to the first one's.
    expect(Math.abs((await run(4)) - 0.5 * kl.mean().item())).toBeLessThan(0.1);
  });
});

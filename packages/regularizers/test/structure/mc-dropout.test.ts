import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import { grad, ones, random, relu, type Tensor, tensor, zeros } from '@tikhonov/core';
import { BatchNorm1d, Dropout, Linear, mlp, Sequential, weightNorm } from '@tikhonov/nn';
import { mcClassification, mcDropout, mcPasses, mcRegression } from '../../src/index.ts';

const rng = random.key(3);
const network = () => mlp([2, 6, 3], { seed: 0, dropout: 0.5 });
const x = random.normal(random.key(1), [4, 2]);

describe('mcDropout', () => {
  test('is compiled what it is eagerly', () => {
    const model = network();
    const run = compile((rows: Tensor, key: Tensor) =>
      mcDropout(model, rows, { rng: key, samples: 5 }),
    );
    const [got, want] = [run(x, rng), mcDropout(model, x, { rng, samples: 5 })];
    for (const name of ['mean', 'variance', 'entropy', 'mutualInformation'] as const) {
      for (const [i, y] of want[name].data().entries()) {
        expect(got[name].data()[i]).toBeCloseTo(y, 5);
      }
    }
  });

  test('has no gradient, the passes have', () => {
    const model = network();
    const zero = grad((z: Tensor) => mcDropout(model, z, { rng, samples: 2 }).mean.sum())(x);
    expect(zero.data().every((g) => g === 0)).toBe(true);
    const slope = grad((z: Tensor) => mcPasses(model, z, { rng, samples: 2 }).sum())(x);
    expect(slope.data().some((g) => g !== 0)).toBe(true);
  });

  test('is certain of a network without dropout', () => {
    const model = mlp([2, 6, 3], { seed: 0 });
    const { variance, mutualInformation } = mcDropout(model, x, { rng, samples: 3 });
    expect([...variance.data(), ...mutualInformation.data()].every((v) => v === 0)).toBe(true);
  });

  test('drops also among reparametrized layers, which it leaves as they were', () => {
    const last = weightNorm(new Linear(4, 2, { seed: 2 }));
    const model = new Sequential(new Linear(2, 4, { seed: 1 }), relu, new Dropout(), last);
    const before = model.forward(x).data();
    const passes = mcPasses(model, x, { rng, samples: 2 });
    expect(passes.shape).toEqual([2, 4, 2]);
    expect(mcRegression(passes).variance.max().item()).toBeGreaterThan(0);
    expect(model.forward(x).data()).toEqual(before);
  });

  test('turns on what it is told to', () => {
    const model = new Sequential(new Dropout(), new BatchNorm1d(2), new Dropout());
    const names: string[] = [];
    const passes = mcPasses(model, x, {
      rng,
      samples: 2,
      layers: (layer, name) => {
        names.push(name);
        return layer instanceof Dropout && name === '2';
      },
    });
    expect([...names].sort()).toEqual(['', '0', '1', '2']);
    const last = new Sequential((z: Tensor) => z, model[1]!, model[2]!);
    const want = mcPasses(last, x, { rng, samples: 2 });
    expect(passes.data()).toEqual(want.data());
  });

  test('refuses what it cannot do', () => {
    const model = network();
    expect(() => mcDropout(model, x, { rng, samples: 0 })).toThrow(
      'mcDropout: samples must be an integer >= 1, got 0.',
    );
    expect(() => mcDropout(model, x, { rng, samples: 1, unbiased: true })).toThrow(
      'mcDropout: an unbiased variance needs two passes or more, got 1.\n  Raise samples',
    );
    expect(() => mcDropout(model, x, { rng, tau: 1 })).toThrow(
      "tau is for task: 'regression' only",
    );
    expect(() => mcDropout(model, x, { rng, task: 'ranking' as 'regression' })).toThrow(
      "task must be 'classification' or 'regression', got \"ranking\"",
    );
    expect(() => mcDropout(model, x, {} as { rng: Tensor })).toThrow(
      'mcDropout: training needs a random key',
    );
    expect(() => mcDropout(3 as never, x, { rng })).toThrow(
      'mcDropout: needs a Module with forward, got number.',
    );
    const layers = 'Dropout' as never;
    expect(() => mcPasses(model, x, { rng, layers })).toThrow(
      'mcPasses: layers must be a function of a module and its name, got string.',
    );
    expect(() => mcPasses(model, x, { rng, layers: () => false })).toThrow(
      /^mcPasses: layers chose none of MLP, layers\.0, layers\.1, dropout\.\n {2}Without noise all passes/,
    );
  });
});

describe('given passes', () => {
  test('are refused without passes, classes or matching weights', () => {
    expect(() => mcRegression(zeros([0, 2]))).toThrow(
      'the passes must be [T, ...s] with at least one',
    );
    expect(() => mcRegression(tensor(1))).toThrow('the passes must be [T, ...s]');
    expect(() => mcClassification(zeros([2, 0]))).toThrow('the passes must be [T, ...s, K]');
    expect(() => mcClassification(zeros([2, 3]), { weights: ones([3]) })).toThrow(
      'the weights must be [2], one for each pass, got [3]',
    );
    expect(() => mcClassification(zeros([2, 3]), { weights: tensor([1, -1]) })).toThrow(
      'the weights must be >= 0 and not all 0',
    );
    expect(() => mcRegression(zeros([2, 3]), { weights: ones([2]), unbiased: true })).toThrow(
      'an unbiased variance is for passes without weights',
    );
    expect(() => mcRegression(zeros([2, 3]), { tau: 0 })).toThrow(
      'mcRegression: tau must be finite and > 0',
    );
  });

  test('that are certain of different classes disagree by log 2, without NaN', () => {
    const certain = tensor([[[0, -Infinity]], [[-Infinity, 0]]]);
    const { entropy, expectedEntropy, mutualInformation, variance } = mcClassification(certain);
    expect(entropy.item()).toBeCloseTo(Math.LN2, 6);
    expect(mutualInformation.item()).toBeCloseTo(Math.LN2, 6);
    expect(expectedEntropy.item()).toBe(0);
    expect(variance.toArray()).toEqual([[0.25, 0.25]]);
  });

  test('can be of any number of axes', () => {
    const logits = random.normal(rng, [5, 2, 3, 4]);
    const { mean, entropy } = mcClassification(logits);
    expect([mean.shape, entropy.shape]).toEqual([
      [2, 3, 4],
      [2, 3],
    ]);
    expect(mcRegression(tensor([1, 3])).mean.item()).toBe(2);
  });
});

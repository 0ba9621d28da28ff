import { describe, expect, test } from '@jest/globals';
import { div, mul, random, square, sub, sum, type Tensor, tensor } from '@tikhonov/core';
import { Dataset, withClassWeights } from '@tikhonov/data';
import { crossEntropy, Linear } from '@tikhonov/nn';
import { sam, sgd } from '@tikhonov/optim';
import { type FitOptions, fit, type Loss, type RowWeights } from '@tikhonov/train';
import { network, plan, small, valuesOf } from './helpers.ts';

const modes = [
  ['compiled', true],
  ['eager', false],
] as const;

const x = random.normal(random.key(0), [6, 3], { dtype: 'float64' });
const y = random.normal(random.key(1), [6, 1], { dtype: 'float64' });
const model = (): Linear => new Linear(3, 1, { seed: 0, dtype: 'float64' });

/** The weighted mean of squares. */
const squares: Loss = (output, target, { sampleWeight } = {}) => {
  const rows = sum(square(sub(output, target)), { axis: 1 });
  return sampleWeight === undefined
    ? rows.mean()
    : div(sum(mul(sampleWeight, rows)), sum(sampleWeight));
};

async function run(train: Dataset, more: Partial<FitOptions> = {}) {
  const net = model();
  const optimizer = sgd(net, { lr: 0.1 });
  const history = await fit(net, {
    ...{ train, epochs: 2, batchSize: 6, shuffle: false, optimizer, loss: squares },
    ...more,
  });
  return { history, weights: Object.values(valuesOf(net)).flat() };
}

const weighted = (weights: number[]): Dataset =>
  new Dataset({ x, y, sampleWeight: tensor(weights, { dtype: 'float64' }) });

describe.each(modes)('weights of rows (%s)', (_name, compiled) => {
  test('of whole numbers are as good as rows that repeat', async () => {
    const one = await run(weighted([2, 0, 1, 0, 0, 3]), { compiled });
    const rows = new Dataset({ x, y }).take([0, 0, 2, 5, 5, 5]);
    const other = await run(rows, { compiled });
    for (const [i, value] of one.weights.entries()) {
      expect(value).toBeCloseTo(other.weights[i]!, 14);
    }
    expect(one.history.epochs[1]!.dataLoss).toBeCloseTo(other.history.epochs[1]!.dataLoss, 14);
  });

  test('make the mean of an epoch one over weights, not over batches', async () => {
    const seen: number[] = [];
    const callbacks = [
      {
        onBatchEnd(_step: number, { dataLoss }: { readonly dataLoss: number }) {
          seen.push(dataLoss);
        },
      },
    ];
    const { history } = await run(weighted([1, 1, 1, 1, 6, 0]), {
      ...{ compiled, batchSize: 4, epochs: 1, callbacks },
    });
    expect(history.epochs[0]!.dataLoss).toBeCloseTo((4 * seen[0]! + 6 * seen[1]!) / 10, 14);
  });

  test('that are all 0 in a batch make no step of it', async () => {
    const one = await run(weighted([1, 2, 0, 0, 1, 1]), { compiled, batchSize: 2 });
    expect(one.history.epochs.map(({ steps }) => steps)).toEqual([2, 4]);
    const rows = weighted([1, 2, 0, 0, 1, 1]).take([0, 1, 4, 5]);
    expect((await run(rows, { compiled, batchSize: 2 })).weights).toEqual(one.weights);
    const none = run(weighted([0, 0, 0, 0, 1, 1]), { compiled, batchSize: 4, dropLast: true });
    await expect(none).rejects.toThrow(
      'fit: the weights of all rows of epoch 1 are 0.\n  Give some rows a positive weight.',
    );
  });

  test('are not given where there are none', async () => {
    const seen: (RowWeights | undefined)[] = [];
    const loss: Loss = (output, target, ...rest) => {
      seen.push(...rest);
      expect(rest.length).toBe(0);
      return squares(output, target);
    };
    await run(new Dataset({ x, y }), { compiled, loss });
    expect(seen).toEqual([]);
  });

  test('that a loss ignores are an error, and nothing has changed', async () => {
    const net = model();
    const before = valuesOf(net);
    const running = fit(net, {
      ...{ train: weighted([1, 2, 3, 4, 5, 6]), epochs: 1, compiled },
      optimizer: sgd(net, { lr: 0.1 }),
      loss: (output, target) => squares(output, target),
    });
    await expect(running).rejects.toThrow(TypeError);
    await expect(running).rejects.toThrow(
      'fit: loss ignores the weights of the rows, which come from sampleWeight or a padded batch.\n' +
        '  Take them as (output, y, { sampleWeight }) => ..., and return the mean sum(w l) / sum(w).',
    );
    expect(valuesOf(net)).toEqual(before);
  });

  test('reach every evaluation of a step that has several', async () => {
    const net = model();
    const sharp = (train: Dataset, other: Linear) =>
      fit(other, {
        ...{ train, epochs: 2, batchSize: 6, shuffle: false, compiled, loss: squares },
        optimizer: sam(sgd(other, { lr: 0.1 }), { rho: 0.05 }),
      });
    await sharp(weighted([2, 0, 1, 0, 0, 3]), net);
    const twin = model();
    await sharp(new Dataset({ x, y }).take([0, 0, 2, 5, 5, 5]), twin);
    const [a, b] = [net, twin].map((each) => Object.values(valuesOf(each)).flat());
    for (const [i, value] of a!.entries()) expect(value).toBeCloseTo(b![i]!, 12);
  });

  test('stay with their rows behind a transform that does not mention them', async () => {
    const train = weighted([2, 0, 1, 0, 0, 3]);
    const doubled = train.with({ x: mul(train.x, 2) });
    const { weights } = await run(train, {
      compiled,
      transforms: [(batch) => ({ x: mul(batch.x, 2), y: batch.y })],
    });
    expect(weights).toEqual((await run(doubled, { compiled })).weights);
  });

  test('by class are those of the loss', async () => {
    const byClass = Array.from({ length: 10 }, (_, k) => 1 + k / 10);
    const [rows, loss] = [network(), network()];
    const { validation: _, ...options } = plan(rows, { epochs: 1, batchSize: 96, compiled });
    await fit(rows, { ...options, train: withClassWeights(small, byClass) });
    await fit(loss, {
      ...plan(loss, { epochs: 1, batchSize: 96, compiled }),
      loss: (output: Tensor, labels: Tensor) => crossEntropy(output, labels, { weight: byClass }),
      evaluationLoss: crossEntropy,
    });
    const [a, b] = [rows, loss].map((each) => Object.values(valuesOf(each)).flat());
    // One step of Adam moves by the learning rate, 0.01, whose relative float32 roundings these are.
    for (const [i, value] of a!.entries()) expect(value).toBeCloseTo(b![i]!, 5);
  });
});

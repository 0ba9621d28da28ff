import { describe, expect, test } from '@jest/globals';
import { Cell, random, sqrt, type Tensor, tensor } from '@tikhonov/core';
import { DataLoader, Dataset, digits, withClassWeights } from '@tikhonov/data';
import { crossEntropy, mse } from '@tikhonov/nn';
import { sgd } from '@tikhonov/optim';
import {
  accuracy,
  brierScore,
  evaluate,
  evaluator,
  fit,
  type Loss,
  type Metric,
  meanAbsoluteError,
  meanSquaredError,
  negativeLogLikelihood,
  rootMeanSquaredError,
} from '@tikhonov/train';
import { network, plan } from './helpers.ts';

const identity = { forward: (x: Tensor): Tensor => x, namedCells: () => ({}) };
const parts = digits({ seed: 0, trainSize: 600, testFraction: 0.3 });

/** Rows of class 0 first, then those of class 1: no chunk has all classes. */
const labels = parts.train.y.data();
const sorted = parts.train.take(
  Array.from({ length: parts.train.size }, (_, i) => i).sort((i, j) => labels[i]! - labels[j]!),
);

const weight = tensor([1, 1, 1, 1, 1, 1, 1, 1, 1, 50]);
const weighing: Loss = (output, y, rows) => crossEntropy(output, y, { ...rows, weight });
const ignoring: Loss = (output, y) => crossEntropy(output, y, { ignoreIndex: 9 });

describe.each([true, false])('a loss that is no mean over rows (compiled: %s)', (compiled) => {
  test.each([
    ['weighs classes', weighing],
    ['ignores a class', ignoring],
    ['is a sum', (output, y) => crossEntropy(output, y, { reduction: 'sum' })],
    ['is a root', (output, y) => sqrt(mse(output.max({ axis: 1 }), y.astype('float32')))],
  ] as readonly (readonly [string, Loss])[])('because it %s is refused', (_, loss) => {
    const score = evaluator(network(), { loss, compiled, batchSize: 50 });
    expect(() => score(sorted)).toThrow(TypeError);
    expect(() => score(sorted)).toThrow(
      /^evaluate: loss is no mean over rows: it is [\d.]+ of \d+ rows, but [\d.]+ and [\d.]+ of two parts of them, whose mean is [\d.]+\.\n.*data\.withClassWeights.*sampleWeight;\n.*evaluationLoss\./,
    );
  });

  test('is refused if a class has one row only', () => {
    const labels = Int32Array.from({ length: 640 }, (_, i) => Number(i === 5));
    const x = random.normal(random.key(1), [640, 2]);
    const rare = new Dataset({ x, y: tensor(labels), classes: 2 });
    const loss: Loss = (output, y) => crossEntropy(output, y, { weight: [1, 50] });
    expect(() => evaluator(identity, { loss, compiled })(rare)).toThrow('loss is no mean');
  });

  test('is refused of a loader as well, and as a metric by its name', () => {
    const loader = new DataLoader(parts.train, { batchSize: 64, pad: true });
    const metric: Metric = weighing;
    const score = evaluator(network(), { loss: crossEntropy, metrics: { metric }, compiled });
    expect(() => score(loader)).toThrow('evaluate: metric is no mean over rows');
    expect(() => score(withClassWeights(sorted))).toThrow('evaluate: metric is no mean over rows');
  });
});

describe('what is a mean over rows is not refused', () => {
  const means = { accuracy, brierScore, negativeLogLikelihood };

  test.each([1e-6, 1, 1e6])('of logits of size %d, weighted or not', (scale) => {
    const model = network();
    const scaled = { ...identity, forward: (x: Tensor) => model.forward(x).mul(scale) };
    const smooth: Loss = (output, y, rows) =>
      crossEntropy(output, y, { ...rows, labelSmoothing: 0.1 });
    for (const set of [sorted, withClassWeights(sorted), parts.test.subset(3)]) {
      const { loss } = evaluate(scaled, set, { loss: smooth, metrics: means });
      expect(Number.isFinite(loss)).toBe(true);
    }
  });

  test('even if it is small beside what it is the mean of', () => {
    const noise = random.normal(random.key(3), [36], { std: 1e6 }).data();
    // Three rows each, two places apart, cancel, and so do all parts; roundings depend on the number of rows.
    const signed = Array.from({ length: 54 }, (_, i) => {
      const [first, place] = [4 * Math.floor(i / 6) + (i % 2), i % 6];
      if (place < 4) return noise[first + (place < 2 ? 0 : 2)]!;
      return -(noise[first]! + noise[first + 2]!);
    });
    const pairs = tensor(signed);
    const set = new Dataset({ x: pairs, y: pairs });
    const bias: Loss = (output) => output.mul(1 / output.shape[0]!).sum();
    const { loss } = evaluate(identity, set, { loss: bias });
    expect(Math.abs(loss)).toBeLessThan(1);
    expect(loss).not.toBe(0);
    const far = set.with({ x: pairs.add(1e8) });
    const metrics = { meanSquaredError, meanAbsoluteError, rmse: rootMeanSquaredError() };
    expect(evaluate(identity, far, { loss: mse, metrics }).loss).toBeGreaterThan(0);
  });

  test('nor what cannot be told: one row, values that are not finite, parts that are refused', () => {
    const y = tensor([1, 2, 3, NaN]);
    const set = new Dataset({ x: tensor([1, 2, 3, 4]), y });
    expect(evaluate(identity, set, { loss: mse }).loss).toBeNaN();
    const one = new Dataset({ x: tensor([2]), y: tensor([4]) });
    const root: Loss = (output, target) => sqrt(mse(output, target));
    expect(evaluate(identity, one, { loss: root }).loss).toBe(2);
    const logits = tensor([
      [1, 0],
      [1, 0],
      [1, 0],
    ]);
    const classes = new Dataset({ x: logits, y: tensor([0, -1, -1], { dtype: 'int32' }) });
    const loss: Loss = (output, target) => crossEntropy(output, target, { ignoreIndex: -1 });
    expect(evaluate(identity, classes, { loss }).loss).toBeCloseTo(Math.log1p(Math.exp(-1)), 6);
  });

  test('and no cell has changed by the look at it', () => {
    const seen = new Cell(tensor(0));
    const counting: Loss = (output, y) => {
      seen.write(seen.read().add(1));
      return mse(output, y);
    };
    const set = new Dataset({ x: tensor([1, 2, 3]), y: tensor([1, 2, 4]) });
    evaluator(identity, { loss: counting, compiled: false })(set);
    expect(seen.read().item()).toBe(1);
  });
});

test('fit says so before the first step, and takes another loss for evaluations', async () => {
  const model = network();
  const before = model.stateDict();
  const rest = {
    loss: weighing,
    validation: sorted,
    epochs: 1,
    optimizer: sgd(model, { lr: 0.1 }),
  };
  await expect(fit(model, plan(model, rest))).rejects.toThrow('loss is no mean over rows');
  expect(model.stateDict()).toEqual(before);
  const { epochs } = await fit(model, plan(model, { ...rest, evaluationLoss: crossEntropy }));
  expect(epochs.length).toBe(1);
});

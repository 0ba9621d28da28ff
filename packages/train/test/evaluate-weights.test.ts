import { describe, expect, test } from '@jest/globals';
import { type Tensor, tensor } from '@tikhonov/core';
import { DataLoader, Dataset } from '@tikhonov/data';
import { crossEntropy, mse } from '@tikhonov/nn';
import {
  accuracy,
  evaluate,
  evaluator,
  expectedCalibrationError,
  f1Score,
  fit,
  type Metric,
  r2Score,
  type StreamingMetric,
} from '@tikhonov/train';
import { held, network, plan, small } from './helpers.ts';

const modes = [
  ['compiled', true],
  ['eager', false],
] as const;

const weights = Array.from({ length: held.size }, (_, i) => i % 4);
const weighted = held.with({ sampleWeight: tensor(weights) });
const repeated = held.take(weights.flatMap((w, i) => Array<number>(w).fill(i)));

const identity = { forward: (x: Tensor): Tensor => x, namedCells: () => ({}) };
const numbers = new Dataset({ x: tensor([1, 2, 3, 4]), y: tensor([1, 2, 3, 5]) });

/** Distinct chunk shapes a model has seen. */
function watched() {
  const seen: number[] = [];
  return {
    seen,
    model: {
      ...identity,
      forward: (x: Tensor): Tensor => {
        seen.push(x.shape[0]!);
        return x;
      },
    },
  };
}

describe.each(modes)('a data set with sampleWeight, %s', (_, compiled) => {
  test('gives weighted means: whole weights are repeated rows', () => {
    const model = network();
    const metrics = { accuracy, ece: expectedCalibrationError(), f1: f1Score() };
    const options = { loss: crossEntropy, metrics, compiled };
    for (const batchSize of [3, 64, 512]) {
      const got = evaluator(model, { ...options, batchSize })(weighted);
      const want = evaluator(model, options)(repeated);
      // float32 losses and probabilities; the metrics differ by how products of matrices round.
      expect(Math.abs(got.loss - want.loss)).toBeLessThan(want.loss * 2 ** -20);
      expect(Math.abs(got.accuracy - want.accuracy)).toBeLessThan(1e-14);
      expect(Math.abs(got.f1 - want.f1)).toBeLessThan(1e-14);
      expect(Math.abs(got.ece - want.ece)).toBeLessThan(2 ** -20);
    }
    const plain = evaluator(model, options)(held);
    expect(Math.abs(plain.loss - evaluator(model, options)(weighted).loss)).toBeGreaterThan(1e-4);
  });

  test('is weighed as { x, y, sampleWeight }, too', () => {
    const { x, y } = numbers;
    const sampleWeight = tensor([1, 1, 1, 0]);
    const score = evaluator(identity, { loss: mse, metrics: { r2: r2Score() }, compiled });
    expect(score({ x, y, sampleWeight })).toEqual({ loss: 0, r2: 1 });
    expect(score({ x, y }).loss).toBe(0.25);
  });

  test('skips chunks in which no row counts', () => {
    const set = numbers.with({ sampleWeight: tensor([0, 0, 0, 2]) });
    expect(evaluator(identity, { loss: mse, batchSize: 2, compiled })(set).loss).toBe(1);
    expect(evaluator(identity, { loss: mse, batchSize: 1, compiled })(set).loss).toBe(1);
  });

  test('refuses losses and metrics that do not look at the weights', () => {
    const set = numbers.with({ sampleWeight: tensor([0, 0, 0, 2]) });
    const blind = (output: Tensor, y: Tensor): Tensor => mse(output, y);
    expect(() => evaluator(identity, { loss: blind, compiled })(set)).toThrow(
      /evaluate: loss ignores the weights of the rows/,
    );
    const stream: StreamingMetric = {
      statistics: (output) => ({ total: output.sum() }),
      value: ({ total }) => total!.item(),
    };
    for (const metric of [blind, stream]) {
      const score = evaluator(identity, { loss: mse, metrics: { metric }, compiled });
      expect(() => score(set)).toThrow(/evaluate: metric ignores the weights/);
      expect(score(numbers).metric).toBe(metric === blind ? 0.25 : 10);
    }
  });
});

describe.each(modes)('a data loader, %s', (_, compiled) => {
  test('is evaluated as its data set is, and stays at its place', () => {
    const model = network();
    const options = { loss: crossEntropy, metrics: { accuracy, f1: f1Score() }, compiled };
    for (const set of [held, weighted]) {
      const want = evaluator(model, options)(set);
      for (const pad of [false, true]) {
        const loader = new DataLoader(set, { batchSize: 50, seed: 3, pad });
        loader.seek(2, 1);
        const got = evaluator(model, options)(loader);
        expect(Math.abs(got.loss - want.loss)).toBeLessThan(want.loss * 2 ** -20);
        expect(got.accuracy).toBeCloseTo(want.accuracy, 14);
        expect(got.f1).toBeCloseTo(want.f1, 14);
        expect([loader.epoch, loader.batch]).toEqual([2, 1]);
      }
    }
  });

  test('that fills its batches needs one shape, and the filling does not count', () => {
    const { model, seen } = watched();
    const loader = new DataLoader(numbers, { batchSize: 3, pad: true });
    expect(evaluator(model, { loss: mse, compiled })(loader).loss).toBe(0.25);
    expect(seen).toEqual(compiled ? [3, 3] : [3, 3, 3]);
  });

  test('may change its batches, but not asynchronously', () => {
    const loader = new DataLoader(numbers, {
      batchSize: 3,
      map: (batch) => ({ ...batch, x: batch.y }),
    });
    expect(evaluator(identity, { loss: mse, compiled })(loader).loss).toBe(0);
    const dropped = new DataLoader(numbers, { map: ({ x }) => ({ x }) });
    expect(() => evaluator(identity, { loss: mse, compiled })(dropped)).toThrow(
      /evaluate: the loader's map must give \{ x, y \} with Tensors/,
    );
    const later = new DataLoader(numbers, { map: async (batch) => batch });
    expect(() => evaluator(identity, { loss: mse, compiled })(later)).toThrow(/a Promise/);
  });
});

describe('streaming metrics', () => {
  test('see the same sums in any chunks, in float64, compiled or not', () => {
    const big: StreamingMetric = {
      // In float32 the ones would be lost beside 2^24.
      statistics: (output) => ({ total: output.sum(), count: tensor(output.shape[0]!) }),
      value: ({ total, count }) => total!.item() / count!.item(),
    };
    const x = tensor([2 ** 24, 1, 1, 1]);
    for (const compiled of [false, true]) {
      const options = { loss: mse, metrics: { big }, batchSize: 1, compiled };
      expect(evaluator(identity, options)({ x, y: x }).big).toBe((2 ** 24 + 3) / 4);
    }
  });

  test('may put batches together in their own way, and keep a this', () => {
    class Longest implements StreamingMetric {
      readonly scale = 2;
      statistics(output: Tensor) {
        return { most: output.max() };
      }
      combine(parts: readonly Readonly<Record<string, Tensor>>[]) {
        return { most: tensor(this.scale * Math.max(...parts.map(({ most }) => most!.item()))) };
      }
      value({ most }: Readonly<Record<string, Tensor>>) {
        return most!.item() - this.scale;
      }
    }
    const options = { loss: mse, metrics: { longest: new Longest() }, batchSize: 3 };
    expect(evaluate(identity, numbers, options).longest).toBe(6);
  });

  test('are refused if their statistics are no tensors, or of changing shape or name', () => {
    const scored = (statistics: StreamingMetric['statistics']) => () =>
      evaluate(identity, numbers, {
        loss: mse,
        metrics: { odd: { statistics, value: () => 0 } },
        batchSize: 3,
      });
    expect(scored(() => ({ total: 1 as never }))).toThrow(
      'evaluate: odd: statistics must return tensors by name, it returned { total: number }.',
    );
    expect(scored((output) => output as never)).toThrow(/it returned a Tensor/);
    expect(scored((output) => ({ all: output }))).toThrow(
      "evaluate: odd: statistic 'all' is [3] for one batch and [1] for another.",
    );
    expect(scored((output) => ({ [`of${output.shape[0]}`]: output.sum() }))).toThrow(
      /statistics are of3 for one batch and of1 for another/,
    );
    const value = (() => undefined) as never;
    const metrics = { odd: { statistics: () => ({}), value } };
    expect(() => evaluate(identity, numbers, { loss: mse, metrics })).toThrow(
      'evaluate: the value of odd must be a number, it is undefined.',
    );
    expect(() => evaluate(identity, numbers, { loss: mse, metrics: { odd: {} as never } })).toThrow(
      "evaluate: metric 'odd' must be a function",
    );
  });

  test('are typed: their values are numbers under their names, in the order asked for', () => {
    const metrics = { r2: r2Score(), half: ((o) => o.mean().mul(0.5)) satisfies Metric };
    const scores = evaluate(identity, numbers, { loss: mse, metrics });
    // Without the names in the type these are number | undefined, and do not compile.
    const both: number = scores.r2 + scores.half;
    expect(both).toBeCloseTo(1 - 1 / 8.75 + 1.25, 14);
    expect(Object.keys(scores)).toEqual(['loss', 'r2', 'half']);
  });

  test('are metrics of fit', async () => {
    const model = network();
    const metrics = { accuracy, ece: expectedCalibrationError(), f1: f1Score() };
    const history = await fit(model, plan(model, { train: small, metrics }));
    const { validation } = history.epochs.at(-1)!.evaluations;
    const want = evaluate(model, held, { loss: crossEntropy, metrics });
    expect(Object.keys(validation!)).toEqual(['loss', 'accuracy', 'ece', 'f1']);
    expect(validation!.accuracy).toBeCloseTo(want.accuracy, 14);
    expect(validation!.ece).toBeCloseTo(want.ece, 5);
    expect(validation!.f1).toBeCloseTo(want.f1, 14);
  });
});

test('a data set has at most two programs, with weights as without', () => {
  for (const set of [numbers, numbers.with({ sampleWeight: tensor([1, 2, 3, 4]) })]) {
    const { model, seen } = watched();
    const score = evaluator(model, { loss: mse, batchSize: 3, compiled: true });
    score(set);
    score(set);
    // First a look whether the loss is a mean over rows.
    expect(seen).toEqual([4, 3, 1]);
  }
});

import { describe, expect, test } from '@jest/globals';
import { parameter, ShapeError, type Tensor, tensor } from '@tikhonov/core';
import { BatchNorm1d, type ForwardContext, Linear, Sequential } from '@tikhonov/nn';
import { predict, predictor } from '@tikhonov/train';
import { held, network, valuesOf } from './helpers.ts';

describe('predict', () => {
  test('gives the outputs of all rows in order, whatever the chunks, without dropout', () => {
    const model = network(0.5);
    const want = model.forward(held.x).toArray();
    for (const batchSize of [1, 50, held.size, 1000]) {
      expect(predict(model, held.x, { batchSize }).toArray()).toEqual(want);
    }
  });

  test('compiled, it is the same but for rounding, and sees what the model learns', () => {
    const w = parameter(tensor([[2]]));
    const shapes: number[] = [];
    const model = {
      namedCells: () => ({ w }),
      forward: (x: Tensor) => {
        shapes.push(x.shape[0]!);
        return x.mul(w);
      },
    };
    const run = predictor(model, { batchSize: 2, compiled: true });
    expect(run(tensor([[1], [2], [3]])).toArray()).toEqual([[2], [4], [6]]);
    w.write(tensor([[-1]]));
    expect(run(tensor([[1], [2], [3], [4], [5]])).toArray()).toEqual([
      [-1],
      [-2],
      [-3],
      [-4],
      [-5],
    ]);
    expect(shapes).toEqual([2, 1]);
    expect(predict(model, tensor([[3]]), { compiled: true }).toArray()).toEqual([[-3]]);
  });

  test('touches no state, records nothing, and says that it is not training', () => {
    const contexts: (ForwardContext | undefined)[] = [];
    const inner = new Sequential(new Linear(64, 3, { seed: 0 }), new BatchNorm1d(3));
    const model = {
      namedCells: () => inner.namedCells(),
      forward: (x: Tensor, context?: ForwardContext) => {
        contexts.push(context);
        return inner.forward(x, context);
      },
    };
    const before = valuesOf(model);
    const output = predict(model, held.x, { batchSize: 100 });
    expect(valuesOf(model)).toEqual(before);
    expect(output.requiresGrad).toBe(false);
    expect(contexts[0]).toEqual({ training: false });
  });

  test('refuses no rows, chunks of no rows, and outputs that are not one per row', () => {
    const model = network();
    expect(() => predict(model, tensor([]).reshape([0, 64]))).toThrow(
      'predict: the inputs must be [n, ...] with n >= 1, got [0, 64].',
    );
    expect(() => predict(model, tensor(1))).toThrow(ShapeError);
    expect(() => predict(model, held as never)).toThrow(/Of a data set, pass its x/);
    expect(() => predict(model, held.x, { batchSize: 0 })).toThrow(RangeError);
    expect(() => predict(held.x as never, held.x)).toThrow(/predict: model.forward must be/);
    const mean = { ...model, namedCells: () => ({}), forward: (x: Tensor) => x.mean() };
    expect(() => predict(mean, held.x)).toThrow(
      /predict: the model must give one output per row, got \[\] for inputs \[\d+, 64\]/,
    );
    const later = { namedCells: () => ({}), forward: (async () => held.x) as never };
    expect(() => predict(later, held.x)).toThrow(/it returned a Promise/);
  });
});

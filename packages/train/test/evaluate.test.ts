import { describe, expect, test } from '@jest/globals';
import { parameter, ShapeError, type Tensor, tensor } from '@tikhonov/core';
import { crossEntropy, type ForwardContext } from '@tikhonov/nn';
import { accuracy, evaluate, negativeLogLikelihood } from '@tikhonov/train';
import { held, network, valuesOf } from './helpers.ts';

describe('evaluate', () => {
  test('is the loss over the whole set, whatever the chunks', () => {
    const model = network(0.5);
    const want = crossEntropy(model.forward(held.x), held.y).item();
    for (const batchSize of [7, 64, 512]) {
      const got = evaluate(model, held, { loss: crossEntropy, metrics: { accuracy }, batchSize });
      // A float32 mean per chunk: half an ulp of the loss each, and the sums' rounding.
      expect(Math.abs(got.loss - want)).toBeLessThan(want * held.size * 2 ** -24);
    }
  });

  test('touches neither gradients nor state, and says that it is not training', () => {
    const w = parameter(tensor([[2]]));
    const contexts: (ForwardContext | undefined)[] = [];
    const outputs: Tensor[] = [];
    const model = {
      namedCells: () => ({ w }),
      forward: (x: Tensor, context?: ForwardContext) => {
        contexts.push(context);
        const output = x.mul(w);
        outputs.push(output);
        return output;
      },
    };
    const before = valuesOf(model);
    const set = { x: tensor([[1], [2], [3]]), y: tensor([0, 0, 0]) };
    const { loss } = evaluate(model, set, { loss: (output) => output.mean(), batchSize: 2 });
    expect(loss).toBe(4);
    expect(contexts).toEqual([{ training: false }, { training: false }]);
    expect(outputs.some((output) => output.requiresGrad)).toBe(false);
    expect([w.grad, valuesOf(model)]).toEqual([null, before]);
  });

  test('refuses losses that are no scalars, names that clash, and empty chunks', () => {
    const model = network();
    expect(() => evaluate(model, held, { loss: (output) => output })).toThrow(ShapeError);
    const metrics = { loss: accuracy };
    expect(() => evaluate(model, held, { loss: crossEntropy, metrics })).toThrow(TypeError);
    expect(() => evaluate(model, held, { loss: crossEntropy, batchSize: 0 })).toThrow(RangeError);
  });
});

describe('metrics', () => {
  const logits = tensor(
    [
      [1, 3, 2],
      [5, 5, 0],
      [0, 0, 9],
    ],
    { dtype: 'float64' },
  );
  const labels = tensor([1, 1, 2], { dtype: 'int32' });

  test('accuracy counts the first of equal logits', () => {
    expect(accuracy(logits, labels).item()).toBeCloseTo(2 / 3, 7);
  });

  test('negativeLogLikelihood is the cross-entropy without smoothing', () => {
    const [got, want] = [negativeLogLikelihood(logits, labels), crossEntropy(logits, labels)];
    expect(Math.abs(got.item() - want.item())).toBeLessThan(4 * 2 ** -52);
  });

  test('both refuse shapes that do not belong together', () => {
    expect(() => accuracy(logits, labels.expandDims(1))).toThrow(ShapeError);
    expect(() => negativeLogLikelihood(logits, tensor([1], { dtype: 'int32' }))).toThrow(
      ShapeError,
    );
  });
});

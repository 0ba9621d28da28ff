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
    // The first one is a look whether the loss is a mean over rows.
    expect(contexts).toEqual([{ training: false }, { training: false }, { training: false }]);
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

  test('refuses values that are neither numbers nor tensors instead of reporting NaN', () => {
    const model = network();
    const later = { rate: (async () => 1) as never };
    expect(() => evaluate(model, held, { loss: crossEntropy, metrics: later })).toThrow(
      /evaluate: rate must return a number or a scalar Tensor, it returned a Promise/,
    );
    const nothing = { rate: (() => undefined) as never };
    expect(() => evaluate(model, held, { loss: crossEntropy, metrics: nothing })).toThrow(
      'it returned undefined.',
    );
    expect(() => evaluate(model, held, {} as never)).toThrow('evaluate: loss must be a function');
  });

  test('is typed: the metrics that were asked for are numbers', () => {
    const scores = evaluate(network(), held, { loss: crossEntropy, metrics: { accuracy } });
    // Without the names in the type this is number | undefined, and does not compile.
    const value: number = scores.accuracy;
    expect(value).toBeGreaterThanOrEqual(0);
    const plain = evaluate(network(), held, { loss: crossEntropy });
    // @ts-expect-error nobody asked for this one
    const missing: number = plain.accuracy;
    expect(missing).toBeUndefined();
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

  test('both take labels of any number type, and refuse what is no label', () => {
    for (const measure of [accuracy, negativeLogLikelihood]) {
      const want = measure(logits, labels).item();
      for (const dtype of ['float32', 'float64', 'uint32'] as const) {
        expect(measure(logits, labels.astype(dtype)).item()).toBe(want);
      }
      for (const bad of [0.5, 3, -1, Number.NaN, Infinity]) {
        expect(() => measure(logits, tensor([0, 1, bad]))).toThrow(
          /labels must be integers in \[0, 3\), got/,
        );
      }
      expect(() => measure(logits, labels.astype('bool'))).toThrow(/got bool/);
    }
  });

  test('both refuse shapes that do not belong together', () => {
    expect(() => accuracy(logits, labels.expandDims(1))).toThrow(ShapeError);
    expect(() => negativeLogLikelihood(logits, tensor([1], { dtype: 'int32' }))).toThrow(
      ShapeError,
    );
  });
});

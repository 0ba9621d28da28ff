import { describe, expect, test } from '@jest/globals';
import { ones, random, ShapeError, tensor, zeros } from '@tikhonov/core';
import { Linear, linear } from '../src/index.ts';
import { constantInit } from '../src/initializers.ts';

describe('Linear', () => {
  test('has weight [out, in], bias [out] and the same draws for the same seed', () => {
    const layer = new Linear(3, 2, { seed: 4 });
    expect(Object.keys(layer.namedParameters())).toEqual(['weight', 'bias']);
    expect([layer.weight.shape, layer.bias!.shape]).toEqual([[2, 3], [2]]);
    const again = new Linear(3, 2, { key: random.key(4) });
    expect(again.weight.read().data()).toEqual(layer.weight.read().data());
    expect(new Linear(3, 2, { seed: 5 }).weight.read().data()).not.toEqual(
      layer.weight.read().data(),
    );
  });

  test('the weight does not depend on whether there is a bias', () => {
    const bare = new Linear(3, 2, { seed: 4, bias: false });
    expect(bare.bias).toBeNull();
    expect(Object.keys(bare.namedParameters())).toEqual(['weight']);
    expect(bare.weight.read().data()).toEqual(new Linear(3, 2, { seed: 4 }).weight.read().data());
  });

  test('weight and bias are drawn independently', () => {
    // With one input both are U(-1, 1) of four values.
    const layer = new Linear(1, 4, { seed: 0 });
    expect(layer.bias!.read().data()).not.toEqual(layer.weight.read().data());
  });

  test('works on any leading axes', () => {
    const layer = new Linear(3, 2, { seed: 0, dtype: 'float64' });
    const x = random.normal(random.key(1), [2, 4, 3], { dtype: 'float64' });
    const y = layer.forward(x);
    expect(y.shape).toEqual([2, 4, 2]);
    const flat = layer.forward(x.reshape([8, 3]));
    expect(y.data()).toEqual(flat.data());
    expect(layer.forward(x.reshape([24]).reshape([8, 3])).shape).toEqual([8, 2]);
    expect(layer.forward(zeros([3], { dtype: 'float64' })).data()).toEqual(
      layer.bias!.read().data(),
    );
    expect(layer.forward(zeros([0, 3], { dtype: 'float64' })).shape).toEqual([0, 2]);
  });

  test('takes initializers', () => {
    const init = { weightInit: constantInit(2), biasInit: constantInit(1) };
    const layer = new Linear(3, 1, { seed: 0, ...init });
    expect(layer.forward(ones([1, 3])).toArray()).toEqual([[7]]);
  });

  test('names the sizes that do not fit', () => {
    const layer = new Linear(784, 10, { seed: 0 });
    expect(() => layer.forward(zeros([32, 28, 28]))).toThrow(
      new ShapeError(
        'Linear(784 -> 10): the last axis of x must be 784, got shape [32, 28, 28].\n' +
          '  Did you mean x.reshape([32, 784])?',
      ),
    );
    expect(() => layer.forward(zeros([32, 10]))).toThrow(ShapeError);
    expect(() => layer.forward(tensor(1))).toThrow(ShapeError);
    expect(() => linear(zeros([2, 3]), zeros([3, 2]))).toThrow(
      'linear: x [2, 3] and weight [3, 2] do not fit.',
    );
  });

  test('needs sizes >= 1 and one source of randomness', () => {
    expect(() => new Linear(0, 2, { seed: 0 })).toThrow(
      new RangeError('Linear: inFeatures must be an integer >= 1, got 0.'),
    );
    expect(() => new Linear(2, 1.5, { seed: 0 })).toThrow(RangeError);
    expect(() => new Linear(2, 2, {})).toThrow(/needs? a seed or a key, got neither/);
    expect(() => new Linear(2, 2, { seed: 0, key: random.key(0) })).toThrow(TypeError);
  });
});

test('Linear takes a context as every module does, and names inputs that are no tensors', () => {
  const layer = new Linear(1, 1, { seed: 0, weightInit: constantInit(2), bias: false });
  expect(layer.forward(tensor([3]), { training: true }).toArray()).toEqual([6]);
  const values: unknown = [[3]];
  expect(() => layer.forward(values as never)).toThrow(
    new TypeError(
      'Linear(1 -> 1): x must be a Tensor, got an array.\n  Make one with tensor(...).',
    ),
  );
});

import { describe, expect, test } from '@jest/globals';
import { DTypeError, grad, ones, parameter, sum, type Tensor, tensor } from '@tikhonov/core';
import * as nn from '../src/index.ts';

describe('astype', () => {
  test('casts parameters and buffers in place, integers stay', () => {
    const layer = new nn.BatchNorm1d(2);
    const model = new nn.Sequential(layer, new nn.LSTM(2, 2, { seed: 0 }), (y: Tensor) => y);
    const before = JSON.stringify(model.stateDict());
    expect(nn.astype(model, 'float64')).toBe(model);
    const dtypes = Object.entries(model.stateDict()).map(([name, value]) => [name, value.dtype]);
    for (const [name, dtype] of dtypes) {
      expect(dtype).toBe(name === '0.num_batches_tracked' ? 'int32' : 'float64');
    }
    const x = tensor(
      [
        [1, 2],
        [3, 5],
      ],
      { dtype: 'float64' },
    );
    expect(model.forward(x, { training: true }).dtype).toBe('float64');
    expect(layer.runningMean!.dtype).toBe('float64');
    // Exact upwards: back again all values are the same bits.
    const other = new nn.Sequential(
      new nn.BatchNorm1d(2),
      new nn.LSTM(2, 2, { seed: 0 }),
      (y: Tensor) => y,
    );
    const back = nn.astype(nn.astype(other, 'float64'), 'float32');
    expect(JSON.stringify(back.stateDict())).toBe(before);
  });

  test('keeps ties and identities, so that gradients go where they went', () => {
    class Tied extends nn.Module {
      readonly first = parameter(tensor([2]));
      readonly again = this.first;
      forward(x: Tensor): Tensor {
        return x.mul(this.first).mul(this.again);
      }
    }
    const model = new Tied();
    sum(model.forward(tensor([1]))).backward();
    nn.astype(model, 'float64');
    expect(model.first).toBe(model.again);
    expect(model.first.grad).toBeNull();
    const x = tensor([3], { dtype: 'float64' });
    sum(model.forward(x)).backward();
    expect(model.first.grad!.toArray()).toEqual([12]);
    const slope = grad((_: Record<string, typeof model.first>) => sum(model.forward(x)))(
      model.namedParameters(),
    );
    expect(slope.first!.dtype).toBe('float64');
  });

  test('refuses other dtypes and things', () => {
    const model = new nn.Linear(1, 1, { seed: 0 });
    expect(() => nn.astype(model, 'int32')).toThrow(
      new DTypeError("astype: a model's dtype must be 'float32' or 'float64', got 'int32'."),
    );
    expect(() => nn.astype(ones([1]) as never, 'float64')).toThrow(
      'astype: needs a Module, got a tensor or cell.\n  Tensors have x.astype(dtype).',
    );
  });
});

import { describe, expect, test } from '@jest/globals';
import {
  celu,
  elu,
  gelu,
  glu,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  random,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  type Tensor,
  tanh,
  tensor,
} from '@tikhonov/core';
import * as nn from '../src/index.ts';

const layers: readonly (readonly [string, nn.Module & nn.Layer, (x: Tensor) => Tensor])[] = [
  ['ReLU', new nn.ReLU(), relu],
  ['ReLU6', new nn.ReLU6(), relu6],
  ['LeakyReLU', new nn.LeakyReLU(), (x) => leakyRelu(x)],
  [
    'LeakyReLU of slope 0.2',
    new nn.LeakyReLU({ negativeSlope: 0.2 }),
    (x) => leakyRelu(x, { negativeSlope: 0.2 }),
  ],
  ['ELU of alpha 2', new nn.ELU({ alpha: 2 }), (x) => elu(x, { alpha: 2 })],
  ['CELU of alpha 2', new nn.CELU({ alpha: 2 }), (x) => celu(x, { alpha: 2 })],
  ['SELU', new nn.SELU(), selu],
  ['GELU', new nn.GELU(), (x) => gelu(x)],
  ['GELU by tanh', new nn.GELU({ approximate: 'tanh' }), (x) => gelu(x, { approximate: 'tanh' })],
  ['SiLU', new nn.SiLU(), silu],
  ['Mish', new nn.Mish(), mish],
  ['Softplus', new nn.Softplus(), softplus],
  ['Softsign', new nn.Softsign(), softsign],
  ['Tanh', new nn.Tanh(), tanh],
  ['Hardtanh', new nn.Hardtanh({ maxVal: 0.5 }), (x) => hardtanh(x, { maxVal: 0.5 })],
  ['Sigmoid', new nn.Sigmoid(), sigmoid],
  ['LogSigmoid', new nn.LogSigmoid(), logSigmoid],
  ['Hardsigmoid', new nn.Hardsigmoid(), hardsigmoid],
  ['Hardswish', new nn.Hardswish(), hardswish],
  ['Softmax', new nn.Softmax(), (x) => softmax(x)],
  ['Softmax along the first axis', new nn.Softmax({ axis: 0 }), (x) => softmax(x, { axis: 0 })],
  ['LogSoftmax', new nn.LogSoftmax({ axis: 0 }), (x) => logSoftmax(x, { axis: 0 })],
  ['GLU', new nn.GLU({ axis: 0 }), (x) => glu(x, { axis: 0 })],
  ['Identity', new nn.Identity(), (x) => x],
];

describe('an activation as a layer is the function', () => {
  const x = random.normal(random.key(0), [4, 6], { std: 3 });

  test.each(layers)('%s', (_name, layer, f) => {
    expect(layer.forward(x).data()).toEqual(f(x).data());
    expect(Object.keys(layer.stateDict())).toEqual([]);
    expect(new nn.Sequential(layer).forward(x, { training: true }).data()).toEqual(f(x).data());
  });
});

test('bad options are refused by the constructor', () => {
  expect(() => new nn.LeakyReLU({ negativeSlope: Number.NaN })).toThrow(RangeError);
  expect(() => new nn.LeakyReLU({ slope: 1 } as never)).toThrow(
    'leakyRelu: unknown option "slope"',
  );
  expect(() => new nn.CELU({ alpha: 0 })).toThrow(RangeError);
  expect(() => new nn.GELU({ approximate: 'erf' as never })).toThrow(RangeError);
  expect(() => new nn.Hardtanh({ minVal: 2 })).toThrow(RangeError);
  expect(() => new nn.Softmax({ dim: 1 } as never)).toThrow('Softmax: unknown option "dim"');
});

describe('PReLU', () => {
  test('has one slope, or one per channel', () => {
    const x = tensor([[-1, -2]]);
    expect(new nn.PReLU().forward(x).toArray()).toEqual([[-0.25, -0.5]]);
    const layer = new nn.PReLU({ numParameters: 2, init: 0.5 });
    layer.weight.write(tensor([0.5, 2]));
    expect(layer.forward(x).toArray()).toEqual([[-0.5, -4]]);
    expect(Object.keys(layer.namedParameters())).toEqual(['weight']);
  });

  test('checks its options', () => {
    expect(() => new nn.PReLU({ numParameters: 0 })).toThrow(
      new RangeError('PReLU: numParameters must be an integer >= 1, got 0.'),
    );
    expect(() => new nn.PReLU({ init: Infinity })).toThrow(
      'PReLU: init must be finite, got Infinity.',
    );
  });
});

import { describe, expect, test } from '@jest/globals';
import { ones, random, tensor } from '@tikhonov/core';
import * as nn from '../src/index.ts';

const bad = (value: unknown): never => value as never;

describe('constructors refuse', () => {
  test.each<readonly [string, () => unknown, string]>([
    [
      'a rate in place of options',
      () => new nn.Dropout(bad(0.1)),
      'Dropout: options must be an object, got 0.1',
    ],
    ['misspelt rates', () => new nn.Dropout(bad({ rate: 0.1 })), 'Dropout: unknown option "rate".'],
    [
      'a stride in place of options',
      () => new nn.MaxPool2d(3, bad(2)),
      'MaxPool2d: options must be an object, got 2',
    ],
    [
      'unknown options of pools',
      () => new nn.AvgPool2d(2, bad({ zz: 1 })),
      'AvgPool2d: unknown option "zz".',
    ],
    [
      'strides of 0',
      () => new nn.MaxPool2d(2, { stride: 0 }),
      'MaxPool2d: stride must be an integer >= 1 or 2 of them, got 0.',
    ],
    ['too much padding', () => new nn.MaxPool1d(2, { padding: 2 }), 'padding'],
    [
      'flags of pools that are none',
      () => new nn.MaxPool1d(2, { ceilMode: bad('no') }),
      "MaxPool1d: ceilMode must be true or false, got 'no'.",
    ],
    ['a divisor of 0', () => new nn.AvgPool1d(2, { divisorOverride: 0 }), 'divisorOverride'],
    [
      'options of ReLU',
      () => new nn.ReLU(bad({ inplace: true })),
      'ReLU: takes no options, got inplace.\n  Use new ReLU().',
    ],
    ['arguments of Sigmoid', () => new nn.Sigmoid(bad(2)), 'Sigmoid: takes no options, got 2.'],
    [
      'a beta in place of options',
      () => new nn.Softplus(bad(2)),
      'Softplus: options must be an object, got 2',
    ],
    [
      'betas of 0',
      () => new nn.Softplus({ beta: 0 }),
      'Softplus: beta must be finite and > 0, got 0.',
    ],
    [
      'axes that are not numbers',
      () => new nn.Softmax({ axis: Number.NaN }),
      'Softmax: axis must be an integer, got NaN.',
    ],
    [
      'bias that is text',
      () => new nn.Linear(2, 2, { seed: 0, bias: bad('false') }),
      "Linear: bias must be true or false, got 'false'.",
    ],
    [
      'normFirst that is text',
      () => new nn.TransformerEncoderLayer(4, 2, { seed: 0, normFirst: bad('no') }),
      "TransformerEncoderLayer: normFirst must be true or false, got 'no'.",
    ],
    [
      'numbers for flags',
      () => new nn.GRU(2, 2, { seed: 0, bidirectional: bad(1) }),
      'GRU: bidirectional must be true or false, got 1.',
    ],
  ])('%s', (_what, make, message) => {
    expect(make).toThrow(message);
  });
});

test('Softplus with beta tends to relu', () => {
  const y = new nn.Softplus({ beta: 100 }).forward(tensor([-1, 0, 2])).toArray();
  expect(y).toEqual([0, Math.fround(Math.LN2 / 100), 2]);
});

describe('seeds and keys', () => {
  test('without them every layer says what to pass', () => {
    for (const [name, make] of [
      ['Linear', () => new nn.Linear(2, 3)],
      ['Conv2d', () => new nn.Conv2d(1, 1, 1)],
      ['ConvTranspose1d', () => new nn.ConvTranspose1d(1, 1, 1)],
      ['Embedding', () => new nn.Embedding(1, 1)],
      ['RNN', () => new nn.RNN(1, 1)],
      ['LSTM', () => new nn.LSTM(1, 1)],
      ['GRUCell', () => new nn.GRUCell(1, 1)],
      ['MultiheadAttention', () => new nn.MultiheadAttention(2, 1)],
      ['TransformerEncoderLayer', () => new nn.TransformerEncoderLayer(2, 1)],
      ['mlp', () => nn.mlp([1, 1])],
    ] as const) {
      expect(make).toThrow(
        `${name}: initial values need a seed or a key, got neither.\n  Pass { seed: 0 }, or { key }`,
      );
    }
  });

  test('equal seeds make twins; a generator gives every layer its next key', () => {
    const weights = (key: object): unknown => new nn.Linear(2, 2, key).weight.read().toArray();
    expect(weights({ seed: 3 })).toEqual(weights({ seed: 3 }));
    const [a, b] = [new random.Generator(3), new random.Generator(3)];
    const first = weights({ key: a });
    expect(first).toEqual(weights({ key: b.next() }));
    expect(weights({ key: a })).not.toEqual(first);
    expect(() => weights({ key: 3 })).toThrow(
      'Linear: key must be a random key or Generator, got number.\n  For a number pass { seed }.',
    );
    const lstm = new nn.LSTM(1, 1, {
      key: new random.Generator(5),
      numLayers: 2,
      bidirectional: true,
    });
    const same = new nn.LSTM(1, 1, {
      key: new random.Generator(5).next(),
      numLayers: 2,
      bidirectional: true,
    });
    expect(JSON.stringify(lstm.stateDict())).toBe(JSON.stringify(same.stateDict()));
  });
});

describe('initialisers', () => {
  test('must be functions that return tensors of the shape', () => {
    expect(() => new nn.Linear(2, 2, { seed: 0, weightInit: bad(0) })).toThrow(
      'Linear: the initializer of weight is number, not a function.\n  For example nn.init.normal.',
    );
    expect(() => new nn.Conv1d(2, 2, 1, { seed: 0, biasInit: () => ones([3]) })).toThrow(
      'Conv1d: the initializer of bias returned [3], asked for [2].',
    );
    expect(() => new nn.Embedding(2, 2, { seed: 0, weightInit: bad(() => 1) })).toThrow(
      'Embedding: the initializer of weight returned number, asked for [2, 2].',
    );
  });

  test('called instead of passed say so', () => {
    const called = nn.init.kaimingNormal as () => never;
    expect(() => new nn.Linear(2, 2, { seed: 0, weightInit: called() })).toThrow(
      'fans: an initializer needs a shape, got undefined.\n  Pass the function itself, uncalled: { weightInit: nn.init.kaimingNormal }.',
    );
  });
});

test('the class in place of a layer', () => {
  expect(() => new nn.Sequential(bad(nn.ReLU))).toThrow(
    'Sequential: layer 0 is the class ReLU, not a Module or a function of a tensor.\n  Make one: new ReLU(...).',
  );
  class Two extends nn.Module {}
  expect(() => new nn.Residual(bad(new Two()))).toThrow('Residual: body is a Two without forward,');
});

test('a label to be left out leads to ignoreIndex', () => {
  const labels = tensor([0, -100], { dtype: 'int32' });
  expect(() => nn.crossEntropy(ones([2, 3]), labels)).toThrow(
    'crossEntropy: labels must be integers in [0, 3), got -100 at position 1.\n' +
      '  3 classes are numbered from 0. To leave a label out, pass { ignoreIndex: it }.',
  );
});

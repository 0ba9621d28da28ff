import { describe, expect, test } from '@jest/globals';
import { gelu, ones, random, relu, type Tensor, tensor } from '@tikhonov/core';
import { Dropout, Linear, mlp, Sequential } from '../src/index.ts';
import { constantInit } from '../src/initializers.ts';

const valuesOf = (state: Readonly<Record<string, Tensor>>): unknown =>
  Object.fromEntries(Object.entries(state).map(([name, value]) => [name, value.toArray()]));

describe('mlp', () => {
  test('names and shapes', () => {
    const cells = mlp([64, 128, 10], { seed: 0, dropout: 0.5 }).namedCells();
    expect(Object.entries(cells).map(([name, { shape }]) => [name, shape])).toEqual([
      ['layers.0.weight', [128, 64]],
      ['layers.0.bias', [128]],
      ['layers.1.weight', [10, 128]],
      ['layers.1.bias', [10]],
    ]);
  });

  test('neither dropout nor more layers nor another activation change the draws', () => {
    const plain = mlp([4, 8, 3], { seed: 7 }).stateDict();
    const options = { seed: 7, dropout: 0.5, activation: 'tanh' } as const;
    expect(valuesOf(mlp([4, 8, 3], options).stateDict())).toEqual(valuesOf(plain));
    const longer = valuesOf(mlp([4, 8, 3, 3], { seed: 7 }).stateDict());
    expect(longer).toMatchObject(valuesOf(plain) as Record<string, unknown>);
    expect(valuesOf(mlp([4, 8, 3], { seed: 8 }).stateDict())).not.toEqual(valuesOf(plain));
  });

  test('its layers are drawn independently', () => {
    const { layers } = mlp([4, 4, 4], { seed: 0 });
    expect(layers[0]!.weight.read().data()).not.toEqual(layers[1]!.weight.read().data());
  });

  test('an activation that is not among the basic names is passed as a function', () => {
    const name = 'gelu' as 'relu';
    expect(() => mlp([3, 5, 2], { seed: 1, activation: name })).toThrow(
      new TypeError(
        'mlp: no activation is named "gelu" here.\n' +
          '  Use one of relu, leakyRelu, elu, silu, softplus, tanh, sigmoid, identity, or pass a function such as gelu.',
      ),
    );
    expect(mlp([3, 5, 2], { seed: 1, activation: gelu }).activation).toBe(gelu);
  });

  test('is linear layers with activations between them', () => {
    const model = mlp([3, 5, 2], { seed: 1, activation: 'tanh', dtype: 'float64' });
    const x = random.normal(random.key(2), [4, 3], { dtype: 'float64' });
    const [first, second] = model.layers;
    const hidden = first!.forward(x).toArray() as number[][];
    const act = tensor(
      hidden.map((row) => row.map(Math.tanh)),
      { dtype: 'float64' },
    );
    expect(model.forward(x).data()).toEqual(second!.forward(act).data());
  });

  test('two dropout layers draw different masks, and the same key the same ones', () => {
    // With identity-like layers and no bias the output is the product of the two masks, times 4.
    const width = 256;
    const identity = (): Tensor =>
      tensor(
        Array.from({ length: width }, (_, i) =>
          Array.from({ length: width }, (_, j) => Number(i === j)),
        ),
      );
    const model = mlp([width, width, width, width], { seed: 0, bias: false, dropout: 0.5 });
    for (const { weight } of model.layers) weight.write(identity());
    const f = (seed: number): number[] =>
      Array.from(model.forward(ones([1, width]), { training: true, rng: random.key(seed) }).data());
    const both = f(0).filter((y) => y === 4).length;
    expect(new Set(f(0))).toEqual(new Set([0, 4]));
    // Kept by two independent masks: 1/4 of the units; by one mask twice, 1/2.
    const z = (both - width / 4) / Math.sqrt(width * (1 / 4) * (3 / 4));
    expect(Math.abs(z)).toBeLessThanOrEqual(6.2);
    expect(f(0)).toEqual(f(0));
    expect(f(1)).not.toEqual(f(0));
  });

  test('evaluation ignores dropout, training with it needs a key', () => {
    const plain = mlp([4, 8, 3], { seed: 0 });
    const dropping = mlp([4, 8, 3], { seed: 0, dropout: 0.9 });
    const x = ones([2, 4]);
    expect(dropping.forward(x).data()).toEqual(plain.forward(x).data());
    expect(plain.forward(x, { training: true }).data()).toEqual(plain.forward(x).data());
    expect(() => dropping.forward(x, { training: true })).toThrow(
      /training needs a random key.*\n.*training: true, rng/,
    );
  });

  test('takes an initializer and refuses bad sizes', () => {
    const model = mlp([2, 1], { seed: 0, init: constantInit(3), bias: false });
    expect(model.forward(ones([1, 2])).toArray()).toEqual([[6]]);
    expect(() => mlp([2], { seed: 0 })).toThrow(
      'mlp: needs at least an input and an output size, got [2].',
    );
    expect(() => mlp([2, 0, 1], { seed: 0 })).toThrow(
      new RangeError('mlp: sizes[1] must be an integer >= 1, got 0.'),
    );
    expect(() => mlp([2, 1], {})).toThrow(TypeError);
    expect(() => mlp([2, 1], { seed: 0, dropout: 2 })).toThrow(RangeError);
  });
});

describe('Sequential', () => {
  const make = (): Sequential =>
    new Sequential(new Linear(3, 4, { seed: 0 }), relu, new Linear(4, 2, { seed: 1 }));

  test('names its layers by number', () => {
    expect(Object.keys(make().namedParameters())).toEqual([
      '0.weight',
      '0.bias',
      '2.weight',
      '2.bias',
    ]);
    expect(make()).toHaveLength(3);
  });

  test('applies them in order', () => {
    const model = make();
    const [first, , last] = [model[0] as Linear, model[1], model[2] as Linear];
    const x = random.normal(random.key(0), [5, 3]);
    expect(model.forward(x).data()).toEqual(last.forward(relu(first.forward(x))).data());
  });

  test('gives each layer a key of its own; appending one keeps the masks before it', () => {
    const rng = random.key(0);
    const context = { training: true, rng };
    const x = ones([400]);
    const one = new Sequential(new Dropout()).forward(x, context).data();
    const two = new Sequential(new Dropout(), new Dropout()).forward(x, context).data();
    expect(two.every((y, i) => y === 0 || one[i] === 2)).toBe(true);
    expect(two.filter((y) => y === 4).length).toBeLessThan(one.filter((y) => y === 2).length);
    expect(one).not.toEqual(new Dropout().forward(x, context).data());
  });

  test('refuses what is not a layer', () => {
    expect(() => new Sequential('relu' as never)).toThrow(
      new TypeError('Sequential: layer 0 is string, not a Module or a function of a tensor.'),
    );
    expect(() => new Sequential([] as never)).toThrow(
      /layer 0 is an array.*\n {2}Spread it: new Sequential\(\.\.\.layers\)\./,
    );
  });
});

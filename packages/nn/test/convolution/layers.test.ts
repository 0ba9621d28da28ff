import { describe, expect, test } from '@jest/globals';
import { checkGrads } from '@tikhonov/check';
import {
  add,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  DTypeError,
  mean,
  type Parameter,
  random,
  relu,
  ShapeError,
  square,
  sub,
  type Tensor,
  tanh,
  valueAndGrad,
} from '@tikhonov/core';
import {
  Conv1d,
  Conv2d,
  Conv3d,
  ConvTranspose1d,
  ConvTranspose2d,
  Flatten,
  Linear,
  MaxPool2d,
  Sequential,
} from '../../src/index.ts';
import { constantInit } from '../../src/initializers.ts';

const draw = (shape: readonly number[], seed = 0): Tensor =>
  random.normal(random.key(seed), shape, { dtype: 'float64' });
const double = { seed: 3, dtype: 'float64' } as const;

describe('convolution layers', () => {
  test("have PyTorch's names, layouts and bounds", () => {
    const layer = new Conv2d(4, 6, [3, 2], { seed: 0, groups: 2 });
    expect(Object.keys(layer.stateDict())).toEqual(['weight', 'bias']);
    expect([layer.weight.shape, layer.bias!.shape]).toEqual([[6, 2, 3, 2], [6]]);
    const up = new ConvTranspose2d(4, 6, [3, 2], { seed: 0, groups: 2 });
    expect([up.weight.shape, up.bias!.shape]).toEqual([[4, 3, 3, 2], [6]]);
    expect(new Conv3d(2, 1, 2, { seed: 0 }).weight.shape).toEqual([1, 2, 2, 2, 2]);
    expect(new ConvTranspose1d(2, 5, 3, { seed: 0 }).weight.shape).toEqual([2, 5, 3]);
    // Uniform up to 1 / sqrt(fanIn): none beyond; with 10,000 draws one lies within 1 % of it, but for a
    // chance of 0.99^10000 < 1e-43.
    const wide = new Conv1d(4, 500, 5, { seed: 1 });
    const largest = Math.max(...wide.weight.read().data().map(Math.abs));
    expect(largest).toBeLessThanOrEqual(Math.fround(1 / Math.sqrt(20)));
    expect(largest).toBeGreaterThan(0.99 / Math.sqrt(20));
    const biases = Math.max(...wide.bias!.read().data().map(Math.abs));
    expect(biases).toBeLessThanOrEqual(Math.fround(1 / Math.sqrt(20)));
    expect(biases).toBeGreaterThan(0.9 / Math.sqrt(20));
    // The fan of a transposed layer is counted on its second axis, as PyTorch does.
    const back = new ConvTranspose1d(500, 4, 5, { seed: 1 });
    expect(Math.max(...back.weight.read().data().map(Math.abs))).toBeGreaterThan(
      0.99 / Math.sqrt(20),
    );
  });

  test('call the operation of the same name with their options', () => {
    const same = (got: Tensor, want: Tensor): void => {
      expect(got.shape).toEqual(want.shape);
      expect(got.data()).toEqual(want.data());
    };
    const options = { stride: 2, padding: 1, dilation: 1, groups: 2 } as const;
    const of = (layer: { weight: Parameter; bias: Parameter | null }): { bias: Parameter } => ({
      bias: layer.bias!,
    });
    const a = new Conv1d(2, 4, 3, { ...double, ...options });
    same(a.forward(draw([2, 2, 7])), conv1d(draw([2, 2, 7]), a.weight, { ...options, ...of(a) }));
    const b = new Conv2d(2, 4, 3, { ...double, ...options });
    const image = draw([2, 2, 7, 5]);
    same(b.forward(image), conv2d(image, b.weight, { ...options, ...of(b) }));
    const c = new Conv3d(2, 4, 2, { ...double, ...options });
    const block = draw([1, 2, 4, 3, 3]);
    same(c.forward(block), conv3d(block, c.weight, { ...options, ...of(c) }));
    const extra = { ...options, outputPadding: 1 };
    const d = new ConvTranspose1d(2, 4, 3, { ...double, ...extra });
    const line = draw([2, 2, 7]);
    same(d.forward(line), convTranspose1d(line, d.weight, { ...extra, ...of(d) }));
    const e = new ConvTranspose2d(2, 4, 3, { ...double, ...extra, bias: false });
    expect(e.bias).toBeNull();
    same(e.forward(image), convTranspose2d(image, e.weight, extra));
  });

  test('take a single sample, other initializers, and the same seed for the same draws', () => {
    const layer = new Conv2d(1, 2, 2, {
      seed: 0,
      weightInit: constantInit(1),
      biasInit: constantInit(0.5),
    });
    expect(layer.forward(random.uniform(random.key(0), [1, 3, 3])).shape).toEqual([2, 2, 2]);
    expect(layer.weight.read().toArray()).toEqual([[[[1, 1], [1, 1]]], [[[1, 1], [1, 1]]]]); // biome-ignore format: kernels
    const [x, y, z] = [0, 0, 1].map((seed) => new Conv2d(1, 2, 2, { seed }).weight.read().data());
    expect(x).toEqual(y);
    expect(x).not.toEqual(z);
  });

  test('have gradients that agree with differences, of both orders', () => {
    const model = new Sequential(
      new Conv2d(1, 2, 2, { ...double, padding: 'same' }),
      tanh,
      new ConvTranspose2d(2, 1, 2, { ...double, stride: 2 }),
    );
    const report = checkGrads((_cells, x) => model.forward(x), [
      model.namedParameters(),
      draw([1, 1, 2, 2]),
    ] as const);
    expect(report).toMatchObject({ ok: true, problem: null });
  });

  test('learn', () => {
    const model = new Sequential(
      new Conv2d(1, 4, 3, { seed: 0 }),
      relu,
      new MaxPool2d(2),
      new Flatten(),
      new Linear(16, 1, { seed: 1 }),
    );
    const x = random.normal(random.key(2), [16, 1, 6, 6]);
    const y = mean(square(x), { axis: [1, 2, 3] }).reshape([16, 1]);
    const step = valueAndGrad((_cells: Record<string, Parameter>) =>
      mean(square(sub(model.forward(x), y))),
    );
    const losses = Array.from({ length: 60 }, () => {
      const [loss, grads] = step(model.namedParameters());
      for (const [name, cell] of Object.entries(model.namedParameters())) {
        cell.write(add(cell.read(), grads[name]!.mul(-0.1)));
      }
      return loss.item();
    });
    expect(losses.at(-1)!).toBeLessThan(0.2 * losses[0]!);
  });
});

const layer = (options: object): Conv2d => new Conv2d(4, 6, 3, { seed: 0, ...options });
const bad = <T>(value: unknown): T => value as T;

describe('convolution layers refuse', () => {
  test.each([
    [
      'channels',
      () => new Conv2d(0, 1, 3, { seed: 0 }),
      RangeError,
      'Conv2d: inChannels must be an integer >= 1, got 0.',
    ],
    [
      'groups',
      () => layer({ groups: 3 }),
      RangeError,
      'Conv2d: 3 groups do not divide 4 and 6 channels.\n  Choose groups that divide both.',
    ],
    [
      'kernel sizes',
      () => new Conv2d(1, 1, [3], { seed: 0 }),
      RangeError,
      'Conv2d: kernelSize must be an integer >= 1 or 2 of them, got [3].',
    ],
    [
      'strides',
      () => layer({ stride: 0 }),
      RangeError,
      'Conv2d: stride must be an integer >= 1 or 2 of them, got 0.',
    ],
    [
      'padding',
      () => layer({ padding: 'full' }),
      RangeError,
      "Conv2d: padding must be integers >= 0, 'same' or 'valid', got 'full'.",
    ],
    [
      'a missing seed',
      () => new Conv2d(1, 1, 3, {}),
      TypeError,
      'Conv2d: initial values need a seed or a key, got neither.',
    ],
    [
      'missing options',
      () => new Conv1d(1, 1, 3),
      TypeError,
      'Conv1d: initial values need a seed or a key, got neither.\n  Pass { seed: 0 }',
    ],
    [
      'unknown options',
      () => layer({ strides: 2 }),
      TypeError,
      'Conv2d: unknown option "strides".',
    ],
    [
      'an unknown option of its sibling',
      () => layer({ outputPadding: 1 }),
      TypeError,
      'Conv2d: unknown option "outputPadding".',
    ],
    [
      'inputs of other channels',
      () => layer({}).forward(draw([1, 3, 5, 5])),
      ShapeError,
      'Conv2d(4 -> 6): x must be [N, 4, H, W] or [4, H, W], got shape [1, 3, 5, 5].\n  Channels come before',
    ],
    [
      'flat inputs',
      () => layer({}).forward(draw([4])),
      ShapeError,
      'Conv2d(4 -> 6): x must be [N, 4, H, W]',
    ],
    [
      'arrays',
      () => layer({}).forward(bad([1])),
      TypeError,
      'Conv2d(4 -> 6): x must be a Tensor, got an array.\n  Make one with tensor(...).',
    ],
    [
      'other dtypes',
      () => layer({}).forward(draw([1, 4, 5, 5])),
      DTypeError,
      'conv2d: x is float64 and weight float32.',
    ],
  ] as const)('%s', (_name, call, kind, text) => {
    expect(call).toThrow(kind);
    expect(call).toThrow(text);
  });
});

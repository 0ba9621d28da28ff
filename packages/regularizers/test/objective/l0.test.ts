import { describe, expect, test } from '@jest/globals';
import { abs, Cell, grad, ones, random, relu, type Tensor, tensor } from '@tikhonov/core';
import { Conv2d, crossEntropy, Flatten, Linear, Module, mlp, Sequential } from '@tikhonov/nn';
import { adam } from '@tikhonov/optim';
import { fit } from '@tikhonov/train';
import {
  countNonzero,
  hardConcrete,
  hardConcreteGate,
  l0Clamp,
  l0GatesOf,
  l0Penalty,
  l0Prune,
  l0Report,
  l0Term,
  withL0Gates,
} from '../../src/index.ts';

const key = random.key(0);

describe('hard concrete gates', () => {
  test('refuse distributions that are none, and noise outside (0, 1)', () => {
    expect(() => hardConcrete(0, { key, beta: 0 })).toThrow(
      'hardConcrete: beta must be finite and > 0',
    );
    expect(() => hardConcreteGate(0, { gamma: 0 })).toThrow('gamma must be finite and < 0, got 0');
    expect(() => l0Penalty(0, { lambda: 1, zeta: 1 })).toThrow(
      'zeta must be finite and > 1, got 1',
    );
    for (const u of [0, 1, -1]) {
      expect(() => hardConcrete(tensor([0]), { u })).toThrow('u must lie inside (0, 1)');
    }
    expect(() => hardConcrete(tensor([0]), {})).toThrow('needs one of u (noise) and key');
    expect(() => hardConcrete(tensor([0]), { u: 0.5, key })).toThrow('got both');
  });

  test('keep NaN, and are finite in float32 at the ends of the noise', () => {
    expect(hardConcreteGate(tensor([Number.NaN])).item()).toBeNaN();
    const { z, s } = hardConcrete(tensor([0, 50, -50]), { key, sampleShape: [1000] });
    expect([z.dtype, z.shape]).toEqual(['float32', [1000, 3]]);
    expect(s.data().every((v) => v >= 0 && v <= 1)).toBe(true);
  });

  test('the penalty follows a strength that is a cell', () => {
    const lambda = new Cell(tensor(1));
    const at = (): number => l0Penalty(tensor([0]), { lambda }).item();
    const one = at();
    lambda.write(0.5);
    expect(at()).toBeCloseTo(one / 2, 7);
    lambda.write(-1);
    expect(at).toThrow('l0Penalty: lambda must be finite and >= 0');
  });

  test('group sizes must fit the gates', () => {
    expect(() => l0Penalty(tensor([0, 0]), { lambda: 1, groupSize: ones([3, 1]) })).toThrow(
      'groupSize must broadcast to the gates [2]',
    );
  });
});

describe('withL0Gates', () => {
  test('refuses models without layers, gates twice, and bad rates', () => {
    expect(() => withL0Gates(new Sequential(relu))).toThrow('has no layer of kind Linear');
    const model = withL0Gates(mlp([2, 3, 1], { seed: 0 }));
    expect(() => withL0Gates(model)).toThrow('the layer "layers.0" has gates already');
    expect(() => withL0Gates(mlp([2, 1], { seed: 0 }), { dropRateInit: 1 })).toThrow(
      'dropRateInit must lie inside (0, 1), got 1',
    );
    expect(() => l0Term(mlp([2, 1], { seed: 0 }), { lambda: 1 })).toThrow('has no gates');
    expect(() => l0Report(mlp([2, 1], { seed: 0 }))).toThrow('has no gates');
  });

  test('training needs a key; equal keys give equal gates', () => {
    const model = withL0Gates(mlp([4, 3], { seed: 0 }));
    const x = ones([2, 4]);
    expect(() => model.forward(x, { training: true })).toThrow('training needs a random key');
    const drawn = (seed: number): number[] => [
      ...model.forward(x, { training: true, rng: random.key(seed) }).data(),
    ];
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(1)).not.toEqual(drawn(2));
    expect(() => model.forward(ones([2, 3]))).toThrow('the last axis of x must be 4');
  });

  test('draws per sample for rows, images and unbatched images', () => {
    const layer = withL0Gates(new Conv2d(1, 2, 2, { seed: 0, bias: false }), { perExample: true });
    const context = { training: true, rng: key };
    const y = layer.forward(ones([3, 1, 3, 3]), context);
    expect(y.shape).toEqual([3, 2, 2, 2]);
    expect(layer.forward(ones([1, 3, 3]), context).shape).toEqual([2, 2, 2]);
    const rows = y.reshape([3, 8]).toArray() as number[][];
    expect(rows[0]).not.toEqual(rows[1]);
    const line = withL0Gates(new Linear(2, 2, { seed: 0 }), { perExample: true });
    expect(line.forward(ones([3, 5, 2]), context).shape).toEqual([3, 5, 2]);
  });

  test('several draws are the mean of their losses, compiled as eagerly; weights count by size', async () => {
    const train = async (compiled: boolean): Promise<Record<string, Tensor>> => {
      const model = withL0Gates(mlp([3, 4, 2], { seed: 0, dtype: 'float64' }));
      await fit(model, {
        train: {
          x: random.normal(key, [8, 3], { dtype: 'float64' }),
          y: random.randint(key, [8], 0, 2),
        },
        optimizer: adam(model, { lr: 0.05, updates: () => [l0Clamp()] }),
        loss: crossEntropy,
        penalties: [l0Term(model, { lambda: 0.05, count: 'weights', samples: 3 })],
        epochs: 3,
        batchSize: 4,
        seed: 0,
        compiled,
      });
      return model.stateDict();
    };
    const [a, b] = [await train(true), await train(false)];
    for (const [name, value] of Object.entries(a)) {
      for (const [i, v] of value.data().entries()) {
        expect(v).toBeCloseTo(b[name]!.data()[i]!, 10);
      }
    }
  });

  test('the clamp keeps logAlpha in reach, and other parameters alone', () => {
    const model = withL0Gates(new Linear(2, 1, { seed: 0 }));
    const gates = l0GatesOf(model)!;
    gates.logAlpha.write(tensor([-9, 9]));
    const weight = model.weight.read();
    const zero = Object.fromEntries(
      Object.entries(model.parameterValues()).map(([name, w]) => [name, w.mul(0)]),
    );
    adam(model, { lr: 0.1, updates: () => [l0Clamp()] }).apply(zero);
    const [low, high] = gates.logAlpha.read().data();
    expect(low).toBeCloseTo(Math.log(1e-2), 5);
    expect(high).toBeCloseTo(Math.log(1e2), 5);
    expect(model.weight.read().toArray()).toEqual(weight.toArray());
  });
});

describe('l0Prune', () => {
  test('prints what is left', () => {
    const model = withL0Gates(mlp([2, 3, 1], { seed: 0 }));
    l0GatesOf(model.layers[1]!)!.logAlpha.write(tensor([-9, 9, 9]));
    const report = l0Report(model);
    expect(String(report)).toContain('layers.1: 2 of 3 inputs (2.0 expected), 2 of 3 weights');
    expect(report.architecture).toBe('2-2');
    expect(report.sparsity).toBeCloseTo(1 / 9, 10);
  });

  test('leaves the gradient of what it exports free of gates, and nothing is left of closed layers', () => {
    const model = withL0Gates(mlp([2, 3, 1], { seed: 0 }));
    for (const layer of model.layers)
      l0GatesOf(layer)!.logAlpha.write(l0GatesOf(layer)!.logAlpha.read().mul(0).sub(9));
    const small = l0Prune(model);
    const x = tensor([[1, 2]]);
    expect(small.forward(x).toArray()).toEqual(model.forward(x).toArray());
    expect(Object.keys(small.namedCells()).some((name) => name.includes('gates'))).toBe(false);
    expect(grad((v: Tensor) => small.forward(v).sum())(x).toArray()).toEqual([[0, 0]]);
  });

  test('keeps what a function that mixes units needs', () => {
    const mix = (x: Tensor): Tensor => x.div(abs(x).sum({ axis: -1, keepdims: true }).add(1));
    const model = withL0Gates(
      new Sequential(new Linear(2, 3, { seed: 0 }), mix, new Linear(3, 1, { seed: 1 })),
    );
    l0GatesOf(model.layers[2])!.logAlpha.write(tensor([-9, 9, 9]));
    const small = l0Prune(model);
    const x = tensor([[1, 2]]);
    expect(small.forward(x).item()).toBeCloseTo(model.forward(x).item(), 6);
    expect(String(small)).toContain('SelectFeatures(2)');
  });

  test('asks for the shape of images, and for an order that it can see', () => {
    const images = new Sequential(new Conv2d(1, 2, 2, { seed: 0 }), new Flatten());
    expect(() => l0Prune(images)).toThrow('needs { inputShape }');
    class Own extends Module {
      inner = new Linear(1, 1, { seed: 0 });
      forward(x: Tensor): Tensor {
        return this.inner.forward(x);
      }
    }
    expect(() => l0Prune(new Own())).toThrow('cannot see in which order Own calls its layers');
  });

  test('counting refuses negative tolerances and counts NaN', () => {
    expect(countNonzero(tensor([Number.NaN, 0, 1]))).toBe(2);
    expect(() => countNonzero(tensor([1]), { tol: -1 })).toThrow('tol must be >= 0, got -1');
  });
});

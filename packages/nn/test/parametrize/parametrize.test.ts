import { describe, expect, test } from '@jest/globals';
import { grad, linalg, norm, ones, random, Tensor, tensor, zeros } from '@tikhonov/core';
import {
  activationsOf,
  Conv2d,
  functionalCall,
  Linear,
  mlp,
  removeParametrizations,
  Sequential,
  shareContext,
  spectrallyNormalizedWeight,
  spectralNormalization,
  standardizedWeight,
  weightNorm,
  weightStandardization,
  wrapForward,
} from '../../src/index.ts';

const x = tensor([[1, -2, 3]]);
const isLast = (name: string): boolean => name === 'layers.1';
const training = { training: true, rng: random.key(0) };

describe('wrapForward', () => {
  test('wraps in any number and comes off in any order', () => {
    const layer = new Linear(3, 2, { seed: 0 });
    const plain = layer.forward(x).toArray();
    const seen: string[] = [];
    const offs = ['a', 'b', 'c'].map((name) =>
      wrapForward(layer, (forward, ...args) => {
        seen.push(name);
        return forward(...args);
      }),
    );
    layer.forward(x);
    expect(seen).toEqual(['c', 'b', 'a']);
    offs[1]!();
    layer.forward(x);
    expect(seen.slice(3)).toEqual(['c', 'a']);
    offs[2]!();
    offs[0]!();
    expect(layer.forward(x).toArray()).toEqual(plain);
    expect(seen.length).toBe(5);
  });

  test('refuses what has no forward', () => {
    expect(() => wrapForward(3 as never, () => null)).toThrow(
      'wrapForward: needs a Module with forward, got number.',
    );
  });

  test('the context of the model is seen by parts, and is gone after an error', () => {
    const model = mlp([3, 4, 2], { seed: 0 });
    const { current } = shareContext(model);
    const seen: unknown[] = [];
    wrapForward(model.layers[1]!, (forward, ...args) => {
      seen.push(current().training);
      return forward(...args);
    });
    model.forward(x, training);
    model.forward(x);
    expect(() => model.forward(ones([1, 5]), training)).toThrow();
    expect([...seen, current()]).toEqual([true, undefined, {}]);
  });
});

describe('weightNorm', () => {
  test('keeps outputs, and names its parameters as PyTorch does', () => {
    const model = mlp([3, 4, 2], { seed: 0 });
    const before = model.forward(x).toArray();
    expect(weightNorm(model)).toBe(model);
    const after = model.forward(x).toArray() as number[][];
    for (const [k, y] of after[0]!.entries()) {
      expect(y).toBeCloseTo((before as number[][])[0]![k]!, 6);
    }
    expect(Object.keys(model.namedParameters())).toEqual([
      'layers.0.bias',
      'layers.0.parametrizations.weight.original0',
      'layers.0.parametrizations.weight.original1',
      'layers.1.bias',
      'layers.1.parametrizations.weight.original0',
      'layers.1.parametrizations.weight.original1',
    ]);
    expect(model.namedParameters()['layers.0.parametrizations.weight.original0']!.shape).toEqual([
      4, 1,
    ]);
  });

  test('gradients reach lengths and directions; states load; functionalCall replaces them', () => {
    const model = weightNorm(new Linear(3, 2, { seed: 0, bias: false }));
    const values = model.parameterValues();
    const slopes = grad((p: Record<string, Tensor>) => functionalCall(model, p, x).sum())(values);
    const g = slopes['parametrizations.weight.original0']!;
    expect(g.shape).toEqual([2, 1]);
    const other = weightNorm(new Linear(3, 2, { seed: 1, bias: false }));
    other.loadStateDict(model.stateDict());
    expect(other.forward(x).toArray()).toEqual(model.forward(x).toArray());
  });

  test('the weight can be read, printed and written', () => {
    const layer = weightNorm(new Conv2d(1, 2, 2, { seed: 0, bias: false }));
    expect(layer.weight.shape).toEqual([2, 1, 2, 2]);
    layer.weight.write(ones([2, 1, 2, 2]));
    const read = layer.weight.read().data();
    for (const w of read) expect(w).toBeCloseTo(1, 6);
    expect(String(layer.weight)).toContain('1');
  });

  test('must come first, and refuses units without direction', () => {
    const model = mlp([3, 4, 2], { seed: 0 });
    weightStandardization(spectralNormalization(model, { filter: isLast }), { filter: isLast });
    const names = Object.keys(model.namedParameters());
    expect(() => weightNorm(model)).toThrow(
      new TypeError(
        'weightNorm: must come before other parametrizations, and the weight of "layers.1" has spectralNormalization, weightStandardization.\n' +
          '  Take them off and put them on again behind it: nn.removeParametrizations(model), nn.weightNorm(model), then nn.spectralNormalization(model), nn.weightStandardization(model).',
      ),
    );
    // The first layer, which could have been changed, was not.
    expect(Object.keys(model.namedParameters())).toEqual(names);
    const advised = weightStandardization(
      spectralNormalization(weightNorm(removeParametrizations(model))),
    );
    expect(advised.forward(x).shape).toEqual([x.shape[0], 2]);
    expect(() => weightNorm(weightNorm(new Linear(3, 2, { seed: 0 })))).toThrow(
      'the weight of the layer has weightNorm.\n  It is there once, which is enough: leave this call out',
    );
    const layer = weightNorm(new Linear(3, 2, { seed: 0 }));
    layer.namedParameters()['parametrizations.weight.original1']!.write(zeros([2, 3]));
    expect(() => layer.forward(x)).toThrow(
      'weightNorm: unit 0 of a weight [2, 3] has only weights 0, and so no direction.\n  Start from',
    );
    expect(() => weightNorm(new Linear(3, 2, { seed: 0 }), { dim: 2 })).toThrow(
      'dim 2 is not an axis of shape [2, 3]',
    );
    expect(() => weightNorm(new Sequential())).toThrow('no layer with a weight of rank >= 2');
  });
});

describe('spectralNormalization', () => {
  test('moves its vectors in training only, and not without updateState', () => {
    const model = spectralNormalization(mlp([3, 8, 2], { seed: 0 }), { seed: 1 });
    const u = model.namedCells()['layers.0.parametrizations.weight.0._u']!;
    const original = model.namedParameters()['layers.0.parametrizations.weight.original']!;
    original.write(random.normal(random.key(5), [8, 3]));
    const start = u.read();
    model.forward(x);
    model.forward(x, { ...training, updateState: false });
    expect(u.read()).toBe(start);
    model.forward(x, training);
    const { u: want } = spectrallyNormalizedWeight(original, { u: start });
    expect(u.read().toArray()).toEqual(want.toArray());
  });

  test('after some steps the weight has spectral norm 1, convolutions as matrices', () => {
    const layer = spectralNormalization(new Conv2d(2, 3, 2, { seed: 0 }), { seed: 1 });
    for (let k = 0; k < 100; k++) layer.forward(ones([1, 2, 4, 4]), training);
    expect(linalg.spectralNorm(layer.weight.read().reshape([3, 8])).item()).toBeCloseTo(1, 5);
  });

  test('a single layer takes the context of its own call', () => {
    const layer = spectralNormalization(new Linear(3, 2, { seed: 0 }));
    const u = layer.namedCells()['parametrizations.weight.0._u']!;
    layer.namedParameters()['parametrizations.weight.original']!.write(ones([2, 3]));
    const before = u.read();
    layer.forward(x, { training: true });
    expect(u.read()).not.toBe(before);
  });

  test('refuses bad options and vectors', () => {
    const layer = new Linear(3, 2, { seed: 0 });
    expect(() => spectralNormalization(layer, { nPowerIterations: 0 })).toThrow(RangeError);
    expect(() => spectralNormalization(layer, { eps: 0 })).toThrow(
      'eps must be finite and > 0, got 0',
    );
    expect(() => spectrallyNormalizedWeight(ones([2, 3]), { u: ones([3]) })).toThrow(
      'u must be [2] for a weight [2, 3], got [3]',
    );
    expect(() => spectrallyNormalizedWeight(ones([3]), { u: ones([3]) })).toThrow('rank >= 2');
  });
});

describe('weightStandardization', () => {
  test('follows another parametrization, and both come off', () => {
    const model = new Sequential(new Linear(3, 2, { seed: 0, bias: false }));
    const plain = model.stateDict();
    weightStandardization(model);
    spectralNormalization(model, { seed: 1 });
    const standard = standardizedWeight(plain['0.weight']!);
    const weight = model.layers[0].weight.read();
    expect(norm(weight).item()).toBeGreaterThan(0);
    const ratio = weight.div(standard).data();
    for (const r of ratio) expect(r).toBeCloseTo(ratio[0]!, 5);
    expect(Object.keys(model.stateDict())).toEqual([
      '0.parametrizations.weight.1._u',
      '0.parametrizations.weight.1._v',
      '0.parametrizations.weight.original',
    ]);
    const seen = model.forward(x).toArray();
    removeParametrizations(model);
    expect(Object.keys(model.stateDict())).toEqual(['0.weight']);
    expect(model.forward(x).toArray()).toEqual(seen);
    expect(Object.hasOwn(model, 'forward')).toBe(false);
    expect(Object.hasOwn(model.layers[0], 'forward')).toBe(false);
  });

  test('comes off with the stored weight too', () => {
    const layer = new Linear(3, 2, { seed: 0 });
    const before = layer.weight.read();
    removeParametrizations(weightStandardization(layer), { leaveParametrized: false });
    expect(layer.weight.read().toArray()).toEqual(before.toArray());
  });

  test('works with activationsOf', () => {
    const model = weightStandardization(mlp([3, 4, 2], { seed: 0 }));
    const { activations } = activationsOf(model, () => model.forward(x));
    expect(activations['layers.1']!.output.shape).toEqual([1, 2]);
    expect(activations['layers.1']!.input).toBeInstanceOf(Tensor);
  });
});

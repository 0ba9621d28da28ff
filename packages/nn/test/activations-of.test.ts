import { describe, expect, test } from '@jest/globals';
import { grad, ones, relu, type Tensor, tensor } from '@tikhonov/core';
import { activationsOf, Linear, Module, mlp, Sequential } from '../src/index.ts';

const x = tensor([[1, -2, 3]]);

describe('activationsOf', () => {
  test('gives what every module took and gave, and the result of the call', () => {
    const model = new Sequential(
      new Linear(3, 4, { seed: 0 }),
      relu,
      new Linear(4, 2, { seed: 1 }),
    );
    const { result, activations } = activationsOf(model, () => model.forward(x));
    expect(Object.keys(activations)).toEqual(['0', '2', '']);
    expect(activations['0']!.input).toBe(x);
    expect(activations['2']!.input.toArray()).toEqual(relu(activations['0']!.output).toArray());
    expect(activations['2']!.output).toBe(result);
  });

  test('leaves the model as it was, also when the call throws', () => {
    const model = mlp([3, 2], { seed: 0 });
    expect(() =>
      activationsOf(model, () => {
        model.forward(x);
        throw new Error('stop');
      }),
    ).toThrow('stop');
    for (const module of model.modules()) expect(Object.hasOwn(module, 'forward')).toBe(false);
  });

  test('keeps a forward that the instance has of its own', () => {
    const model = new Linear(3, 2, { seed: 0 });
    const doubled = (y: Tensor): Tensor => y.mul(2);
    Object.assign(model, { forward: doubled });
    const { result } = activationsOf(model, () => model.forward(x));
    expect(result.toArray()).toEqual([[2, -4, 6]]);
    expect(model.forward).toBe(doubled);
  });

  test('lets gradients flow through what it gives', () => {
    const model = mlp([3, 4, 2], { seed: 0 });
    const penalty = (y: Tensor): Tensor => {
      const { activations } = activationsOf(model, () => model.forward(y));
      return activations['layers.0']!.output.sum();
    };
    const weight = model.layers[0]!.weight.read();
    expect(grad(penalty)(x).toArray()).toEqual(ones([1, 4]).matmul(weight).toArray());
  });

  test('can be nested', () => {
    const model = new Sequential(new Linear(3, 3, { seed: 0 }));
    const { result, activations } = activationsOf(model, () =>
      activationsOf(model, () => model.forward(x)),
    );
    expect(activations['0']!.output).toBe(result.activations['0']!.output);
  });

  test('leaves out modules whose values are no tensors', () => {
    class Pair extends Module {
      forward(y: Tensor): readonly [Tensor, Tensor] {
        return [y, y];
      }
    }
    class Last extends Module {
      readonly pair = new Pair();
      forward(y: Tensor): Tensor {
        return this.pair.forward(y)[0];
      }
    }
    const model = new Last();
    const { activations } = activationsOf(model, () => model.forward(x));
    expect(Object.keys(activations)).toEqual(['']);
  });

  test('says what it needs', () => {
    expect(() => activationsOf(relu as never, () => 0)).toThrow(
      /^activationsOf: needs a Module, got function\./,
    );
  });
});

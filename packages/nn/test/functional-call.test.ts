import { describe, expect, test } from '@jest/globals';
import {
  type Cell,
  grad,
  hessian,
  jvp,
  type Parameter,
  parameter,
  stack,
  sum,
  type Tensor,
  tensor,
  vmap,
} from '@tikhonov/core';
import * as nn from '@tikhonov/nn';

const model = nn.mlp([2, 3, 1], { seed: 0, activation: 'tanh' });
const x = tensor([[0.5, -1]]);
const loss = (p: Record<string, Tensor>): Tensor => sum(nn.functionalCall(model, p, x));

describe('functionalCall', () => {
  test('gives the gradients that the model itself has', () => {
    const state = Object.fromEntries(
      Object.entries(model.namedParameters()).map(([name, cell]) => [name, cell.read().detach()]),
    );
    const own = grad((_: ReturnType<typeof model.namedParameters>) => sum(model.forward(x)))(
      model.namedParameters(),
    );
    expect(JSON.stringify(grad(loss)(state))).toBe(JSON.stringify(own));
    const [y] = jvp(loss, [state], [state]);
    expect(y.item()).toBe(sum(model.forward(x)).item());
  });

  test('runs an ensemble at once', () => {
    const members = [0, 1, 2].map((seed) => nn.mlp([2, 3, 1], { seed, activation: 'tanh' }));
    const names = Object.keys(members[0]!.stateDict());
    const all = Object.fromEntries(
      names.map((name) => [name, stack(members.map((member) => member.stateDict()[name]!))]),
    );
    const outputs = vmap(loss)(all).data();
    for (const [i, member] of members.entries()) {
      expect(outputs[i]).toBeCloseTo(sum(member.forward(x)).item(), 6);
    }
  });

  test('takes cells as values: derivatives at the parameters themselves', () => {
    const linear = new nn.Linear(2, 1, { seed: 0, bias: false });
    const square = (p: Record<string, Tensor | Cell>): Tensor => {
      const y = nn.functionalCall(linear, p, tensor([[1, 2]]));
      return sum(y.mul(y));
    };
    const curvature = hessian(square)(linear.namedParameters());
    expect(curvature.weight!.weight!.toArray()).toEqual([[[[2, 4]], [[4, 8]]]]);
  });

  test('passes all inputs on and returns whatever forward does', () => {
    class Two extends nn.Module {
      readonly gain: Parameter = parameter(tensor([2]));
      forward(a: Tensor, b?: Tensor, sign = 1): { readonly y: Tensor; readonly sign: number } {
        const y = a.mul(this.gain);
        return { y: b === undefined ? y : y.add(b), sign };
      }
    }
    const two = new Two();
    const gain = tensor([10]);
    const { y, sign } = nn.functionalCall(two, { gain }, tensor([1]), tensor([5]), -1);
    expect([y.toArray(), sign]).toEqual([[15], -1]);
    expect(nn.functionalCall(two, { gain }, tensor([1])).y.toArray()).toEqual([10]);
    expect(two.gain.read().toArray()).toEqual([2]);
    // @ts-expect-error -- a number is no input of it
    expect(() => nn.functionalCall(two, { gain }, 'x')).toThrow();
  });

  test('with parameterValues, buffers are no obstacle', () => {
    const net = new nn.Sequential(new nn.Linear(1, 1, { seed: 0 }), new nn.BatchNorm1d(1));
    const f = (p: Record<string, Tensor>): Tensor => sum(nn.functionalCall(net, p, tensor([[1]])));
    expect(Object.keys(grad(f)(net.parameterValues()))).toEqual(Object.keys(net.namedParameters()));
  });

  test('refuses names that the model does not have', () => {
    expect(() => nn.functionalCall(model, { nothing: x }, x)).toThrow(
      'there is no cell "nothing".\n  Known: layers.0.weight,',
    );
    expect(() => nn.functionalCall((() => x) as never, {})).toThrow(
      'functionalCall: needs a Module, got function.',
    );
  });
});

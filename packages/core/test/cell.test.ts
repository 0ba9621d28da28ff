import { describe, expect, test } from '@jest/globals';
import { add, Cell, grad, mul, parameter, sum, type Tensor, tensor } from '@tikhonov/core';
import { thrown } from './support.ts';

describe('Cell', () => {
  test('a tensor read before a write never changes', () => {
    const cell = new Cell(tensor([1, 2]));
    const before = cell.read();
    cell.write(tensor([3, 4]));
    expect([before.toArray(), cell.read().toArray()]).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test('a write stores a detached value', () => {
    const w = parameter(tensor([1]));
    const cell = new Cell(tensor([0]));
    cell.write(mul(w, 2));
    expect(cell.read().requiresGrad).toBe(false);
    w.write(mul(w, 2));
    sum(w.read()).backward();
    expect(w.grad?.toArray()).toEqual([1]);
  });

  test('what is computed from a parameter before a write keeps its derivative', () => {
    const w = parameter(tensor([3]));
    const loss = sum(mul(w, w));
    w.write(tensor([100]));
    loss.backward();
    expect(w.grad?.toArray()).toEqual([6]);
  });

  test('refuses another shape or dtype', () => {
    const cell = new Cell(tensor([1, 2]), { name: 'mu' });
    expect(thrown(() => cell.write(tensor([1]))).message).toBe(
      'Cell.write(mu): the cell holds shape [2], not [1].',
    );
    expect(thrown(() => cell.write(tensor([1, 2], { dtype: 'int32' }))).message).toBe(
      "Cell.write(mu): the cell holds float32, not int32. Cast with astype('float32').",
    );
    expect(cell.read().toArray()).toEqual([1, 2]);
  });

  test('operations read it at the moment of the call', () => {
    const lambda = new Cell(tensor(2));
    const scaled = (): Tensor => mul(tensor([1]), lambda);
    const first = scaled();
    lambda.write(tensor(5));
    expect([first.toArray(), scaled().toArray()]).toEqual([[2], [5]]);
  });

  test('a write inside grad does not leak the trace', () => {
    const state = new Cell(tensor([0]));
    grad((x: Tensor) => {
      state.write(mul(x, 3));
      return sum(x);
    })(tensor([2]));
    expect([state.read().requiresGrad, state.read().toArray()]).toEqual([false, [6]]);
    expect(add(state, 1).requiresGrad).toBe(false);
  });
});

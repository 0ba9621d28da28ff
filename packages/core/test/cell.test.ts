import { describe, expect, test } from '@jest/globals';
import {
  add,
  Cell,
  checkpoint,
  grad,
  mul,
  noGrad,
  parameter,
  sum,
  type Tensor,
  tensor,
  vmap,
} from '@tikhonov/core';
import {
  type Evaluator,
  eager,
  isPlainCall,
  isRecording,
  type Residence,
  within,
} from '@tikhonov/core/engine';
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

describe('a value that resides elsewhere', () => {
  const away = (values: number[], taken: string[] = []): Residence => ({
    take: () => {
      taken.push('taken');
      return tensor(values).view;
    },
  });

  test('is taken home once, when somebody asks for it', () => {
    for (const ask of [
      (cell: Cell) => cell.read().toArray(),
      (cell: Cell) => cell.peek().toArray(),
      (cell: Cell) => cell.toJSON().data,
      (cell: Cell) => cell.swap(tensor([0, 0, 0])).toArray(),
    ]) {
      const taken: string[] = [];
      const cell = new Cell(tensor([1, 2, 3]));
      const residence = away([7, 8, 9], taken);
      cell.reside(residence);
      const { version } = cell;
      expect([cell.shape, cell.dtype, cell.rank, cell.size]).toEqual([[3], 'float32', 1, 3]);
      expect([cell.residence === residence, taken]).toEqual([true, []]);
      expect(ask(cell)).toEqual([7, 8, 9]);
      expect([cell.residence, taken]).toEqual([null, ['taken']]);
      if (cell.peek().toArray<number[]>()[0] === 7) expect(cell.version).toBe(version);
      expect(taken).toEqual(['taken']);
    }
    const cell = new Cell(tensor([1]), { name: 'c' });
    cell.reside(away([4]));
    expect(String(cell)).toBe('Cell(c: Tensor([1] float32: 4))');
  });

  test('is forgotten when the cell is written', () => {
    const taken: string[] = [];
    const cell = new Cell(tensor([1]));
    cell.reside(away([7], taken));
    cell.write(tensor([2]));
    expect([cell.residence, cell.read().toArray(), taken]).toEqual([null, [2], []]);
  });

  test('of a parameter is differentiated as before', () => {
    const w = parameter(tensor([1, 2]));
    const before = sum(mul(w, w));
    w.reside(away([3, 4]));
    before.backward();
    expect(w.grad?.toArray()).toEqual([2, 4]);
    sum(mul(w, w)).backward();
    expect(w.grad?.toArray()).toEqual([8, 12]);
  });

  test('raises the version with every other value, and only then', () => {
    const cell = parameter(tensor([1]));
    const seen = [cell.version];
    const note = (): number => seen.push(cell.version);
    cell.write(tensor([2]));
    note();
    cell.swap(cell.peek());
    note();
    cell.retype(tensor([2], { dtype: 'float64' }));
    note();
    cell.reside({ take: () => tensor([2], { dtype: 'float64' }).view });
    note();
    expect(new Set(seen).size).toBe(5);
    cell.read();
    sum(cell.read()).backward();
    expect(cell.version).toBe(seen[4]);
  });
});

describe('the gradient of a parameter', () => {
  test('is in one cell for good, which lets its memory go when it is forgotten', () => {
    const w = parameter(tensor([1, 2]), { name: 'w' });
    const cell = w.gradCell;
    expect([w.hasGrad, w.grad, cell.name, cell.read().toArray()]).toEqual([
      false,
      null,
      'w.grad',
      [0, 0],
    ]);
    sum(mul(w, w)).backward();
    expect(w.gradCell).toBe(cell);
    expect(w.grad).toBe(cell.read());
    expect(cell.read().view.data).toHaveLength(2);
    w.zeroGrad();
    expect([w.hasGrad, w.grad, cell.read().view.data.length]).toEqual([false, null, 1]);
    cell.write(tensor([5, 6]));
    expect(w.grad).toBeNull();
    w.hasGrad = true;
    expect(w.grad?.toArray()).toEqual([5, 6]);
  });

  test('takes the dtype of its parameter', () => {
    const w = parameter(tensor([1, 2]));
    sum(mul(w, w)).backward();
    w.retype(tensor([1, 2], { dtype: 'float64' }));
    expect([w.grad, w.gradCell.dtype, w.dtype]).toEqual([null, 'float64', 'float64']);
    sum(mul(w, w)).backward();
    expect([w.grad?.dtype, w.grad?.toArray()]).toEqual(['float64', [2, 4]]);
  });

  test('is announced to the evaluator before anybody looks or changes', () => {
    const told: boolean[] = [];
    const w = parameter(tensor([1]));
    const evaluator: Evaluator = {
      run: (...call) => eager.run(...call),
      onGrad: (parameter) => {
        told.push(parameter.hasGrad);
      },
    };
    within({ evaluator }, () => {
      expect(w.grad).toBeNull();
      w.setGrad(tensor([2]));
      w.zeroGrad();
    });
    expect(told).toEqual([false, false, true]);
  });

  test('is not added twice by a checkpoint that computes again', () => {
    const w = parameter(tensor([3]));
    const block = checkpoint((x: Tensor) => {
      sum(mul(w, w.grad === null ? 2 : 7)).backward();
      return mul(x, mul(w, w.grad!));
    });
    expect(grad((x: Tensor) => sum(block(x)))(tensor([1])).toArray()).toEqual([6]);
    expect(w.grad?.toArray()).toEqual([2]);
  });
});

describe('a call is plain', () => {
  test('unless it is differentiated, batched or traced around', () => {
    const seen: boolean[] = [isPlainCall()];
    const note = (x: Tensor): Tensor => {
      seen.push(isPlainCall());
      return sum(x);
    };
    note(tensor([1]));
    grad(note)(tensor([1]));
    vmap(note)(tensor([[1]]));
    within({ evaluator: { run: (...call) => eager.run(...call) } }, () => note(tensor([1])));
    expect(seen).toEqual([true, true, false, false, false]);
  });

  test('and recording unless under noGrad', () => {
    expect([isRecording(), noGrad(isRecording), noGrad(isPlainCall)]).toEqual([true, false, true]);
  });
});

import { describe, expect, test } from '@jest/globals';
import {
  add,
  Cell,
  concat,
  flip,
  greater,
  mul,
  parameter,
  slice,
  sum,
  type Tensor,
  tensor,
  transpose,
  withValues,
} from '@tikhonov/core';
import { compile } from '../../src/compile.ts';
import { expectSame } from './support.ts';

const scalar = (value: number): Tensor => tensor(value);

describe('cells in a compiled function', () => {
  test('are read and written as in a plain call', () => {
    const run = (wrap: (f: (a: Tensor) => Tensor) => (a: Tensor) => Tensor) => {
      const total = new Cell(tensor([0, 0]));
      const count = new Cell(tensor(0, { dtype: 'int32' }));
      const seen = new Cell(tensor([false, false]));
      const step = wrap((a) => {
        const before = total.read();
        total.write(before.add(a));
        count.write(count.read().add(1));
        seen.write(greater(total, 3));
        return before;
      });
      const out = [1, 2, 3].map((k) => step(tensor([k, -k])));
      return [out, total.read(), count.read(), seen.read()];
    };
    expectSame(
      run((f) => compile(f)),
      run((f) => f),
    );
  });

  test('written twice hold what was written last', () => {
    const cell = new Cell(scalar(1));
    const g = compile((a: Tensor) => {
      cell.write(cell.read().add(a));
      const between = cell.read();
      cell.write(cell.read().mul(2));
      return between;
    });
    expect([g(scalar(5)).item(), cell.read().item()]).toEqual([6, 12]);
    expect([g(scalar(1)).item(), cell.read().item()]).toEqual([13, 26]);
  });

  test('may be written without being read, and read without being written', () => {
    const last = new Cell(tensor([0, 0]));
    const factor = new Cell(scalar(3));
    const g = compile((a: Tensor) => {
      last.write(a);
      return a.mul(factor);
    });
    expect(g(tensor([1, 2])).toArray()).toEqual([3, 6]);
    expect(last.read().toArray()).toEqual([1, 2]);
    expect(g(tensor([3, 4])).toArray()).toEqual([9, 12]);
    expect(last.read().toArray()).toEqual([3, 4]);
    expect(factor.read().item()).toBe(3);
  });

  test('may trade values, take constants and take one value together', () => {
    const [a, b, c] = [1, 2, 3].map((k) => new Cell(tensor([k, k])));
    const fixed = tensor([8, 9]);
    const swap = compile(() => {
      const [va, vb] = [a!.read(), b!.read()];
      a!.write(vb);
      b!.write(va);
      c!.write(va);
    });
    const state = () => [a, b, c].map((cell) => cell!.read().data()[0]);
    swap();
    expect(state()).toEqual([2, 1, 1]);
    swap();
    expect(state()).toEqual([1, 2, 2]);
    const set = compile(() => {
      a!.write(fixed);
      b!.write(fixed);
      c!.write(c!.read());
    });
    set();
    a!.write(tensor([0, 0]));
    set();
    expect(state()).toEqual([8, 8, 2]);
    expect(fixed.toArray()).toEqual([8, 9]);
  });

  test('may take their own value moved', () => {
    const cell = new Cell(tensor([1, 2, 3, 4]));
    const push = compile((a: Tensor) => {
      cell.write(concat([slice(cell.read(), [{ start: 1 }]), a]));
    });
    push(tensor([5]));
    push(tensor([6]));
    expect(cell.read().toArray()).toEqual([3, 4, 5, 6]);
    const mirror = compile((a: Tensor) => {
      cell.write(flip(cell.read(), 0).add(cell.read().mul(a)));
      return flip(cell.read(), 0);
    });
    expect(mirror(scalar(2)).toArray()).toEqual([15, 14, 13, 12]);
    expect(cell.read().toArray()).toEqual([12, 13, 14, 15]);
    const turned = new Cell(
      tensor([
        [1, 2],
        [3, 4],
      ]),
    );
    const turn = compile(() => turned.write(transpose(turned.read())));
    turn();
    expect(turned.read().toArray()).toEqual([
      [1, 3],
      [2, 4],
    ]);
    turn();
    expect(turned.read().toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test('may be replaced for the time of a call', () => {
    const w = parameter(tensor([1, 2]), { name: 'w' });
    const g = compile((a: Tensor) => mul(w, a));
    const a = tensor([10, 20]);
    expect(g(a).toArray()).toEqual([10, 40]);
    const replaced = withValues({ w }, { w: tensor([3, 3]) }, () => g(a));
    expect(replaced.toArray()).toEqual([30, 60]);
    expect(g(a).toArray()).toEqual([10, 40]);
    const inside = compile((b: Tensor) => withValues({ w }, { w: b }, () => mul(w, 2)).add(w));
    expect(inside(a).toArray()).toEqual([21, 42]);
    expect(w.read().toArray()).toEqual([1, 2]);
    expect(inside(tensor([0, 1])).toArray()).toEqual([1, 4]);
  });

  test('written outside between calls are seen', () => {
    const cell = new Cell(tensor([1, 1]), { name: 'rate' });
    const g = compile((a: Tensor) => {
      const out = a.mul(cell);
      cell.write(cell.read().add(1));
      return out;
    });
    const a = tensor([1, 2]);
    expect(g(a).toArray()).toEqual([1, 2]);
    cell.write(tensor([10, 10]));
    expect(g(a).toArray()).toEqual([10, 20]);
    expect(g(a).toArray()).toEqual([11, 22]);
    cell.write(cell.read().mul(2));
    expect(g(a).toArray()).toEqual([24, 48]);
    expect(g.traces).toBe(1);
  });

  test('keep what was read of them before a step', () => {
    const cell = new Cell(tensor([1, 2]));
    const w = parameter(tensor([1, 2]));
    const g = compile(() => {
      cell.write(cell.read().add(1));
      w.write(w.read().mul(2));
      return cell.read();
    });
    const kept = [cell.read(), w.read()];
    for (let k = 0; k < 3; k++) kept.push(g(), cell.read(), w.read());
    expect(kept.map((t) => t.data()[0])).toEqual([1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 8]);
    expect(kept.map((t) => t.data()[1])).toEqual([2, 2, 3, 3, 4, 4, 4, 8, 5, 5, 16]);
  });

  test('share no storage with what is read of them', () => {
    const cell = new Cell(tensor([1, 2]));
    const g = compile(() => cell.write(cell.read().add(1)));
    g();
    cell.read().data().fill(50);
    g();
    expect(cell.read().toArray()).toEqual([3, 4]);
  });

  test('are the same for programs of other shapes, other functions and plain calls', () => {
    const total = new Cell(scalar(0));
    const step = (a: Tensor): Tensor => {
      total.write(total.read().add(sum(a)));
      return total.read();
    };
    const [g, h] = [compile(step), compile((a: Tensor) => step(a.mul(10)))];
    const read = compile(() => total.read().add(0));
    let want = 0;
    for (let k = 1; k < 6; k++) {
      const [small, large] = [tensor([k]), tensor([k, k])];
      for (const [f, a, more] of [
        [g, small, k],
        [h, small, 10 * k],
        [step, large, 2 * k],
        [g, large, 2 * k],
        [h, large, 20 * k],
      ] as const) {
        want += more;
        expect(f(a).item()).toBe(want);
        if (k % 2 === 0) expect(total.read().item()).toBe(want);
        expect(read().item()).toBe(want);
      }
    }
    expect([g.traces, h.traces, read.traces]).toEqual([2, 2, 1]);
  });

  test('passed as arguments are told apart', () => {
    const [a, b] = [new Cell(scalar(1)), new Cell(scalar(10))];
    const g = compile((cell: Cell, x: Tensor) => {
      cell.write(cell.read().add(x));
      return cell;
    });
    for (let k = 0; k < 2; k++) for (const cell of [a, b]) expect(g(cell, scalar(1))).toBe(cell);
    expect([a, b].map((cell) => cell.read().item())).toEqual([3, 12]);
    expect(g.traces).toBe(2);
  });

  test('hold their values when the function throws while it is recorded', () => {
    const cell = new Cell(scalar(1));
    const w = parameter(scalar(2));
    const g = compile((a: Tensor) => {
      mul(w, a).backward();
      cell.write(a);
      w.write(w.read().add(1));
      throw new RangeError('no');
    });
    for (let k = 0; k < 2; k++) expect(() => g(scalar(5))).toThrow(new RangeError('no'));
    expect([cell.read().item(), w.read().item(), w.grad]).toEqual([1, 2, null]);
    expect(g.traces).toBe(0);
    expect(add(w, cell).item()).toBe(3);
  });

  test('may hold nothing', () => {
    const cell = new Cell(tensor([], { shape: [0, 2] }));
    const g = compile((a: Tensor) => {
      cell.write(cell.read().mul(2));
      return a.add(sum(cell));
    });
    for (let k = 0; k < 2; k++) expect(g(scalar(1)).item()).toBe(1);
    expect(cell.read().shape).toEqual([0, 2]);
  });
});

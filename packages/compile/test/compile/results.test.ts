import { describe, expect, test } from '@jest/globals';
import {
  argmax,
  Cell,
  type DType,
  equal,
  floorDivide,
  greater,
  logicalNot,
  parameter,
  random,
  remainder,
  slice,
  type Tensor,
  tensor,
  transpose,
  where,
} from '@tikhonov/core';
import { compile } from '../../src/compile.ts';
import { expectCompiled, expectSame } from './support.ts';

const x = tensor([1, 2, 3]);

describe('results of a compiled function', () => {
  test('may be an argument, a view of one, a constant, a cell and one tensor twice', () => {
    const cell = new Cell(tensor([7, 8]));
    const m = tensor([
      [1, 2],
      [3, 4],
    ]);
    const constant = tensor([5, 6]);
    const f = (a: Tensor) => {
      const twice = a.mul(2);
      return [
        a,
        a,
        transpose(a),
        slice(a, [{ start: 1, stop: 2 }]),
        constant,
        constant,
        tensor(3),
        cell.read(),
        twice,
        twice,
        transpose(twice),
        twice.reshape([4]),
        a.broadcastTo([2, 2, 2]),
      ];
    };
    expectCompiled(f, [m]);
  });

  test.each<readonly [DType, readonly number[]]>([
    ['float32', [1.5, -2, 0.1]],
    ['float64', [1.5, -2, 0.1]],
    ['int32', [2147483647, -2147483648, -5]],
    ['uint32', [4294967295, 0, 2147483648]],
  ])('have the dtype %s of what was computed', (dtype, values) => {
    const a = tensor(values, { dtype });
    const b = tensor([3, 3, 3], { dtype });
    const f = (p: Tensor, q: Tensor) => [
      p,
      p.add(q),
      p.mul(q),
      floorDivide(p, q),
      remainder(p, q),
      greater(p, q),
      where(greater(p, q), p, q),
      argmax(p),
    ];
    expectCompiled(f, [a, b]);
  });

  test('may be bools, as arguments may', () => {
    const bools = tensor([true, false, true]);
    const f = (a: Tensor, v: Tensor) => [a, logicalNot(a), where(a, v, -1), equal(v, 2)];
    const out = expectCompiled(f, [bools, x]);
    expect(out[1]!.toArray()).toEqual([false, true, false]);
  });

  test('may be random draws, bit for bit', () => {
    const draw = (key: Tensor, at: Tensor) => [
      random.uniform(random.foldIn(key, at), [5]),
      random.normal(key, [7], { dtype: 'float64' }),
      random.permutation(key, 8),
      random.randint(random.foldIn(key, 'labels'), [4], 0, 10),
      key,
    ];
    expectCompiled(draw, [random.key(4), tensor(3, { dtype: 'int32' })]);
  });

  test('may not be finite', () => {
    const odd = tensor([Number.NaN, Infinity, -Infinity, -0, 0]);
    expectCompiled((a: Tensor) => [a, a.mul(-1), a.sub(a), a.div(0), a.add(-0)], [odd]);
  });

  test('may be scalars', () => {
    const f = (a: Tensor, k: Tensor) => [a.add(k), k, k.mul(2), k.add(k)];
    const out = expectCompiled(f, [x, tensor(4)]);
    expect(out[1]!.item()).toBe(4);
    expect(out[1]!.shape).toEqual([]);
  });

  test('may be nothing, and things that are no tensors', () => {
    const g = compile((a: Tensor, then: () => void) => {
      a.add(1);
      return { then, list: [1, 'two', undefined] };
    });
    const then = (): void => {};
    expect(g(x, then)).toEqual({ then, list: [1, 'two', undefined] });
    expect(compile(() => undefined)()).toBeUndefined();
  });

  test('stay as they are when the function is called again', () => {
    const g = compile((a: Tensor) => ({ a, doubled: a.mul(2), turned: transpose(a) }));
    const args = [1, 2, 3].map((k) =>
      tensor([
        [k, k + 1],
        [k + 2, k + 3],
      ]),
    );
    const outs = args.map((a) => g(a));
    for (const [i, a] of args.entries()) {
      expectSame(outs[i], { a, doubled: a.mul(2), turned: transpose(a) });
    }
  });

  test('share no storage with the program', () => {
    const constant = tensor([5, 6, 7]);
    const cell = new Cell(x);
    const f = (a: Tensor) => [a, constant, cell.read(), a.add(cell)];
    const g = compile(f);
    for (let round = 0; round < 2; round++) {
      for (const out of g(x)) out.data().fill(99);
    }
    expectSame(g(x), f(x));
    expect(constant.toArray()).toEqual([5, 6, 7]);
    expect(x.toArray()).toEqual([1, 2, 3]);
  });

  test('have no history', () => {
    const w = parameter(x);
    const out = compile((a: Tensor) => [w.read(), w.read().mul(a)])(x);
    expect(out.map((t) => t.requiresGrad)).toEqual([false, false]);
    expect(w.read().requiresGrad).toBe(true);
  });

  test('serve as arguments', () => {
    const g = compile((a: Tensor) => a.mul(2));
    expect(g(g(g(x))).toArray()).toEqual([8, 16, 24]);
    expect(g.traces).toBe(1);
  });
});

import { describe, expect, test } from '@jest/globals';
import {
  broadcastTo,
  concat,
  cond,
  full,
  gather,
  matmul,
  ones,
  scatterAdd,
  slice,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '@tikhonov/core';
import { compile } from '../../src/index.ts';
import { expectCompiled, expectSame } from './support.ts';

const int32 = { dtype: 'int32' } as const;
const float64 = { dtype: 'float64' } as const;

describe('a bias that is large beside the product', () => {
  test.each([
    [1024, 1e6],
    [20, 1e6],
    [2048, 1e7],
  ])('is added last: %d terms, bias %d', (k, size) => {
    const f = (a: Tensor, b: Tensor, c: Tensor): Tensor => matmul(a, b).add(c);
    for (const [rows, columns] of [
      [8, 8],
      [2, 40],
      [33, 5],
    ] as const) {
      const given = [full([rows, k], 1 / 64), ones([k, columns]), full([columns], size)] as const;
      // Products are exact in any order.
      expectSame(compile(f)(...given), f(...given));
    }
  });

  test('in float64', () => {
    const f = (a: Tensor, b: Tensor, c: Tensor): Tensor => matmul(a, b).add(c);
    const given = [full([8, 640], 1 / 64, float64), ones([640, 8], float64)] as const;
    const bias = full([8], 2 ** 52, float64);
    expectSame(compile(f)(...given, bias), f(...given, bias));
  });

  test('and that of zeros keeps their sign', () => {
    const f = (a: Tensor, b: Tensor, c: Tensor): Tensor => matmul(a, b).add(c);
    expectCompiled(f, [full([2, 2], -0), ones([2, 4]), full([4], -0)]);
  });
});

describe('an index out of range', () => {
  const bad = tensor([[0], [7]], int32);
  const z = ones([2, 3]);

  test('throws, though nobody uses what it picks', () => {
    const f = compile((x: Tensor, i: Tensor) => {
      gather(x, i, { axis: 1 });
      return x.add(1);
    });
    expect(() => f(z, bad)).toThrow('index 7 is outside [0, 3)');
    expect(f(z, tensor([[0], [2]], int32)).toArray()).toEqual(z.add(1).toArray());
  });

  test('throws where later indices were trusted because of it', () => {
    const f = compile((x: Tensor, i: Tensor) => {
      const picked = concat([gather(x, i, { axis: 1 }), x], { axis: 1 });
      const placed = scatterAdd(zeros([2, 3]), i, ones([2, 1]), { axis: 1 });
      return [slice(picked, [null, { start: 1 }]), placed];
    });
    expect(() => f(z, bad)).toThrow('index 7 is outside [0, 3)');
  });

  test('is left out where it is known to be in range', () => {
    const f = compile((x: Tensor) => {
      gather(x, tensor([[0], [2]], int32), { axis: 1 });
      return x.add(1);
    });
    f(z);
    expect(f.explain()[0]!.graph).not.toContain('gather');
  });

  test('in a branch that is not taken is no error, constant or not', () => {
    const values = tensor([1, 2, 3]);
    const f = (p: Tensor, x: Tensor): Tensor =>
      cond(
        p,
        () => sum(x),
        () => sum(gather(values, tensor([7], int32), { axis: 0 })),
      );
    const g = compile(f);
    expect(g(tensor(true), z).item()).toBe(6);
    expect(() => g(tensor(false), z)).toThrow('index 7 is outside [0, 3)');
  });
});

test.each([
  [4, 'mul'],
  [8, 'sum'],
])('the float64 sum of %d equal numbers is a %s, as long as that has its bits', (n, name) => {
  const f = compile((a: Tensor) => sum(broadcastTo(a, [n])));
  f(tensor(0.1, float64));
  expect(f.explain()[0]!.graph).toContain(`${name}(`);
});

import { describe, expect, test } from '@jest/globals';
import {
  add,
  flip,
  mul,
  permute,
  slice,
  sum,
  type Tensor,
  TraceError,
  tensor,
  transpose,
  zeros,
} from '@tikhonov/core';
import { compile } from '../../src/compile.ts';
import { expectCompiled, expectSame, thrownBy } from './support.ts';

const x = tensor([1, 2, 3]);
const y = tensor([10, 20, 30]);

describe('arguments of a compiled function', () => {
  test('are trees, and so are its results', () => {
    const f = (a: { w: Tensor; rest: readonly [Tensor, { b: Tensor }] }, k: number) => ({
      sums: [a.w.add(a.rest[0]), a.rest[1].b.mul(k)],
      label: 'out',
      none: null,
      k,
    });
    const out = expectCompiled(f, [{ w: x, rest: [y, { b: tensor([[5]]) }] }, 3]);
    expect(out.sums[1]!.toArray()).toEqual([[15]]);
  });

  test('may be none', () => {
    expectCompiled(() => tensor([1, 2]).add(1), []);
  });

  test('may be objects without a prototype', () => {
    const bare = Object.assign(Object.create(null) as Record<string, Tensor>, { x });
    expectCompiled((a: Record<string, Tensor>) => a.x!.add(1), [bare]);
  });

  test('that are no tensors are part of the key', () => {
    const g = compile((a: Tensor, k: number | string | boolean | null | undefined) =>
      a.mul(typeof k === 'number' ? k : typeof k === 'string' ? k.length : k === null ? -1 : 7),
    );
    const keys = [2, 3, 'four', '', null, undefined, true, false];
    for (let round = 0; round < 2; round++) {
      expect(keys.map((k) => g(x, k).data()[0])).toEqual([2, 3, 4, 0, -1, 7, 7, 7]);
    }
    expect(g.traces).toBe(keys.length);
  });

  test('tell 0 from -0, and know NaN again', () => {
    const g = compile((a: Tensor, k: number) => a.mul(k), { maxTraces: 3 });
    expect(g(x, 0).data()[0]).toBe(0);
    expect(g(x, -0).data()[0]).toBe(-0);
    expect([g(x, Number.NaN), g(x, Number.NaN)].map((out) => out.data()[0])).toEqual([NaN, NaN]);
    expect(g.traces).toBe(3);
  });

  test('of another shape, dtype, structure or number make another program', () => {
    const g = compile((...xs: readonly (Tensor | readonly Tensor[])[]) =>
      xs.flat().map((a) => a.add(a)),
    );
    const calls = [
      [x],
      [tensor([1, 2])],
      [tensor([1, 2], { dtype: 'float64' })],
      [tensor([[1, 2]])],
      [tensor([1, 2], { dtype: 'int32' })],
      [x, x],
      [[x, x]],
    ];
    for (let round = 0; round < 2; round++) {
      for (const args of calls)
        expectSame(
          g(...args),
          args.flat().map((a) => a.add(a)),
        );
      expect(g.traces).toBe(calls.length);
    }
  });

  test('of the same kind share a program', () => {
    const g = compile((a: Tensor, o: { readonly b: Tensor }) => a.mul(o.b).sub(a));
    for (let k = 0; k < 20; k++) {
      const [a, b] = [tensor([k, 1, 2]), tensor([3, k, 4])];
      expectSame(g(a, { b }), a.mul(b).sub(a));
    }
    expect(g.traces).toBe(1);
  });

  test('given again after others count anew', () => {
    const g = compile((a: Tensor, b: Tensor) => a.sub(b));
    const pairs = [
      [x, y],
      [y, x],
      [x, y],
      [x, x],
      [y, x],
      [y, y],
      [x, y],
    ] as const;
    for (const [a, b] of pairs) expectSame(g(a, b), a.sub(b));
    expect(g.traces).toBe(1);
  });

  test('may be views', () => {
    const m = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const g = compile((a: Tensor, b: Tensor) => add(a, mul(b, 10)));
    const c = tensor([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expectSame(g(transpose(m), c), add(transpose(m), mul(c, 10)));
    expectSame(g(c, transpose(m)), add(c, mul(transpose(m), 10)));
    expectSame(g(flip(c, 0), c), add(flip(c, 0), mul(c, 10)));
    const big = tensor([7, 7, 0, 1, 2, 3, 4, 5, 7]);
    const part = slice(big, [{ start: 2, stop: 8 }]).reshape([3, 2]);
    expectSame(g(part, part), add(part, mul(part, 10)));
    expect(g.traces).toBe(1);
    const spread = tensor([[1], [2]]).broadcastTo([2, 3]);
    expectCompiled((a: Tensor) => sum(permute(a, [1, 0]), { axis: 1 }), [spread]);
    const bools = flip(tensor([true, false, false], { dtype: 'bool' }), 0);
    expectCompiled((a: Tensor) => a.astype('int32'), [bools]);
  });

  test('may have no elements', () => {
    const f = (a: Tensor, b: Tensor) => [a.add(1), sum(a), sum(a, { axis: 0 }), b.add(sum(a))];
    expectCompiled(f, [zeros([0, 3]), x]);
    expectCompiled((a: Tensor) => a, [zeros([0])]);
    expectCompiled((a: Tensor) => a.matmul(zeros([0, 2])), [zeros([3, 0])]);
  });
});

describe('too many programs', () => {
  const g = () =>
    compile(
      function scaled(a: Tensor, o: { readonly k: number }) {
        return a.mul(o.k);
      },
      { maxTraces: 2 },
    );

  test('are refused with the argument that changes', () => {
    const scaled = g();
    scaled(x, { k: 1 });
    scaled(x, { k: 2 });
    const error = thrownBy(() => scaled(x, { k: 3 }));
    expect(error).toBeInstanceOf(TraceError);
    expect(error.message).toContain('compile (scaled): 2 programs');
    expect(error.message).toContain('argument 1.k, which was 1, then 2, and is 3.\n');
    expect(error.message).toContain('as a tensor, or raise maxTraces');
  });

  test('are refused with the shape that changes', () => {
    const scaled = g();
    scaled(x, { k: 1 });
    scaled(tensor([1]), { k: 1 });
    expect(() => scaled(tensor([1, 2]), { k: 1 })).toThrow(
      'argument 0, which was float32 [3], then float32 [1], and is float32 [2].\n' +
        '  Bring batches to one size (drop or pad the last one), or raise maxTraces.',
    );
  });

  test('leave those that exist in use', () => {
    const scaled = g();
    for (const k of [1, 2]) scaled(x, { k });
    expect(() => scaled(x, { k: 3 })).toThrow(TraceError);
    expect(scaled(x, { k: 1 }).toArray()).toEqual([1, 2, 3]);
    expect(scaled(x, { k: 2 }).toArray()).toEqual([2, 4, 6]);
    expect(scaled.traces).toBe(2);
  });

  test('are more than 8 unless told otherwise', () => {
    const h = compile((a: Tensor, k: number) => a.mul(k));
    for (let k = 0; k < 8; k++) h(x, k);
    expect(() => h(x, 8)).toThrow('8 programs have been built');
  });
});

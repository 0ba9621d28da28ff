import { describe, expect, test } from '@jest/globals';
import {
  Cell,
  DTypeError,
  flip,
  gather,
  greater,
  less,
  log,
  mul,
  parameter,
  ShapeError,
  slice,
  sum,
  type Tensor,
  TraceError,
  tensor,
} from '@tikhonov/core';
import { check } from '@tikhonov/core/engine';
import { compile } from '../../src/compile.ts';
import { expectSame, thrownBy } from './support.ts';

const x = tensor([1, 2, 3]);

describe('compile', () => {
  test.each([[undefined], [null], [3], ['f'], [{}], [x]])('refuses %p for a function', (f) => {
    const error = thrownBy(() => compile(f as never));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain('compile: needs a function, got ');
  });

  test.each([0, -1, 1.5, Number.NaN, Infinity, '3', null])('refuses maxTraces: %p', (maxTraces) => {
    const error = thrownBy(() => compile(() => x, { maxTraces: maxTraces as number }));
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toContain('maxTraces must be an integer >= 1, got ');
  });

  test('refuses options that it does not know, or of another kind', () => {
    const unknown = { maxTrace: 3 } as object;
    expect(() => compile(() => x, unknown)).toThrow(/compile: .*maxTrace/);
    expect(() => compile(() => x, { deterministic: 1 as never })).toThrow(TypeError);
    expect(() => compile(() => x, 3 as never)).toThrow(TypeError);
  });

  test.each([[{}], [null], [3], [[]]])('refuses lowerings: %p', (lowerings) => {
    const error = thrownBy(() => compile(() => x, { lowerings: lowerings as never }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain('lowerings must be standardLowerings or allLowerings, got ');
  });

  test('takes its name from the function unless given one', () => {
    function step(): Tensor {
      return x;
    }
    expect((compile(step) as { readonly name?: string }).name).toBe('step');
    expect((compile(step, { name: 'other' }) as { readonly name?: string }).name).toBe('other');
  });

  test('gives the same with deterministic: true', () => {
    const f = (a: Tensor): Tensor => sum(a.reshape([3, 1]).matmul(a.reshape([1, 3])));
    expectSame(compile(f, { deterministic: true })(x), f(x));
  });
});

describe('reading data in a compiled function', () => {
  const cell = new Cell(tensor(1), { name: 'rate' });
  test.each<readonly [string, (a: Tensor) => unknown, string]>([
    ['item', (a) => a.item(), 'the argument 0'],
    ['data', (a) => a.data(), 'the argument 0'],
    ['toArray', (a) => a.toArray(), 'the argument 0'],
    ['item of a result', (a) => a.mul(2).item(), 'the result of mul'],
    ['item of a cell', () => cell.read().item(), 'the cell "rate"'],
  ])('is refused: %s', (_, f, origin) => {
    const g = compile(f);
    for (let round = 0; round < 2; round++) {
      const error = thrownBy(() => g(tensor(5)));
      expect(error).toBeInstanceOf(TraceError);
      expect(error.message).toContain(`compile: The values of ${origin} of shape []`);
      expect(error.message).toContain(
        'read it outside, or express the decision with where() or cond().',
      );
    }
    expect(g.traces).toBe(0);
    expect(cell.read().item()).toBe(1);
  });

  test('is refused for promises, and for traced tensors kept from an earlier call', () => {
    expect(() => compile(async (a: Tensor) => a)(x)).toThrow('must not be async');
    let kept: Tensor | null = null;
    const keep = compile((a: Tensor) => {
      kept = a.mul(2);
      return a;
    });
    keep(x);
    expect(() => kept!.toArray()).toThrow(TraceError);
    expect(() => compile((a: Tensor) => a.add(kept!))(x)).toThrow('another trace');
  });

  test('of what depends on no argument is fine', () => {
    const g = compile((a: Tensor) => a.mul(x.add(1).data()[0]!));
    expect(g(x).toArray()).toEqual([2, 4, 6]);
  });
});

describe('a requirement on data that fails', () => {
  const positive = (a: Tensor): void =>
    check(greater(a, 0), (at) => new RangeError(`element ${at} is not > 0.`));

  function training(wrap: (f: (a: Tensor) => Tensor) => (a: Tensor) => Tensor) {
    const w = parameter(tensor([1, 1, 1]), { name: 'w' });
    const [count, last] = [new Cell(tensor(0)), new Cell(tensor([0, 0, 0]))];
    const step = wrap((a) => {
      count.write(count.read().add(1));
      last.write(a);
      mul(w, a).sum().backward();
      w.write(w.read().sub(w.grad!.mul(0.5)));
      positive(a);
      positive(w.read());
      return sum(log(a));
    });
    const state = () => [w.read(), w.grad, count.read(), last.read()];
    return { step, state, w };
  }

  test('throws the same error as a plain call, and changes no cell', () => {
    const { step, state, w } = training((f) => compile(f));
    const plainStep = training((f) => f);
    const bad = tensor([0.25, -1, -2]);
    for (const wrong of [bad, tensor([0.25, 9, 0.25])]) {
      const before = state();
      const error = thrownBy(() => step(wrong));
      expect(error).toEqual(thrownBy(() => training((f) => f).step(wrong)));
      expect(error).toBeInstanceOf(RangeError);
      expectSame(state(), before);
    }
    const good = tensor([0.25, 0.5, 0.125]);
    expectSame(step(good), plainStep.step(good), 1e-6);
    expectSame(state(), plainStep.state());
    // A gradient is there now: another program, which fails as well.
    const before = state();
    expect(() => step(bad)).toThrow(new RangeError('element 1 is not > 0.'));
    expectSame(state(), before);
    w.zeroGrad();
    plainStep.w.zeroGrad();
    expectSame(step(good), plainStep.step(good), 1e-6);
    expectSame(state(), plainStep.state());
  });

  test('throws at views, at the right element', () => {
    const g = compile((a: Tensor) => {
      positive(a.transpose().reshape([6]));
      return a.add(1);
    });
    const good = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const wrong = tensor([
      [1, 2, 3],
      [4, 0, 6],
    ]);
    for (let round = 0; round < 2; round++) {
      expectSame(g(good), good.add(1));
      expect(() => g(wrong)).toThrow(new RangeError('element 3 is not > 0.'));
    }
    expect(g.traces).toBe(1);
  });

  test('throws at a flipped condition, at the right element', () => {
    const f = (a: Tensor): Tensor => {
      const fine = greater(a, 0);
      check(flip(slice(fine, [{ start: 1 }]), 0), (at) => new RangeError(`element ${at}`));
      return fine;
    };
    const g = compile(f);
    for (const values of [
      [1, 1, 0, 1, 1],
      [0, 1, 1, 1, 0],
      [1, 0, 1, 0, 1],
    ]) {
      const a = tensor(values);
      expect(thrownBy(() => g(a))).toEqual(thrownBy(() => f(a)));
    }
    const good = tensor([0, 1, 1, 1, 1]);
    expectSame(g(good), f(good));
  });

  test('is reported first, as in a plain call, when several fail', () => {
    const g = compile((a: Tensor) => {
      check(less(mul(a, a), 5), () => new Error('first'));
      check(greater(a, 0), () => new Error('second'));
      check(greater(a, 0), () => new Error('third'));
      return a;
    });
    const failing = [
      [-1, -3, 0],
      [-1, 1, 1],
      [1, 3, 1],
    ];
    const messages = failing.map((values) => thrownBy(() => g(tensor(values))).message);
    expect(messages).toEqual(['first', 'second', 'first']);
    expect(g(tensor([1, 2, 1])).toArray()).toEqual([1, 2, 1]);
  });

  test('leaves arguments as they were for the next call', () => {
    const g = compile((a: Tensor, b: Tensor) => {
      positive(a);
      return a.add(b);
    });
    const y = tensor([10, 10, 10]);
    g(x, x);
    expect(() => g(x.neg(), y)).toThrow(RangeError);
    expect(g(x, y).toArray()).toEqual([11, 12, 13]);
    expect(g(x, x).toArray()).toEqual([2, 4, 6]);
  });

  test('throws at once if it depends on no argument', () => {
    const g = compile((a: Tensor) => {
      positive(tensor([-1]));
      return a;
    });
    expect(() => g(x)).toThrow(new RangeError('element 0 is not > 0.'));
  });

  test('is an index out of range as well', () => {
    const count = new Cell(tensor(0));
    const f = (a: Tensor, at: Tensor): Tensor => {
      count.write(count.read().add(1));
      return gather(a, at);
    };
    const g = compile(f);
    const index = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' });
    expect(g(x, index(2, 1, 0)).toArray()).toEqual(f(x, index(2, 1, 0)).toArray());
    expect(count.read().item()).toBe(2);
    for (const wrong of [index(0, 3, 1), index(0, 2, -1)]) {
      const error = thrownBy(() => g(x, wrong));
      expect(count.read().item()).toBe(2);
      expect(error).toEqual(thrownBy(() => gather(x, wrong)));
    }
    expect(g(x, index(1, 1, 1)).toArray()).toEqual([2, 2, 2]);
    expect(count.read().item()).toBe(3);
  });
});

describe('mistakes in a compiled function', () => {
  test('are reported as in a plain call', () => {
    const shapes = compile((a: Tensor) => a.add(tensor([1, 2])));
    expect(() => shapes(x)).toThrow(ShapeError);
    const dtypes = compile((a: Tensor) => a.add(tensor([1, 2, 3], { dtype: 'float64' })));
    expect(() => dtypes(x)).toThrow(DTypeError);
    const cell = new Cell(tensor([1, 2]), { name: 'state' });
    expect(() => compile((a: Tensor) => cell.write(a))(x)).toThrow(/state.* \[2\], not \[3\]/);
    expect(() => compile(() => cell.write(tensor([1, 2], { dtype: 'float64' })))()).toThrow(
      DTypeError,
    );
    expect(cell.read().toArray()).toEqual([1, 2]);
    expect(() => cell.write(x)).toThrow(ShapeError);
  });
});

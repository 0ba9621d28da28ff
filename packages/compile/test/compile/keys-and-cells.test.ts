import { describe, expect, test } from '@jest/globals';
import {
  Cell,
  DTypeError,
  mul,
  noGrad,
  parameter,
  square,
  sub,
  sum,
  type Tensor,
  TraceError,
  tensor,
  zeros,
} from '@tikhonov/core';
import * as nn from '@tikhonov/nn';
import { compile } from '../../src/index.ts';
import { expectSame, thrownBy } from './support.ts';

const x = tensor([1, 2, 3]);

describe('a cell that is cast between calls', () => {
  // Another program, or a clear error; never wrong numbers.
  const expectHonest = (call: () => unknown, want: () => unknown, tolerance = 0): void => {
    let got: unknown;
    try {
      got = call();
    } catch (error) {
      expect(error instanceof TraceError || error instanceof DTypeError).toBe(true);
      return;
    }
    expectSame(got, want(), tolerance);
  };

  test('serves in its new dtype when a model is cast', () => {
    const model = new nn.Linear(2, 2, { seed: 0 });
    const f = (a: Tensor): Tensor => model.forward(a);
    const g = compile(f);
    const a = tensor([[1, 2]]);
    expectSame(g(a), f(a), 1e-6);
    nn.astype(model, 'float64');
    const wide = a.astype('float64');
    expectHonest(
      () => g(wide),
      () => f(wide),
      1e-12,
    );
    expect(() => g(a)).toThrow(DTypeError);
    nn.astype(model, 'float32');
    expectSame(g(a), f(a), 1e-6);
  });

  test('is not misread, whatever the arguments are', () => {
    for (const [from, to] of [
      ['float32', 'float64'],
      ['float64', 'float32'],
    ] as const) {
      const w = parameter(x.astype(from));
      const state = new Cell(x.astype(from));
      const f = (a: Tensor) => {
        state.write(state.read().add(1));
        return [mul(w, a.astype(w.dtype)), state.read()];
      };
      const g = compile(f);
      g(x);
      for (const cell of [w, state]) nn.astype(asModule(cell), to);
      const want = [mul(w, x.astype(to)), state.read().add(1)];
      expectHonest(
        () => g(x),
        () => want,
      );
    }
  });

  test('is not misread as a gradient', () => {
    const w = parameter(x);
    const g = compile(() => w.grad);
    mul(w, 2).sum().backward();
    expectSame(g(), x.mul(0).add(2));
    nn.astype(asModule(w), 'float64');
    mul(w, tensor(2, { dtype: 'float64' }))
      .sum()
      .backward();
    expectHonest(g, () => w.grad);
  });
});

class Holder extends nn.Module {
  readonly held: Cell;
  constructor(held: Cell) {
    super();
    this.held = held;
  }
}
const asModule = (cell: Cell): nn.Module => new Holder(cell);

describe('cells made in a compiled function', () => {
  test('are new in every call', () => {
    const f = (a: Tensor): Tensor => {
      const cell = new Cell(zeros([3]));
      cell.write(cell.read().add(a));
      return cell.read();
    };
    const g = compile(f);
    for (let k = 0; k < 3; k++) expectSame(g(x), f(x));
  });

  test('are new in every call, parameters too', () => {
    const f = (a: Tensor): Tensor => {
      const w = parameter(zeros([3]));
      for (let k = 0; k < 2; k++) {
        sum(square(mul(w, a).sub(1))).backward();
        w.write(sub(w, w.grad!.mul(0.25)));
        w.zeroGrad();
      }
      return w.read();
    };
    const g = compile(f);
    for (let k = 0; k < 3; k++) expectSame(g(x), f(x));
  });
});

describe('keys of arguments', () => {
  test('tell empty text from an empty object, and so on', () => {
    const g = compile((a: unknown) => tensor(typeof a === 'string' ? 1 : 2));
    for (const [a, text] of [
      [{}, ''],
      [[], 'array of 0'],
      [x, 'float32 [3]'],
      [{ a: 1 }, 'a'],
    ] as const) {
      expect([g(a).item(), g(text).item(), g(a).item()]).toEqual([2, 1, 2]);
    }
    const keys = compile((a: object) => tensor(Object.keys(a).length));
    expect([keys({ 'a\0b': 1 }).item(), keys({ a: 1, b: 1 }).item()]).toEqual([1, 2]);
  });
});

describe('results', () => {
  test.each<readonly [string, (a: Tensor) => unknown]>([
    ['a Map', (a) => new Map([['y', a.mul(2)]])],
    ['an instance', (a) => new Holder(new Cell(a.mul(2)))],
    ['a cell', (a) => new Cell(a.mul(2))],
  ])('with traced tensors out of reach are refused at once: %s', (_, f) => {
    expect(() => compile(f)(x)).toThrow(TraceError);
  });
});

describe('too many programs', () => {
  test('because of noGrad are told so', () => {
    const w = parameter(x);
    const g = compile((a: Tensor) => mul(w, a), { maxTraces: 1 });
    g(x);
    const error = thrownBy(() => noGrad(() => g(x)));
    expect(error.message).toContain('noGrad');
  });
});

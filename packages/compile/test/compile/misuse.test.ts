import { describe, expect, test } from '@jest/globals';
import {
  add,
  Cell,
  cond,
  greater,
  matmul,
  mul,
  noGrad,
  parameter,
  sum,
  type Tensor,
  TraceError,
  tensor,
  whileLoop,
  zeros,
} from '@tikhonov/core';
import { check } from '@tikhonov/core/engine';
import * as nn from '@tikhonov/nn';
import { CompileError, canCompile, compile } from '../../src/index.ts';
import { expectSame, thrownBy } from './support.ts';

const x = tensor([1, 2, 3]);

/** A call that fails in the same way again, and builds nothing. */
function refused(f: (...args: never[]) => unknown, ...args: readonly unknown[]): Error {
  const g = compile(f as (...all: readonly unknown[]) => unknown);
  const [first, second] = [thrownBy(() => g(...args)), thrownBy(() => g(...args))];
  expect(second).toEqual(first);
  expect(g.traces).toBe(0);
  return first;
}

const data =
  '  Return the tensor and read it outside, or express the decision with where() or cond().';

describe('a compiled function that reads values', () => {
  test.each<readonly [string, (a: Tensor) => unknown, string]>([
    ['to branch', (a) => (sum(a).item() > 0 ? a : a.neg()), 'the result of reshape of shape []'],
    [
      'of a comparison to branch',
      (a) => (greater(a, 0).toArray<boolean[]>()[0] ? a : a.neg()),
      'the result of less of shape [3]',
    ],
    ['to print them', (a) => JSON.stringify(a), 'the argument 0 of shape [3]'],
    ['to loop', (a) => Array.from(a.data(), (value) => value + 1), 'the argument 0 of shape [3]'],
  ])('%s is told which, and what to do', (_, f, what) => {
    const error = refused(f, x);
    expect(error).toBeInstanceOf(TraceError);
    expect(error.message).toBe(
      `compile: The values of ${what} are not known while tracing.\n${data}`,
    );
  });

  test('in a branch or a loop is told so too', () => {
    const inCond = (a: Tensor): Tensor =>
      cond(
        greater(sum(a), 0),
        () => tensor(a.mul(2).item()),
        () => sum(a),
      );
    expect(refused(inCond, tensor([5])).message).toContain(
      'The values of the result of mul of shape [1] are not known while tracing',
    );
    const inLoop = (a: Tensor): Tensor =>
      whileLoop(
        (b) => greater(b, 0),
        (b) => b.sub(b.item()),
        a,
        { maxSteps: 3 },
      );
    expect(refused(inLoop, tensor(5)).message).toMatch(/^compile: The values of .* of shape \[\]/);
  });

  test('may print what a tensor is', () => {
    let seen = '';
    compile((a: Tensor) => {
      seen = `${a} ${a.mul(2)}`;
    })(x);
    expect(seen).toBe('Tensor([3] float32, the argument 0) Tensor([3] float32, the result of mul)');
  });
});

describe('arguments that a program cannot follow', () => {
  const ignoring = (): Tensor => x.add(1);

  test('are refused: a promise', () => {
    expect(refused(ignoring, Promise.resolve(x)).message).toBe(
      'compile: argument 0 is a promise.\n  Await it before the call.',
    );
  });

  test.each([
    [new Float32Array(2), 'a Float32Array'],
    [new Int32Array(2), 'an Int32Array'],
    [new Uint8Array(2), 'a Uint8Array'],
  ])('are refused: the typed array %p', (values, name) => {
    const error = refused(ignoring, 1, { values });
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(
      `compile: argument 1.values is ${name}, whose elements a program would fix.\n` +
        '  Make a tensor of it before the call, with tensor(...).',
    );
  });

  test('are refused: ndarrays, which are instances', () => {
    class NdArray {
      readonly data = new Float32Array([1, 2]);
      readonly shape: readonly number[] = [2];
    }
    expect(refused(ignoring, { a: new NdArray() }).message).toBe(
      'compile: argument 0.a is an ndarray, whose elements a program would fix.\n' +
        '  Make a tensor of it before the call, with fromNdarray(...).',
    );
  });

  test('are refused: collections of tensors', () => {
    for (const [collection, name] of [
      [new Map([['x', x]]), 'a Map'],
      [new Set([x]), 'a Set'],
    ] as const) {
      expect(refused(ignoring, [collection]).message).toBe(
        `compile: argument 0.0 is ${name} of tensors, which a program would fix.\n` +
          '  Pass them in an array or an object literal.',
      );
    }
    expect(
      compile((names: ReadonlySet<string>) => x.mul(names.size))(new Set(['a'])).data()[1],
    ).toBe(2);
  });

  test('are refused: trees that contain themselves', () => {
    const tree: { a: unknown[]; up?: object } = { a: [x] };
    tree.a.push([tree]);
    const error = refused(ignoring, 0, tree);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(
      'compile: argument 1.a.1.0 contains itself.\n  Pass a tree: arrays and object literals without cycles.',
    );
    const list: unknown[] = [];
    list.push(list);
    expect(refused(ignoring, list).message).toContain('argument 0.0 contains itself');
  });

  test('but the same object may be in two places', () => {
    const one = { x };
    const g = compile((pair: readonly { x: Tensor }[]) => pair[0]!.x.add(pair[1]!.x));
    expect(g([one, one]).toArray()).toEqual([2, 4, 6]);
    expect(g([one, { x: x.mul(10) }]).toArray()).toEqual([11, 22, 33]);
    expect(g.traces).toBe(1);
  });

  test('but properties under symbols are seen', () => {
    const [first, second] = [Symbol('part'), Symbol('part')];
    const g = compile((a: Record<symbol, Tensor>) => {
      const [key] = Object.getOwnPropertySymbols(a);
      return a[key!]!.mul(key === first ? 2 : 3);
    });
    const calls = [first, second, first].map((key) => g({ [key]: x }).data()[0]);
    expect(calls).toEqual([2, 3, 2]);
    expect(g({ [first]: x.mul(5) }).data()[0]).toBe(10);
    expect(g.traces).toBe(2);
    const results = compile((a: Tensor) => ({ [first]: a.add(1), named: a }));
    expect(results(x)[first]!.toArray()).toEqual([2, 3, 4]);
    expect(Object.keys(results(x))).toEqual(['named']);
  });
});

describe('results that a program cannot give', () => {
  test.each<readonly [string, () => unknown, string]>([
    ['a Map', () => new Map(), 'a Map'],
    ['a typed array', () => new Float64Array(1), 'a Float64Array'],
    ['a model', () => new nn.Linear(1, 1, { seed: 0 }), 'a Linear'],
    ['a generator', function* () {}, 'an object'],
  ])('are refused: %s', (_, f, name) => {
    const error = refused(f);
    expect(error).toBeInstanceOf(TraceError);
    expect(error.message).toBe(
      `compile: the function returned ${name}, in which tensors cannot be found.\n` +
        '  Return tensors, or arrays and object literals of tensors.',
    );
  });

  test('are refused: cells of its own, whatever they hold', () => {
    const told = (label: string): string =>
      `compile: the function returned ${label}, which it made itself: later calls do not make another one.\n` +
      '  Return cell.read(), or make the cell outside of the function.';
    expect(refused((a: Tensor) => [new Cell(a.mul(2))], x).message).toBe(told('a cell'));
    // This one holds a constant, and would be the same cell at every call.
    const constant = () => ({ c: new Cell(zeros([2]), { name: 'c' }) });
    expect(refused(constant).message).toBe(told('the cell "c"'));
    expect(refused((a: Tensor) => parameter(a.mul(2)), x).message).toBe(told('a cell'));
  });

  test('are refused: trees that contain themselves', () => {
    const error = refused((a: Tensor) => {
      const out: { a: Tensor; all: unknown[] } = { a, all: [] };
      out.all.push(out);
      return out;
    }, x);
    expect(error.message).toContain('compile: the result.all.0 contains itself.\n');
  });

  test('are refused: promises', () => {
    const told =
      'A function under differentiation, noGrad or tracing must not be async.\n' +
      '  Await what it needs before the call and pass the tensors in.';
    expect(refused(async (a: Tensor) => a.mul(2), x).message).toBe(told);
    expect(refused((a: Tensor) => Promise.resolve(a), x).message).toBe(told);
  });
});

describe('tensors of a compiled call that is over', () => {
  let kept: Tensor = x;
  let leaked = new Cell(x);
  compile((a: Tensor) => {
    // Its error could show what tensors held, as long as the call lasts.
    check(greater(a, 0), () => new RangeError('not > 0'));
    kept = a.mul(2);
    leaked = new Cell(kept);
  })(x);
  const name = 'the result of mul (kept from an earlier compiled call)';
  const live = '  Return it instead of storing it.';

  test('say so when they are read', () => {
    const told = `The values of ${name} of shape [3] are not known while tracing.\n${data}`;
    for (const read of [() => kept.data(), () => kept.toArray(), () => leaked.read().data()]) {
      const error = thrownBy(read);
      expect(error).toBeInstanceOf(TraceError);
      expect(error.message).toBe(told);
    }
    expect(String(kept)).toBe(`Tensor([3] float32, ${name})`);
  });

  test('say so when they are used', () => {
    for (const use of [() => kept.add(1), () => add(x, kept), () => add(leaked, x)]) {
      const error = thrownBy(use);
      expect(error).toBeInstanceOf(TraceError);
      expect(error.message).toBe(`add: ${name} has no elements outside of its trace.\n${live}`);
    }
  });

  test('say so when another program is made of them', () => {
    expect(refused((a: Tensor) => a.add(kept), x).message).toBe(
      `compile: add uses ${name}, which belongs to another trace.\n${live}`,
    );
    expect(refused(() => kept).message).toContain('compile: the result uses the result of mul');
  });
});

describe('one program too many', () => {
  const told = (message: string, ...calls: readonly (() => unknown)[]): void => {
    for (const call of calls.slice(0, -1)) call();
    const error = thrownBy(calls.at(-1)!);
    expect(error).toBeInstanceOf(TraceError);
    expect(error.message).toBe(message);
  };

  test('is compared with the nearest of them', () => {
    const g = compile((a: Tensor, o: { k: number; mode: string }) => a.mul(o.k + o.mode.length), {
      maxTraces: 3,
      name: 'step',
    });
    const other = tensor([[1]]);
    told(
      "compile (step): 3 programs have been built; another one is needed because of argument 1.mode, which was 'train' and is 'test'.\n" +
        '  Pass what changes from call to call as a tensor, or raise maxTraces.',
      () => g(x, { k: 1, mode: 'train' }),
      // Nearer in time, and otherwise farther.
      () => g(other, { k: 2, mode: 'other' }),
      () => g(other, { k: 3, mode: 'another' }),
      () => g(x, { k: 1, mode: 'test' }),
    );
  });

  test('tells what was there before', () => {
    const g = compile((a: Tensor, k: number) => a.mul(k));
    told(
      'compile: 8 programs have been built; another one is needed because of argument 1, which was ..., then 3, then 4, then 5, then 6, then 7, and is 8.\n' +
        '  Pass what changes from call to call as a tensor, or raise maxTraces.',
      ...Array.from({ length: 9 }, (_, k) => () => g(x, k)),
    );
  });

  test('tells signs of zeros', () => {
    const g = compile((a: Tensor, k: number) => a.mul(k), { maxTraces: 1 });
    told(
      'compile: 1 program has been built; another one is needed because of argument 1, which was 0 and is -0.\n' +
        '  Pass what changes from call to call as a tensor, or raise maxTraces.',
      () => g(x, 0),
      () => g(x, -0),
    );
  });

  test('of functions and objects that are made anew', () => {
    const g = compile((a: Tensor, _: object) => a.mul(2), { maxTraces: 2 });
    const fresh = (): (() => void) => () => {};
    const once = '  Make it once, outside of the call, and pass the same one, or raise maxTraces.';
    told(
      `compile: 2 programs have been built; another one is needed because of argument 1, which is another function than before.\n${once}`,
      () => g(x, fresh()),
      () => g(x, fresh()),
      () => g(x, fresh()),
    );
    const h = compile((a: Tensor, _: object) => a.mul(2), { maxTraces: 1 });
    told(
      `compile: 1 program has been built; another one is needed because of argument 1.at, which is another Date than before.\n${once}`,
      () => h(x, { at: new Date(0) }),
      () => h(x, { at: new Date(0) }),
    );
  });

  test('of trees of other forms', () => {
    const g = compile(
      (all: Record<string, Tensor | Tensor[]>) => Object.values(all).flat().at(-1)!,
      {
        maxTraces: 1,
      },
    );
    g({ a: x });
    expect(thrownBy(() => g({ a: x, b: x })).message).toContain(
      'argument 0, which was { a } and is { a, b }.',
    );
    expect(thrownBy(() => g({ a: [x] })).message).toContain(
      'argument 0.a, which was float32 [3] and is an array of 1.',
    );
    expect(thrownBy(() => g({ a: tensor([true, false, true]) })).message).toContain(
      'argument 0.a, which was float32 [3] and is bool [3].\n  Bring batches to one size',
    );
  });

  test('of cells of another dtype', () => {
    const model = new nn.Linear(1, 1, { seed: 0 });
    const g = compile(() => model.weight.read().mul(2), { maxTraces: 1 });
    told(
      'compile: 1 program has been built; another one is needed because of the cell "weight", which was float32 and is float64.\n' +
        '  Compile another function for that, or raise maxTraces.',
      () => g(),
      () => {
        nn.astype(model, 'float64');
        return g();
      },
    );
  });

  test('of gradients that are there or not', () => {
    const w = parameter(x, { name: 'w' });
    const g = compile(() => sum(mul(w, w)).backward(), { maxTraces: 1 });
    told(
      'compile: 1 program has been built; another one is needed because of the gradient of the cell "w", which was null and is a tensor.\n' +
        '  Call zeroGrad() at the same place of every step, or raise maxTraces.',
      () => g(),
      () => g(),
    );
    w.zeroGrad();
    g();
    expect(w.grad!.toArray()).toEqual([2, 4, 6]);
  });

  test('of noGrad', () => {
    const w = parameter(x);
    const g = compile((a: Tensor) => mul(w, a), { maxTraces: 1 });
    told(
      'compile: 1 program has been built; another one is needed because of noGrad, which was absent and is around the call.\n' +
        '  Compile another function for that, or raise maxTraces.',
      () => g(x),
      () => noGrad(() => g(x)),
    );
  });
});

describe('a compiled function', () => {
  test('has the name and the length of the function', () => {
    const two = (a: Tensor, b: Tensor): Tensor => a.add(b);
    const g: { readonly name: string; readonly length: number } = compile(two);
    expect([g.name, g.length]).toEqual(['two', 2]);
    expect(compile((...all: Tensor[]) => all[0]!).length).toBe(0);
  });

  test('takes text for a name', () => {
    expect(() => compile(() => x, { name: 5 as never })).toThrow(
      new TypeError('compile: name must be a string, got 5.'),
    );
    expect(compile(() => x, { name: '' })().toArray()).toEqual([1, 2, 3]);
  });

  test('gives results without a history, as backward() says', () => {
    const w = parameter(x);
    const loss = compile((a: Tensor) => sum(mul(w, a)));
    expect(() => loss(x).backward()).toThrow('or by a compiled function?');
  });

  test('is run compiled on what has a history, if nothing is recorded', () => {
    const w = parameter(x);
    const g = compile((a: Tensor) => sum(mul(a, a)));
    expect(g(w.read()).requiresGrad).toBe(true);
    expect(g.traces).toBe(0);
    expect(noGrad(() => g(w.read())).item()).toBe(14);
    expect(g.traces).toBe(1);
  });

  test('keeps the shapes of cells', () => {
    const w = parameter(x, { name: 'w' });
    const error = refused(() => w.write(tensor([1, 2])));
    expect(error.message).toBe('Cell.write(w): the cell holds shape [3], not [2].');
    expectSame(w.read(), x);
  });

  test('that needs more memory than there can be says how much', () => {
    const wide = compile((a: Tensor) => {
      const table = matmul(a.reshape([60_000, 1]), a.reshape([1, 60_000]));
      return matmul(table, a.reshape([60_000, 1]));
    });
    const error = thrownBy(() => wide(zeros([60_000])));
    expect(error).toBeInstanceOf(CompileError);
    expect(error.message).toBe(
      'compile: the program needs 13.4 GiB of memory; WebAssembly has 4.\n' +
        '  Give it smaller batches, recompute with checkpoint(), or call the function without compile.',
    );
    expect(wide.traces).toBe(0);
  });

  test('can be made here', () => {
    expect(canCompile()).toBe(true);
  });
});

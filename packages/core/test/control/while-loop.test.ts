import { describe, expect, test } from '@jest/globals';
import {
  abs,
  add,
  Cell,
  div,
  grad,
  greater,
  less,
  mul,
  NoDerivativeError,
  noGrad,
  parameter,
  stopGradient,
  sub,
  sum,
  type Tensor,
  tensor,
  vmap,
  whileLoop,
} from '@tikhonov/core';
import { check } from '@tikhonov/core/engine';
import { thrown } from '../support.ts';

/** How often x can be halved until it is at most 1, and what is left. */
const halve = (x: Tensor, maxSteps = 50): { x: Tensor; count: Tensor } =>
  whileLoop(
    (state) => greater(state.x, 1),
    (state) => ({ x: div(state.x, 2), count: add(state.count, 1) }),
    { x, count: tensor(0, { dtype: 'int32' }) },
    { maxSteps },
  );

describe('whileLoop', () => {
  test('goes on while the condition holds', () => {
    const out = halve(tensor(20));
    expect([out.x.item(), out.count.item()]).toEqual([0.625, 5]);
    expect(halve(tensor(0.5)).count.item()).toBe(0);
  });

  test('ends after maxSteps', () => {
    expect(halve(tensor(20), 2).x.item()).toBe(5);
    const forever = whileLoop(
      () => true,
      (x) => add(x, 1),
      tensor(0),
      { maxSteps: 7 },
    );
    expect(forever.item()).toBe(7);
  });

  test('keeps trees by name, whatever the order of the names', () => {
    const out = whileLoop(
      ({ a }) => less(a, 3),
      ({ a, b }) => ({ b: add(b, a), a: add(a, 1) }),
      { a: tensor(0), b: tensor(0) },
      { maxSteps: 10 },
    );
    expect([out.a.item(), out.b.item()]).toEqual([3, 3]);
  });

  test('reads and writes cells as it goes', () => {
    const total = new Cell(tensor(0));
    whileLoop(
      (x) => less(add(total, x), 10),
      (x) => {
        total.write(add(total, x));
        return add(x, 1);
      },
      tensor(1),
      { maxSteps: 100 },
    );
    expect(total.read().item()).toBe(6);
  });
});

describe('whileLoop under vmap', () => {
  test('makes for every example its own number of steps', () => {
    const out = vmap((x: Tensor) => {
      const { x: left, count } = halve(x);
      return [left, count];
    })(tensor([20, 1, 3, 64])) as readonly Tensor[];
    expect(out.map((x) => x.toArray())).toEqual([
      [0.625, 1, 0.75, 1],
      [5, 0, 2, 6],
    ]);
  });

  test('becomes a loop over examples when only the body makes them differ', () => {
    const f = (limit: Tensor, step: Tensor): Tensor =>
      whileLoop(
        (x) => less(x, limit),
        (x) => add(x, step),
        tensor(0),
        { maxSteps: 10 },
      );
    expect(vmap(f, { inAxes: [null, 0] })(tensor(6), tensor([1, 4, 6, 0])).toArray()).toEqual([
      6, 8, 6, 0,
    ]);
    const shared = vmap((x: Tensor) => mul(x, halve(tensor(20)).x));
    expect(shared(tensor([1, 2])).toArray()).toEqual([0.625, 1.25]);
  });

  test('checks only the steps that an example makes', () => {
    const f = (x: Tensor): Tensor =>
      whileLoop(
        (y) => greater(y, 1),
        (y) => {
          check(greater(y, 1), () => new RangeError('a step too many'));
          return div(y, 2);
        },
        x,
        { maxSteps: 20 },
      );
    expect(vmap(f)(tensor([2, 16, 0])).toArray()).toEqual([1, 1, 0]);
    const strict = (x: Tensor): Tensor =>
      whileLoop(
        (y) => greater(y, 1),
        (y) => {
          check(less(y, 10), () => new RangeError('too large'));
          return div(y, 2);
        },
        x,
        { maxSteps: 20 },
      );
    expect(() => vmap(strict)(tensor([2, 16]))).toThrow('too large');
  });

  test('nests, in itself and in cond', () => {
    // The sum of the triangular numbers below n, by two loops.
    const f = (n: Tensor): Tensor =>
      whileLoop(
        ([i]) => less(i!, n),
        ([i, total]) => {
          const [, inner] = whileLoop(
            ([j]) => less(j!, i!),
            ([j, part]) => [add(j!, 1), add(part!, j!)],
            [tensor(0), tensor(0)],
            { maxSteps: 20 },
          );
          return [add(i!, 1), add(total!, inner!)];
        },
        [tensor(0), tensor(0)],
        { maxSteps: 20 },
      )[1]!;
    expect(vmap(f)(tensor([0, 3, 5])).toArray()).toEqual([0, 1, 10]);
    expect(f(tensor(5)).item()).toBe(10);
  });
});

describe('whileLoop has no derivative', () => {
  const step = (x: Tensor): Tensor => sub(x, 1);
  const loop = (x: Tensor): Tensor => whileLoop((y) => greater(y, 0), step, x, { maxSteps: 9 });

  test('and says so, for the state and for what the body closes over', () => {
    const error = thrown(() => grad(loop)(tensor(3)));
    expect(error).toBeInstanceOf(NoDerivativeError);
    expect(error.message).toBe(
      'whileLoop: has no derivative, and the state depends on what is differentiated.\n' +
        '  Pass stopGradient(x), call it under noGrad, or write a loop with a fixed number of steps.',
    );
    const w = parameter(tensor(2));
    const closing = (): { a: Tensor } =>
      whileLoop(
        ({ a }) => less(a, 9),
        ({ a }) => ({ a: add(a, w) }),
        { a: tensor(0) },
        { maxSteps: 9 },
      );
    expect(thrown(closing).message).toContain('the state at "a" depends');
    expect(noGrad(closing).a.item()).toBe(10);
    expect(() => vmap(loop)(tensor([1, 2]))).not.toThrow();
    expect(thrown(() => vmap(grad(loop))(tensor([1, 2])))).toBeInstanceOf(NoDerivativeError);
    expect(thrown(() => grad((x: Tensor) => sum(vmap(loop)(x)))(tensor([1, 2])))).toBeInstanceOf(
      NoDerivativeError,
    );
  });

  test('but serves as a constant', () => {
    const f = (x: Tensor): Tensor => mul(x, loop(stopGradient(abs(x))));
    expect(grad((x: Tensor) => add(f(x), x))(tensor(2.5)).item()).toBe(0.5);
  });
});

describe('whileLoop refuses', () => {
  const call = (condition: unknown, body: unknown, init: unknown, options?: unknown): Error =>
    thrown(() => whileLoop(condition as never, body as never, init as never, options as never));
  const same = (x: Tensor): Tensor => x;

  test('a missing or wrong maxSteps', () => {
    for (const [options, shown] of [
      [undefined, 'undefined'],
      [{}, 'undefined'],
      [{ maxSteps: 0 }, '0'],
      [{ maxSteps: 1.5 }, '1.5'],
      [{ maxSteps: '3' }, "'3'"],
    ] as const) {
      const error = call(() => true, same, tensor(1), options);
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toBe(
        `whileLoop: maxSteps must be an integer >= 1, got ${shown}.\n  Pass { maxSteps } as the last argument: the most steps it may ever need.`,
      );
    }
    expect(call(() => true, same, tensor(1), { steps: 3 }).message).toContain(
      'whileLoop: unknown option "steps"',
    );
  });

  test('a condition or state of another type', () => {
    const options = { maxSteps: 3 };
    expect(call((x: Tensor) => x, same, tensor(1), options).message).toContain(
      'whileLoop: the condition must be a bool scalar, got float32 [].',
    );
    expect(
      call(
        () => true,
        () => tensor([1]),
        tensor(1),
        options,
      ).message,
    ).toBe(
      'whileLoop: the body returns float32 [1], the state is float32 [].\n  Keep structure, shapes and dtypes; cast with astype() or reshape in the body.',
    );
    expect(
      call(
        () => true,
        () => ({ a: tensor(1, { dtype: 'int32' }) }),
        { a: tensor(1) },
        options,
      ).message,
    ).toContain('the body returns int32 [] at "a", the state is float32 []');
    expect(
      call(
        () => true,
        () => ({ b: tensor(1) }),
        { a: tensor(1) },
        options,
      ).message,
    ).toContain('whileLoop: the trees differ: nothing at "a"');
    expect(call(3, same, tensor(1), options).message).toBe(
      'whileLoop: needs a function, got number.',
    );
  });
});

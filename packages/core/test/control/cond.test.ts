import { describe, expect, test } from '@jest/globals';
import {
  add,
  Cell,
  checkpoint,
  cond,
  customGradient,
  div,
  exp,
  grad,
  greater,
  hvp,
  jvp,
  less,
  log,
  mul,
  parameter,
  sin,
  sqrt,
  stopGradient,
  sum,
  type Tensor,
  tensor,
  vmap,
} from '@tikhonov/core';
import { check } from '@tikhonov/core/engine';
import { thrown } from '../support.ts';

const float64 = (values: number | readonly number[]): Tensor =>
  tensor(values, { dtype: 'float64' });

/** x^3 where x > 1, sin(2 x) elsewhere. */
const bent = (x: Tensor): Tensor =>
  cond(
    greater(x, 1),
    () => mul(mul(x, x), x),
    () => sin(mul(x, 2)),
  );

describe('cond', () => {
  test('runs the branch that the predicate chooses, and no other', () => {
    const ran: string[] = [];
    const choose = (predicate: Tensor | Cell | boolean): number =>
      cond(
        predicate,
        () => {
          ran.push('true');
          return tensor(1);
        },
        () => {
          ran.push('false');
          return tensor(2);
        },
      ).item();
    const holds = new Cell(tensor(true));
    expect([choose(true), choose(tensor(false)), choose(holds)]).toEqual([1, 2, 1]);
    expect(ran).toEqual(['true', 'false', 'true']);
  });

  test('returns trees, in which cells stand for their values', () => {
    const kept = new Cell(tensor([5]));
    const out = cond<{ a: Tensor; rest: readonly Tensor[] }>(
      true,
      () => ({ a: tensor(1), rest: [kept as never] }),
      () => ({ a: tensor(0), rest: [tensor([0])] }),
    );
    expect([out.a.item(), out.rest[0]!.toArray()]).toEqual([1, [5]]);
    expect(
      cond(
        true,
        () => [],
        () => [],
      ),
    ).toEqual([]);
  });

  test('has the derivatives of the chosen branch, of any order, in both modes', () => {
    const [one] = [float64(1)];
    for (const [at, want] of [
      [2, [8, 12, 12]],
      [0.5, [Math.sin(1), 2 * Math.cos(1), -4 * Math.sin(1)]],
    ] as const) {
      const x = float64(at);
      const second = grad((y: Tensor) => grad(bent)(y))(x);
      expect(bent(x).item()).toBeCloseTo(want[0], 14);
      expect(grad(bent)(x).item()).toBeCloseTo(want[1], 14);
      expect(second.item()).toBeCloseTo(want[2], 13);
      expect(jvp(bent, [x], [one])[1].item()).toBeCloseTo(want[1], 14);
      expect(hvp(bent, [x], [one])[0].item()).toBeCloseTo(want[2], 13);
    }
  });

  test('reaches parameters that a branch closes over', () => {
    const [v, w] = [parameter(tensor([2])), parameter(tensor([3]))];
    sum(
      cond(
        tensor(true),
        () => mul(v, v),
        () => mul(w, 5),
      ),
    ).backward();
    expect([v.grad?.toArray(), w.grad]).toEqual([[4], null]);
  });

  test('checks and writes in the chosen branch only', () => {
    const cell = new Cell(tensor(0));
    const run = (predicate: boolean): Tensor =>
      cond(
        tensor(predicate),
        () => {
          check(tensor(false), () => new RangeError('checked'));
          return tensor(1);
        },
        () => {
          cell.write(7);
          return tensor(2);
        },
      );
    expect(() => run(true)).toThrow('checked');
    expect(cell.read().item()).toBe(0);
    run(false);
    expect(cell.read().item()).toBe(7);
  });
});

describe('cond under vmap', () => {
  const xs = float64([2, 0.5, -1, 3]);
  const each = (f: (x: Tensor) => Tensor): number[] =>
    Array.from([2, 0.5, -1, 3], (x) => f(float64(x)).item());

  test('selects per example, with derivatives of any order', () => {
    const second = (x: Tensor): Tensor => grad((y: Tensor) => grad(bent)(y))(x);
    for (const f of [bent, grad(bent), second]) {
      const got = vmap(f)(xs).toArray<number[]>();
      for (const [i, want] of each(f).entries()) expect(got[i]).toBeCloseTo(want, 13);
    }
    const outside = grad((all: Tensor) => sum(vmap(bent)(all)))(xs).toArray<number[]>();
    for (const [i, want] of each(grad(bent)).entries()) expect(outside[i]).toBeCloseTo(want, 13);
    const ones = float64([1, 1, 1, 1]);
    const along = hvp((all: Tensor) => sum(vmap(bent)(all)), [xs], [ones])[0].toArray<number[]>();
    for (const [i, want] of each(second).entries()) expect(along[i]).toBeCloseTo(want, 13);
    const [, slopes] = jvp(vmap(bent), [xs], [ones]);
    for (const [i, want] of each(grad(bent)).entries()) {
      expect(slopes.toArray<number[]>()[i]).toBeCloseTo(want, 13);
    }
  });

  test('is not harmed by what is infinite in the other branch', () => {
    const root = (x: Tensor): Tensor =>
      cond(
        greater(x, 0),
        () => sqrt(x),
        () => mul(x, 0),
      );
    const [at, want] = [float64([0, 4, -1]), [0, 0.25, 0]];
    expect(vmap(grad(root))(at).toArray()).toEqual(want);
    expect(grad((all: Tensor) => sum(vmap(root)(all)))(at).toArray()).toEqual(want);
  });

  test('sums what a shared tensor gets from the examples that use it', () => {
    const scaled = (w: Tensor): Tensor =>
      sum(
        vmap((x: Tensor) =>
          cond(
            greater(x, 1),
            () => mul(x, mul(w, w)),
            () => mul(x, 10),
          ),
        )(xs),
      );
    const w = float64(3);
    expect(grad(scaled)(w).item()).toBe(30);
    expect(grad((at: Tensor) => grad(scaled)(at))(w).item()).toBe(10);
  });

  test('keeps stopGradient and customGradient in a branch', () => {
    const doubled = customGradient((x: Tensor) => ({ value: x, pullback: (g) => [mul(g, 2)] }));
    const f = (x: Tensor): Tensor =>
      cond(
        greater(x, 1),
        () => mul(x, stopGradient(x)),
        () => doubled(x),
      );
    expect(vmap(grad(f))(float64([3, 0])).toArray()).toEqual([3, 2]);
  });

  test('of a shared predicate runs one branch', () => {
    const f = (predicate: Tensor, x: Tensor): Tensor =>
      cond(
        predicate,
        () => exp(x),
        () => {
          check(less(x, 0), () => new RangeError('not negative'));
          return x;
        },
      );
    const mapped = vmap(f, { inAxes: [null, 0] });
    expect(mapped(tensor(true), tensor([0, 0])).toArray()).toEqual([1, 1]);
    expect(() => mapped(tensor(false), tensor([-1, 0]))).toThrow('not negative');
    // The inner examples share a predicate that the outer ones do not.
    const nested = vmap(mapped, { inAxes: [0, 0] });
    expect(
      nested(
        tensor([true, false]),
        tensor([
          [0, 0],
          [-1, -2],
        ]),
      ).toArray(),
    ).toEqual([
      [1, 1],
      [-1, -2],
    ]);
    expect(() =>
      nested(
        tensor([true, false]),
        tensor([
          [0, 0],
          [-1, 2],
        ]),
      ),
    ).toThrow('not negative');
  });

  test('checks an example only in the branch that it takes, in nested ones too', () => {
    const f = (x: Tensor): Tensor =>
      cond(
        greater(x, 0),
        () =>
          cond(
            greater(mul(x, x), 10),
            () => {
              check(greater(x, 0), () => new RangeError('negative'));
              check(less(x, 20), () => new RangeError('too large'));
              return log(x);
            },
            () => x,
          ),
        () => {
          check(greater(x, -5), () => new RangeError('too small'));
          return mul(x, x);
        },
      );
    expect(vmap(f)(tensor([-4, 3, 1])).toArray()).toEqual([16, 3, 1]);
    expect(() => vmap(f)(tensor([-3, 25]))).toThrow('too large');
    expect(() => vmap(f)(tensor([-6, 3]))).toThrow('too small');
  });

  test('composes with checkpoint', () => {
    const f = checkpoint((x: Tensor) => bent(mul(x, x)));
    const g = (x: Tensor): Tensor => bent(mul(x, x));
    for (const k of [
      f,
      (x: Tensor) =>
        cond(
          greater(x, 0),
          () => f(x),
          () => g(x),
        ),
    ]) {
      const got = vmap(grad(k))(xs).toArray<number[]>();
      for (const [i, want] of each(grad(g)).entries()) expect(got[i]).toBeCloseTo(want, 10);
    }
  });

  test('refuses writes to cells', () => {
    const cell = new Cell(tensor(0));
    const f = (x: Tensor): Tensor =>
      cond(
        greater(x, 0),
        () => {
          cell.write(x);
          return x;
        },
        () => x,
      );
    expect(() => vmap(f)(tensor([1, 2]))).toThrow('vmap: the function wrote to a cell');
    expect(cell.read().item()).toBe(0);
  });
});

describe('cond refuses', () => {
  const one = (): Tensor => tensor(1);
  const message = (predicate: unknown, f: unknown = one, g: unknown = one): string =>
    thrown(() => cond(predicate as boolean, f as typeof one, g as typeof one)).message;

  test('a predicate that is not a bool scalar', () => {
    expect(message(1)).toBe(
      'cond: the predicate must be a bool scalar, got number.\n  Compare tensors, as in less(x, 0).',
    );
    expect(message(tensor([1]))).toBe(
      'cond: the predicate must be a bool scalar, got float32 [1].\n  Compare it, as in greater(x, 0).',
    );
    expect(message(tensor([true]))).toBe(
      'cond: the predicate must be a bool scalar, got bool [1].\n  Reduce it with all() or any(), or choose per element with where().',
    );
  });

  test('branches that are no functions, or return no tensors', () => {
    expect(message(true, one, 3)).toBe('cond: needs a function, got number.');
    expect(message(true, () => 3)).toContain('cond: found number where a Tensor');
  });

  test('branches that differ, naming the place', () => {
    const both = (f: () => unknown, g: () => unknown): string =>
      thrown(() =>
        vmap((x: Tensor) => cond(greater(x, 0), f as () => Tensor, g as () => Tensor))(
          tensor([1, 2]),
        ),
      ).message;
    expect(
      both(
        () => ({ a: one(), b: one() }),
        () => ({ a: one(), c: one() }),
      ),
    ).toBe(
      'cond: the trees differ: nothing at "b", unexpected "c".\n  Give it the structure of the first.',
    );
    expect(
      both(
        () => ({ a: [one()] }),
        () => ({ a: [tensor([1])] }),
      ),
    ).toBe(
      'cond: the branches return different tensors at "a.0": float32 [] if true, float32 [1] if false.\n' +
        '  Give both results the same structure, shapes and dtypes.',
    );
    expect(both(one, () => tensor(1, { dtype: 'int32' }))).toContain(
      'different tensors: float32 [] if true, int32 [] if false',
    );
  });

  test('reading a value in a branch that is recorded', () => {
    const f = (x: Tensor): Tensor =>
      cond(
        greater(x, 0),
        () => add(x, x.item()),
        () => x,
      );
    expect(() => vmap(f)(tensor([1]))).toThrow('are not known while tracing');
    const g = (x: Tensor): Tensor =>
      cond(
        greater(x, 0),
        () => tensor(div(x, 2).item()),
        () => x,
      );
    expect(() => vmap(g)(tensor([1]))).toThrow('The values of the result of div');
  });
});

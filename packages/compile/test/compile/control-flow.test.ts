import { describe, expect, test } from '@jest/globals';
import {
  Cell,
  concat,
  cond,
  div,
  equal,
  exp,
  flip,
  gather,
  grad,
  greater,
  hvp,
  less,
  log,
  logicalAnd,
  matmul,
  mean,
  mul,
  noGrad,
  parameter,
  random,
  remainder,
  sign,
  slice,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  transpose,
  valueAndGrad,
  vmap,
  whileLoop,
  zeros,
} from '@tikhonov/core';
import { check } from '@tikhonov/core/engine';
import * as nn from '@tikhonov/nn';
import * as optim from '@tikhonov/optim';
import { compile } from '../../src/compile.ts';
import { expectSame, thrownBy } from './support.ts';

const float64 = { dtype: 'float64' } as const;
const int32 = { dtype: 'int32' } as const;
// Functions are within a few ulps of the plain ones, and sums may be in another order.
const tolerance = 1e-12;
const x = tensor([0.3, -1.2, 0.7], float64);
const y = tensor([2, 0.5, -1], float64);
const [yes, no] = [tensor(true), tensor(false)];

/** Compares one program with plain calls, on each of the arguments in turn and again. */
function expectCompiled<A extends readonly Tensor[]>(
  f: (...args: A) => unknown,
  calls: readonly A[],
  bound = tolerance,
): void {
  const g = compile(f);
  for (const args of [...calls, ...calls]) expectSame(g(...args), f(...args), bound);
  expect(g.traces).toBe(1);
}

describe('cond in a compiled function', () => {
  test('runs the branch that its predicate chooses, call by call', () => {
    const f = (p: Tensor, a: Tensor, b: Tensor): Tensor =>
      cond(
        p,
        () => exp(mul(a, 2)),
        () => b.sub(1),
      );
    expectCompiled(f, [
      [yes, x, y],
      [no, x, y],
      [yes, y, x],
    ]);
  });

  test('takes a predicate that is computed, and one in a cell', () => {
    const flag = new Cell(no);
    const f = (a: Tensor): Tensor =>
      cond(
        greater(sum(a), 0),
        () => a,
        () => a.neg(),
      );
    expectCompiled(f, [[x], [y], [x.neg()]], 0);
    const g = compile((a: Tensor) => {
      const out = cond(
        flag,
        () => a.mul(10),
        () => a,
      );
      flag.write(greater(sum(a), 0));
      return out;
    });
    expect([x, y, y, x].map((a) => g(a).div(a).data()[0])).toEqual([1, 1, 10, 10]);
  });

  test('returns trees, captures as they are, constants and nothing', () => {
    const constant = tensor([5, 6]);
    const f = (p: Tensor, a: Tensor, b: Tensor) => {
      const out = cond<{ v: Tensor; rest: readonly Tensor[] }>(
        p,
        () => ({ v: a, rest: [b, constant, a.add(b), flip(a, 0)] }),
        () => ({ v: b, rest: [a, constant.mul(2), b, b] }),
      );
      cond<readonly Tensor[]>(
        p,
        () => [],
        () => [],
      );
      return [out, out.rest[0]!.add(out.v)];
    };
    const args = [tensor([1, 2]), tensor([3, 4])] as const;
    expectCompiled(
      f,
      [
        [yes, ...args],
        [no, ...args],
      ],
      0,
    );
  });

  test('returns every dtype, scalars and what has no elements', () => {
    const f = (p: Tensor, n: Tensor, b: Tensor, u: Tensor, e: Tensor) =>
      cond<readonly Tensor[]>(
        p,
        () => [n.add(1), b, u, e, n.astype('float64')],
        () => [n.mul(2), logicalAnd(b, p), u.add(u), e.mul(2), tensor([0.5, 1], float64)],
      );
    const rest = [
      tensor([3, -4], int32),
      tensor([true, false]),
      tensor([4294967295, 7], { dtype: 'uint32' }),
      zeros([0, 2]),
    ] as const;
    expectCompiled(
      f,
      [
        [yes, ...rest],
        [no, ...rest],
      ],
      0,
    );
  });

  test('captures views, and its results are moved', () => {
    const m = tensor(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      float64,
    );
    const f = (p: Tensor, a: Tensor): Tensor => {
      const t = transpose(a);
      const out = cond(
        p,
        () => matmul(a, t),
        () => matmul(a, mul(t, 2)).add(1),
      );
      return transpose(out).sub(sum(out, { axis: 1, keepdims: true }));
    };
    expectCompiled(f, [
      [yes, m],
      [no, m],
    ]);
  });

  test('computes only in the branch that is taken', () => {
    const f = (a: Tensor): Tensor =>
      cond(
        greater(a, 0),
        () => {
          check(less(a, 5), () => new RangeError('too large'));
          return log(a);
        },
        () => zeros([], float64),
      );
    const g = compile(f);
    const scalar = (value: number): Tensor => tensor(value, float64);
    for (const value of [-9, 1, 4, -1]) expectSame(g(scalar(value)), f(scalar(value)), tolerance);
    expect(() => g(scalar(9))).toThrow(new RangeError('too large'));
    expect(g(scalar(-9)).item()).toBe(0);
  });

  test('finds indices out of range in the branch that is taken, and no cell changes', () => {
    const count = new Cell(tensor(0));
    const f = (p: Tensor, a: Tensor, at: Tensor): Tensor => {
      count.write(count.read().add(1));
      return cond(
        p,
        () => gather(a, at),
        () => a,
      );
    };
    const g = compile(f);
    const [good, bad] = [tensor([2, 1, 0], int32), tensor([2, 3, 0], int32)];
    expectSame(g(yes, x, good), gather(x, good));
    expectSame(g(no, x, bad), x);
    expect(thrownBy(() => g(yes, x, bad))).toEqual(thrownBy(() => gather(x, bad)));
    expect(count.read().item()).toBe(2);
  });

  test('reads cells and writes them in the branch that is taken', () => {
    const run = (wrap: (f: (p: Tensor) => Tensor) => (p: Tensor) => Tensor): unknown => {
      const [a, b] = ['a', 'b'].map((name) => new Cell(tensor([1, 2]), { name }));
      const step = wrap((p) => {
        const out = cond(
          p,
          () => {
            a!.write(a!.read().add(10));
            a!.write(a!.read().mul(2));
            return a!.read();
          },
          () => {
            b!.write(a!.read().sub(b!));
            return b!.read();
          },
        );
        a!.write(a!.read().add(1));
        return out;
      });
      const seen = [yes, no, no, yes].map((p) => [step(p), a!.read(), b!.read()]);
      return [seen, a!.read(), b!.read()];
    };
    expectSame(
      run((f) => compile(f)),
      run((f) => f),
    );
  });

  test('chooses between steps that write parameters and moments', () => {
    const run = (wrap: (f: (a: Tensor) => Tensor) => (a: Tensor) => Tensor): unknown => {
      const w = parameter(tensor([[1], [2], [3]], float64), { name: 'w' });
      const optimizer = optim.adam({ w }, { lr: 0.05 });
      const bad = new Cell(tensor(0, int32), { name: 'skipped' });
      const step = wrap((a) => {
        const loss = (): Tensor => mean(square(tanh(matmul(a, w))));
        return cond(
          less(mean(square(a)), 1),
          () => optimizer.minimize(loss),
          () => {
            bad.write(bad.read().add(1));
            return loss();
          },
        );
      });
      const losses = Array.from({ length: 8 }, (_, k) =>
        step(random.normal(random.foldIn(random.key(3), k), [4, 3], float64)),
      );
      const skipped = bad.read();
      expect(skipped.item()).toBeGreaterThan(0);
      expect(skipped.item()).toBeLessThan(8);
      return [losses, w.read(), skipped, optimizer.stateDict()];
    };
    expectSame(
      run((f) => compile(f)),
      run((f) => f),
      1e-9,
    );
  });

  test('has derivatives through what it captures, parameters too', () => {
    const w = parameter(tensor([0.5, -1, 2], float64), { name: 'w' });
    const loss = (a: Tensor): Tensor =>
      cond(
        greater(sum(a), 0),
        () => sum(mul(tanh(mul(a, w)), a)),
        () => sum(mul(square(a), w)),
      );
    const calls: [Tensor][] = [[x], [y]];
    expectCompiled((a: Tensor) => grad(loss)(a), calls);
    expectCompiled((a: Tensor) => valueAndGrad(() => loss(a))({ w }), calls);
    expectCompiled((a: Tensor) => hvp(loss, [a], [y]), calls);
    const penalty = (a: Tensor): Tensor => sum(square(grad(loss)(a)));
    expectCompiled((a: Tensor) => grad(penalty)(a), calls);
  });

  test('leaves gradients by backward(), zero from the branch that does not use a parameter', () => {
    const [v, w] = ['v', 'w'].map((name) => parameter(tensor([3]), { name }));
    const g = compile((p: Tensor) => {
      cond(
        p,
        () => sum(mul(v!, v!)),
        () => sum(mul(w!, 5)),
      ).backward();
      const grads = [v!.grad!, w!.grad!];
      for (const one of [v!, w!]) one.zeroGrad();
      return grads;
    });
    const values = (p: Tensor): unknown => g(p).map((out) => out.toArray());
    expect([values(yes), values(no), values(yes)]).toEqual([
      [[6], [0]],
      [[0], [5]],
      [[6], [0]],
    ]);
  });

  test('nests, and inner branches capture through outer ones', () => {
    const f = (a: Tensor, b: Tensor): Tensor =>
      cond(
        greater(a, 0),
        () =>
          cond(
            greater(b, 0),
            () => mul(a, b),
            () => a,
          ),
        () => exp(b),
      );
    const scalars = [2, -2].map((value) => tensor(value, float64));
    const calls = scalars.flatMap((a) => scalars.map((b): [Tensor, Tensor] => [a, b]));
    expectCompiled(f, calls);
    expectCompiled((a: Tensor, b: Tensor) => grad((at: Tensor) => f(a, at))(b), calls);
  });

  test('works inside vmap and around it', () => {
    const bent = (a: Tensor): Tensor =>
      cond(
        greater(a, 0.5),
        () => mul(mul(a, a), a),
        () => exp(a),
      );
    expectCompiled((a: Tensor) => vmap(bent)(a), [[x], [y]]);
    expectCompiled((a: Tensor) => vmap(grad(bent))(a), [[x], [y]]);
    const around = (p: Tensor, a: Tensor): Tensor =>
      cond(
        p,
        () => vmap(grad(bent))(a),
        () => vmap(bent)(a),
      );
    expectCompiled(around, [
      [yes, x],
      [no, x],
    ]);
  });

  test('draws random numbers, bit for bit', () => {
    const f = (p: Tensor, key: Tensor): Tensor =>
      cond(
        p,
        () => random.normal(key, [5]),
        () => random.uniform(random.foldIn(key, 1), [5]),
      );
    expectCompiled(
      f,
      [
        [yes, random.key(1)],
        [no, random.key(2)],
      ],
      0,
    );
  });

  test('refuses branches that differ, as a message says', () => {
    const g = compile((p: Tensor, a: Tensor) =>
      cond(
        p,
        () => a,
        () => sum(a),
      ),
    );
    expect(() => g(yes, x)).toThrow(
      'cond: the branches return different tensors: float64 [3] if true, float64 [] if false.',
    );
  });
});

describe('whileLoop in a compiled function', () => {
  const untilAbove = (a: Tensor, limit: Tensor): Tensor =>
    whileLoop(
      (now) => less(now, limit),
      (now) => mul(now, a),
      a,
      { maxSteps: 10 },
    );

  test('makes as many steps as values ask for, at most maxSteps', () => {
    const scalar = (value: number): Tensor => tensor(value, float64);
    expectCompiled(
      untilAbove,
      [
        [scalar(2), scalar(9)],
        [scalar(2), scalar(1)],
        [scalar(1), scalar(9)],
        [scalar(3), scalar(1e9)],
      ],
      0,
    );
  });

  test('holds trees of several dtypes', () => {
    type State = { readonly n: Tensor; readonly rest: readonly [Tensor, Tensor] };
    const f = (n: Tensor, a: Tensor): State =>
      whileLoop<State>(
        ({ n: now, rest }) => logicalAnd(greater(now, 0), rest[1]),
        ({ n: now, rest: [b] }) => ({
          n: now.sub(1),
          rest: [b.mul(2).sub(a), less(sum(b), 100)],
        }),
        { n, rest: [a, yes] },
        { maxSteps: 50 },
      );
    expectCompiled(
      f,
      [
        [tensor(3, int32), x],
        [tensor(40, int32), y],
        [tensor(0, int32), y],
      ],
      0,
    );
  });

  test('trades its state, and keeps parts of it', () => {
    const fibonacci = (n: Tensor): readonly Tensor[] =>
      whileLoop<readonly Tensor[]>(
        ([k]) => greater(k!, 0),
        ([k, a, b, c]) => [k!.sub(1), b!, a!.add(b!), c!],
        [n, tensor(0, int32), tensor(1, int32), tensor([7, 8])],
        { maxSteps: 40 },
      );
    expectCompiled(fibonacci, [[tensor(10, int32)], [tensor(0, int32)], [tensor(30, int32)]], 0);
    const turned = (a: Tensor, n: Tensor): Tensor =>
      whileLoop<readonly Tensor[]>(
        ([k]) => less(k!, n),
        ([k, m]) => [k!.add(1), transpose(m!)],
        [tensor(0, int32), a],
        { maxSteps: 9 },
      )[1]!;
    const m = tensor([
      [1, 2],
      [3, 4],
    ]);
    expectCompiled(
      turned,
      [0, 1, 2, 3].map((n) => [m, tensor(n, int32)] as const),
      0,
    );
  });

  test('captures views and constants, and multiplies matrices', () => {
    const power = (a: Tensor): Tensor => {
      const start = tensor([[1], [1]], float64);
      const [v] = whileLoop<readonly Tensor[]>(
        ([now, before]) => greater(sum(square(sub(now!, before!))), 1e-20),
        ([now]) => {
          const next = matmul(transpose(a), matmul(a, now!));
          return [div(next, sqrt(sum(square(next)))), now!];
        },
        [start, zeros([2, 1], float64)],
        { maxSteps: 100 },
      );
      return sqrt(sum(square(matmul(a, v!))));
    };
    const first = tensor(
      [
        [2, 1],
        [0, 3],
      ],
      float64,
    );
    const second = tensor(
      [
        [1, -1],
        [4, 2],
      ],
      float64,
    );
    expectCompiled(power, [[first], [second]], 1e-9);
  });

  test('carries cells that the body writes', () => {
    const run = (wrap: (f: (a: Tensor) => Tensor) => (a: Tensor) => Tensor): unknown => {
      const [total, seen] = ['total', 'seen'].map((name) => new Cell(tensor(0), { name }));
      const step = wrap((a) =>
        whileLoop(
          () => less(total!, 10),
          (now) => {
            total!.write(total!.read().add(now));
            seen!.write(total!.read());
            return now.add(1);
          },
          a,
          { maxSteps: 100 },
        ),
      );
      const out: unknown[] = [];
      for (const start of [1, 3]) {
        total!.write(tensor(0));
        out.push(step(tensor(start)), total!.read(), seen!.read());
      }
      out.push(step(tensor(5)));
      return out;
    };
    expectSame(
      run((f) => compile(f)),
      run((f) => f),
    );
  });

  test('uses gradients inside', () => {
    const descend = (a: Tensor, rate: Tensor): Tensor => {
      const slope = grad((at: Tensor) => sum(square(at.sub(3))));
      return whileLoop(
        (at) => greater(sum(square(slope(at))), 1e-6),
        (at) => at.sub(mul(slope(at), rate)),
        a,
        { maxSteps: 100 },
      );
    };
    expectCompiled(descend, [
      [x, tensor(0.3, float64)],
      [y, tensor(0.1, float64)],
    ]);
  });

  test('checks in every step, and a failure changes no cell', () => {
    const cell = new Cell(tensor(1, float64), { name: 'c' });
    const f = (limit: Tensor): Tensor =>
      whileLoop(
        (now) => less(now, limit),
        (now) => {
          check(less(now, 20), () => new RangeError('20 is reached'));
          cell.write(now);
          return now.mul(2);
        },
        tensor(1, float64),
        { maxSteps: 50 },
      );
    const g = compile(f);
    expect(g(tensor(10, float64)).item()).toBe(16);
    expect(cell.read().item()).toBe(8);
    expect(() => g(tensor(100, float64))).toThrow(new RangeError('20 is reached'));
    expect(cell.read().item()).toBe(8);
    expect(g(tensor(2, float64)).item()).toBe(2);
    expect(cell.read().item()).toBe(1);
  });

  test('nests with cond and with itself', () => {
    const collatz = (n: Tensor): Tensor =>
      whileLoop<readonly Tensor[]>(
        ([k]) => greater(k!, 1),
        ([k, count]) => [
          cond(
            equal(remainder(k!, 2), 0),
            () => k!.div(2),
            () => mul(k!, 3).add(1),
          ),
          count!.add(1),
        ],
        [n, tensor(0)],
        { maxSteps: 200 },
      )[1]!;
    const g = compile(collatz);
    expect([27, 1, 6].map((n) => g(tensor(n)).item())).toEqual([111, 0, 8]);
    const triangle = (n: Tensor): Tensor =>
      whileLoop<readonly Tensor[]>(
        ([i]) => less(i!, n),
        ([i, total]) => {
          const [, inner] = whileLoop<readonly Tensor[]>(
            ([j]) => less(j!, i!),
            ([j, s]) => [j!.add(1), s!.add(i!)],
            [tensor(0, int32), total!],
            { maxSteps: 20 },
          );
          return [i!.add(1), inner!];
        },
        [tensor(0, int32), tensor(0, int32)],
        { maxSteps: 20 },
      )[1]!;
    // 0 + 1 * 1 + 2 * 2 + ...
    const h = compile(triangle);
    expect([0, 1, 4, 6].map((n) => h(tensor(n, int32)).item())).toEqual([0, 0, 14, 55]);
    const either = (p: Tensor, n: Tensor): Tensor =>
      cond(
        p,
        () => collatz(n),
        () => n,
      );
    expectCompiled(
      either,
      [
        [yes, tensor(6)],
        [no, tensor(6)],
      ],
      0,
    );
  });

  test('makes each example its own number of steps in vmap', () => {
    const halve = (a: Tensor): Tensor =>
      whileLoop(
        (now) => greater(now, 1),
        (now) => now.div(2),
        a,
        { maxSteps: 40 },
      );
    expectCompiled(
      (a: Tensor) => vmap(halve)(a),
      [[tensor([1000, 0.5, 3])], [tensor([2, 4, 8])]],
      0,
    );
  });

  test('draws another number in every step', () => {
    const f = (key: Tensor): readonly Tensor[] =>
      whileLoop<readonly Tensor[]>(
        ([k]) => less(k!, 5),
        ([k, total]) => [
          k!.add(1),
          concat([slice(total!, [{ start: 1 }]), random.uniform(random.foldIn(key, k!), [1])]),
        ],
        [tensor(0, int32), zeros([5])],
        { maxSteps: 5 },
      );
    expectCompiled(f, [[random.key(1)], [random.key(2)]], 0);
  });

  test('has no derivative, and says so', () => {
    const g = compile((a: Tensor) => grad((b: Tensor) => untilAbove(b, tensor(9)))(a));
    expect(() => g(tensor(2))).toThrow('whileLoop: has no derivative');
    expect(g.traces).toBe(0);
    const w = parameter(tensor(2));
    const h = compile((a: Tensor) => untilAbove(a, w.read()));
    expect(noGrad(() => h(tensor(3))).item()).toBe(3);
  });
});

describe('a model with control flow', () => {
  test('skips layers by a coin of its own key, in training', () => {
    const run = (wrap: (f: (a: Tensor, key: Tensor) => Tensor) => typeof f): unknown => {
      const layers = [1, 2, 3].map((seed) => nn.astype(new nn.Linear(4, 4, { seed }), 'float64'));
      const parameters = layers.map((layer) => layer.namedParameters());
      const forward = (a: Tensor, key: Tensor): Tensor => {
        let h = a;
        for (const [i, layer] of layers.entries()) {
          const before = h;
          h = cond(
            less(random.uniform(random.foldIn(key, i), []), 0.7),
            () => tanh(layer.forward(before)),
            () => before,
          );
        }
        return h;
      };
      const f = (a: Tensor, key: Tensor): Tensor => {
        // A plain call does not reach the layers that it skips.
        const [loss, grads] = valueAndGrad(
          (_: typeof parameters) => mean(square(forward(a, key).sub(sign(a)))),
          { unreached: 'zeros' },
        )(parameters);
        for (const [i, named] of parameters.entries()) {
          for (const [name, w] of Object.entries(named)) {
            w.write(sub(w, mul(grads[i]![name]!, 0.1)));
          }
        }
        return loss;
      };
      const step = wrap(f);
      const losses = Array.from({ length: 6 }, (_, k) => {
        const key = random.foldIn(random.key(5), k);
        return step(random.normal(key, [3, 4], float64), key);
      });
      return [losses, layers.map((layer) => layer.stateDict())];
    };
    expectSame(
      run((f) => compile(f)),
      run((f) => f),
      1e-10,
    );
  });
});

describe('state of a loop', () => {
  test('that every turn passes on stays as it is, beside state that changes', () => {
    const f = compile((a: Tensor, m: Tensor) =>
      whileLoop(
        ([k]) => less(k!, 3),
        ([k, kept, changed, again]) => [k!.add(1), kept!, changed!.add(kept!), again!],
        [tensor(0), m, a, m],
        { maxSteps: 10 },
      ),
    );
    const [a, m] = [tensor([1, 2]), tensor([10, 20])];
    for (const [x, y] of [
      [a, m],
      [m, a],
    ] as const) {
      const [count, kept, changed, again] = f(x, y);
      expect(count!.item()).toBe(3);
      expect([kept!.toArray(), again!.toArray()]).toEqual([y.toArray(), y.toArray()]);
      expect(changed!.toArray()).toEqual(x.add(y.mul(3)).toArray());
    }
  });

  test('may change places', () => {
    const f = compile((a: Tensor, b: Tensor) =>
      whileLoop(
        ([k]) => less(k!, 3),
        ([k, x, y]) => [k!.add(1), y!, x!],
        [tensor(0), a, b],
        { maxSteps: 10 },
      ),
    );
    const [, x, y] = f(tensor([1]), tensor([2]));
    expect([x!.item(), y!.item()]).toEqual([2, 1]);
  });
});

describe('an error that shows values of', () => {
  const refuse = (x: Tensor): void => check(less(x, 3), () => new Error(`it is ${x.item()}`));

  test('a loop says that they are not kept', () => {
    const f = compile((a: Tensor) =>
      whileLoop(
        (s) => less(s, 5),
        (s) => {
          refuse(s);
          return s.add(1);
        },
        a,
        { maxSteps: 9 },
      ),
    );
    expect(f(tensor(7)).item()).toBe(7);
    expect(() => f(tensor(0))).toThrow(
      /check within cond or whileLoop failed.*\n.*without compile/,
    );
  });

  test('the step around it prints them', () => {
    const shown = compile((a: Tensor) => {
      const b = a.mul(2);
      check(less(b, 3), () => new Error(`it is ${b}`));
      return b;
    });
    expect(() => shown(tensor(4))).toThrow('it is Tensor([] float32: 8)');
  });
});

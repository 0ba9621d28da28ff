import { describe, expect, test } from '@jest/globals';
import {
  Cell,
  cond,
  equal,
  exp,
  grad,
  greater,
  hvp,
  less,
  log,
  mul,
  noGrad,
  parameter,
  remainder,
  square,
  stopGradient,
  sum,
  type Tensor,
  TraceError,
  tanh,
  tensor,
  vmap,
  whileLoop,
  withValues,
} from '@tikhonov/core';
import { check } from '@tikhonov/core/engine';
import { checkGraph } from '../../src/graph/check.ts';
import { eliminateDead } from '../../src/passes/eliminate-dead.ts';
import { graphOf, runTraced, textOf } from '../support.ts';

const float64 = (values: number | readonly number[]): Tensor =>
  tensor(values, { dtype: 'float64' });

describe('a recorded cond', () => {
  const choose = (p: Tensor, x: Tensor, y: Tensor): Tensor =>
    cond(
      p,
      () => exp(mul(x, 2)),
      () => y,
    );

  test('holds both branches as regions over what they capture', () => {
    expect(textOf(graphOf(choose, tensor(true), tensor([1]), tensor([2])))).toBe(
      [
        '%0 = input bool[]',
        '%1 = input float32[1]',
        '%2 = input float32[1]',
        '%3 = cond(%0, %1, %2) float32[1]',
        '  onTrue(%4 float32[1], %5 float32[1])',
        '    %6 = constant float32[1]',
        '    %7 = mul(%4, %6) float32[1]',
        '    %8 = exp(%7) float32[1]',
        '    return %8',
        '  onFalse(%9 float32[1], %10 float32[1])',
        '    return %10',
        'return %3',
      ].join('\n'),
    );
  });

  test('computes what a plain call does', () => {
    for (const p of [true, false]) {
      const [out] = runTraced(choose, tensor(p), tensor([1]), tensor([2]));
      expect(out!.toArray()).toEqual(choose(tensor(p), tensor([1]), tensor([2])).toArray());
    }
  });

  test('of a predicate that is known is the branch alone', () => {
    const names = graphOf((x: Tensor) => choose(tensor(true), x, x), tensor([1])).equations.map(
      ({ primitive }) => primitive.name,
    );
    expect(names).toEqual(['mul', 'exp']);
  });

  test('has derivatives of any order, as a plain call, through captured arguments and parameters', () => {
    const w = parameter(float64([0.5, -1]), { name: 'w' });
    const loss = (x: Tensor): Tensor =>
      cond(
        greater(sum(x), 0),
        () => sum(mul(tanh(mul(x, w)), x)),
        () => sum(mul(square(x), stopGradient(x))),
      );
    const inParameter = (x: Tensor): Tensor => grad(() => loss(x))({ w }).w;
    const penalty = (x: Tensor): Tensor => grad((y: Tensor) => sum(square(grad(loss)(y))))(x);
    const mixed = (x: Tensor): Tensor => grad(() => sum(square(grad(loss)(x))))({ w }).w;
    const curved = (x: Tensor): Tensor => hvp(loss, [x], [float64([1, 2])])[0];
    for (const f of [loss, grad(loss), inParameter, penalty, mixed, curved]) {
      for (const x of [float64([1, 2]), float64([-1, -2])]) {
        expect(runTraced(f, x)[0]!.toArray()).toEqual(f(x).toArray());
      }
    }
  });

  test('backpropagates to parameters, zero from the branch that does not use one', () => {
    const [v, w] = ['v', 'w'].map((name) => parameter(tensor([3]), { name }));
    const step = (p: Tensor): readonly Tensor[] => {
      cond(
        p,
        () => sum(mul(v!, v!)),
        () => sum(mul(w!, 5)),
      ).backward();
      const grads = [v!.grad!, w!.grad!];
      for (const cell of [v!, w!]) cell.zeroGrad();
      return grads;
    };
    expect(runTraced(step, tensor(true)).map((g) => g.toArray())).toEqual([[6], [0]]);
    expect(runTraced(step, tensor(false)).map((g) => g.toArray())).toEqual([[0], [5]]);
  });

  test('reads and writes cells outside', () => {
    const [a, b] = ['a', 'b'].map((name) => new Cell(tensor(1), { name }));
    const step = (p: Tensor): Tensor =>
      cond(
        p,
        () => {
          a!.write(a!.read().add(10));
          a!.write(a!.read().mul(2));
          return a!.read();
        },
        () => {
          b!.write(5);
          return a!.read();
        },
      );
    const graph = graphOf(step, tensor(true));
    expect(graph.reads.map(({ cell }) => cell)).toEqual([a, b]);
    expect(graph.writes.map(({ cell }) => cell)).toEqual([a, b]);
    expect([a!.read().item(), b!.read().item()]).toEqual([1, 1]);
    expect(runTraced(step, tensor(true))[0]!.item()).toBe(22);
    expect([a!.read().item(), b!.read().item()]).toEqual([22, 1]);
    expect(runTraced(step, tensor(false))[0]!.item()).toBe(22);
    expect([a!.read().item(), b!.read().item()]).toEqual([22, 5]);
  });

  test('writes once, although its derivative computes again', () => {
    const count = new Cell(tensor(1), { name: 'count' });
    const f = (p: Tensor, x: Tensor): Tensor => {
      const slope = grad((y: Tensor) => {
        const out = cond(
          p,
          () => {
            count.write(count.read().add(1));
            return mul(mul(y, y), count);
          },
          () => y,
        );
        count.write(count.read().mul(100));
        return out;
      })(x);
      return slope;
    };
    expect(runTraced(f, tensor(true), tensor(3))[0]!.item()).toBe(12);
    expect(count.read().item()).toBe(200);
    expect(runTraced(f, tensor(false), tensor(3))[0]!.item()).toBe(1);
    expect(count.read().item()).toBe(20000);
  });

  test('keeps gradients that are forgotten in a branch to itself', () => {
    const w = parameter(tensor([3]), { name: 'w' });
    const f = (p: Tensor): Tensor =>
      cond(
        p,
        () => {
          sum(mul(w, w)).backward();
          const g = w.grad!;
          w.zeroGrad();
          return g;
        },
        () => w.read(),
      );
    const graph = graphOf(f, tensor(true));
    expect(graph.equations.at(-1)!.outputs).toHaveLength(1);
    expect(graph.writes).toEqual([]);
    expect(runTraced(f, tensor(true))[0]!.toArray()).toEqual([6]);
  });

  test('nests, and inner branches capture through outer ones', () => {
    const f = (x: Tensor, y: Tensor): Tensor =>
      cond(
        greater(x, 0),
        () =>
          cond(
            greater(y, 0),
            () => mul(x, y),
            () => x,
          ),
        () => exp(y),
      );
    expect(textOf(graphOf(f, tensor(1), tensor(1)))).toContain('      onTrue(');
    const gradient = (x: Tensor, y: Tensor): Tensor => grad((at: Tensor) => f(x, at))(y);
    for (const x of [2, -2]) {
      for (const y of [3, -3]) {
        const args = [float64(x), float64(y)] as const;
        expect(runTraced(f, ...args)[0]!.item()).toBe(f(...args).item());
        expect(runTraced(gradient, ...args)[0]!.item()).toBe(gradient(...args).item());
      }
    }
  });

  test('checks in the branch that is taken, and stays for that', () => {
    const f = (x: Tensor): Tensor => {
      cond(
        greater(x, 0),
        () => {
          check(less(x, 5), () => new RangeError('too large'));
          // It fails for every call that comes here.
          cond(
            greater(x, 3),
            () => {
              check(tensor(false), () => new RangeError('more than 3'));
              return [];
            },
            () => [],
          );
          return [];
        },
        () => [],
      );
      return x;
    };
    expect(textOf(graphOf(f, tensor(1)), eliminateDead)).toContain('cond(');
    expect(runTraced(f, tensor(-9))[0]!.item()).toBe(-9);
    expect(runTraced(f, tensor(1))[0]!.item()).toBe(1);
    expect(() => runTraced(f, tensor(4))).toThrow('more than 3');
    expect(() => runTraced(f, tensor(9))).toThrow('too large');
    const pure = (x: Tensor): Tensor => {
      choose(greater(x, 0), x, x);
      return x;
    };
    expect(textOf(graphOf(pure, tensor(1)), eliminateDead)).not.toContain('cond');
  });

  test('of both branches with a gradient leaves one, of one alone is refused', () => {
    const w = parameter(tensor([3]), { name: 'w' });
    const back = (factor: number): readonly Tensor[] => {
      sum(mul(w, factor)).backward();
      return [];
    };
    const both = (p: Tensor): void => {
      cond(
        p,
        () => back(2),
        () => back(5),
      );
    };
    const graph = graphOf(both, tensor(true));
    expect(graph.grads).toEqual([{ parameter: w, before: false, after: true }]);
    runTraced(both, tensor(false));
    expect(w.grad?.toArray()).toEqual([5]);
    w.zeroGrad();
    const one = (p: Tensor): void => {
      cond(
        p,
        () => back(2),
        () => [],
      );
    };
    expect(() => graphOf(one, tensor(true))).toThrow(TraceError);
    expect(() => graphOf(one, tensor(true))).toThrow(
      'cond: only one of the branches leaves the cell "w" with a gradient.\n  Call backward()',
    );
    expect(w.hasGrad).toBe(false);
  });

  test('works around and inside vmap', () => {
    const bent = (x: Tensor): Tensor =>
      cond(
        greater(x, 1),
        () => mul(mul(x, x), x),
        () => exp(x),
      );
    const shared = (p: Tensor, xs: Tensor): Tensor =>
      vmap((x: Tensor) =>
        cond(
          p,
          () => bent(x),
          () => mul(x, 2),
        ),
      )(xs);
    const slope = (p: Tensor, xs: Tensor): Tensor => grad((at: Tensor) => sum(shared(p, at)))(xs);
    const around = (p: Tensor, xs: Tensor): Tensor =>
      cond(
        p,
        () => vmap(grad(bent))(xs),
        () => vmap(bent)(xs),
      );
    const xs = float64([0.5, 2]);
    for (const f of [shared, slope, around]) {
      for (const p of [tensor(true), tensor(false)]) {
        expect(runTraced(f, p, xs)[0]!.toArray()).toEqual(f(p, xs).toArray());
      }
    }
    // The examples share the predicate, so one branch runs.
    expect(textOf(graphOf(shared, tensor(true), xs))).toMatch(/^%\d+ = cond\(/m);
  });

  test('ends with the error of a branch, and cells as they were', () => {
    const cell = new Cell(tensor(1), { name: 'c' });
    const f = (p: Tensor, x: Tensor): Tensor =>
      cond(
        p,
        () => {
          cell.write(x);
          return tensor(x.item());
        },
        () => x,
      );
    expect(() => graphOf(f, tensor(true), tensor(1))).toThrow(TraceError);
    expect(cell.read().item()).toBe(1);
  });
});

describe('a recorded whileLoop', () => {
  const f = (x: Tensor, limit: Tensor): Tensor =>
    whileLoop(
      (y) => less(y, limit),
      (y) => mul(y, x),
      x,
      { maxSteps: 10 },
    );

  test('holds condition and body as regions over state and captures', () => {
    expect(textOf(graphOf(f, tensor(2), tensor(9)))).toBe(
      [
        '%0 = input float32[]',
        '%1 = input float32[]',
        '%2 = whileLoop(%0, %1, %0) { maxSteps: 10 } float32[]',
        '  condition(%3 float32[], %4 float32[], %5 float32[])',
        '    %6 = less(%3, %4) bool[]',
        '    return %6',
        '  body(%7 float32[], %8 float32[], %9 float32[])',
        '    %10 = mul(%7, %9) float32[]',
        '    return %10',
        'return %2',
      ].join('\n'),
    );
    expect(runTraced(f, tensor(2), tensor(9))[0]!.item()).toBe(16);
    expect(runTraced(f, tensor(2), tensor(1))[0]!.item()).toBe(2);
    expect(runTraced(f, tensor(1), tensor(9))[0]!.item()).toBe(1);
  });

  test('is a loop of the program even if its first state is known', () => {
    const count = (x: Tensor): Tensor =>
      whileLoop(
        (i) => less(i, 1000),
        (i) => i.add(x),
        tensor(0),
        { maxSteps: 1000 },
      );
    expect(graphOf(count, tensor(1)).equations).toHaveLength(1);
    expect(runTraced(count, tensor(300))[0]!.item()).toBe(1200);
  });

  test('carries cells that the body writes', () => {
    const [total, seen] = ['total', 'seen'].map((name) => new Cell(tensor(0), { name }));
    const step = (x: Tensor): Tensor =>
      whileLoop(
        () => less(total!, 10),
        (y) => {
          total!.write(total!.read().add(y));
          seen!.write(total!.read());
          return y.add(1);
        },
        x,
        { maxSteps: 100 },
      );
    expect(runTraced(step, tensor(1))[0]!.item()).toBe(5);
    expect([total!.read().item(), seen!.read().item()]).toEqual([10, 10]);
    const testing = (x: Tensor): Tensor =>
      whileLoop(
        (y) => {
          total!.write(y);
          return less(y, 3);
        },
        (y) => y.add(1),
        x,
        { maxSteps: 9 },
      );
    expect(() => graphOf(testing, tensor(1))).toThrow(
      'whileLoop: the condition writes to the cell "total".\n  Write in the body',
    );
    expect(total!.read().item()).toBe(10);
  });

  test('uses gradients inside, and refuses to be differentiated', () => {
    const descend = (x: Tensor, rate: Tensor): Tensor => {
      const slope = grad((y: Tensor) => sum(square(y.sub(3))));
      return whileLoop(
        (y) => greater(sum(square(slope(y))), 1e-6),
        (y) => y.sub(mul(slope(y), rate)),
        x,
        { maxSteps: 100 },
      );
    };
    const args = [float64([0, 10]), float64(0.3)] as const;
    expect(runTraced(descend, ...args)[0]!.toArray()).toEqual(descend(...args).toArray());
    expect(() =>
      graphOf(
        grad((x: Tensor) => sum(f(x, tensor(9)))),
        tensor(2),
      ),
    ).toThrow('whileLoop: has no derivative');
    const w = parameter(tensor(2));
    const closing = (x: Tensor): Tensor =>
      whileLoop(
        (y) => less(y, w),
        (y) => mul(y, w),
        x,
        { maxSteps: 10 },
      );
    expect(() => graphOf(closing, tensor(2))).toThrow('whileLoop: has no derivative');
    expect(noGrad(() => runTraced(closing, tensor(1)))[0]!.item()).toBe(2);
  });

  test('nests with cond', () => {
    const collatz = (n: Tensor): Tensor =>
      whileLoop(
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
    expect([collatz(tensor(27)).item(), runTraced(collatz, tensor(27))[0]!.item()]).toEqual([
      111, 111,
    ]);
    const either = (p: Tensor, x: Tensor): Tensor =>
      cond(
        p,
        () => collatz(x),
        () => x,
      );
    expect(runTraced(either, tensor(true), tensor(6))[0]!.item()).toBe(8);
  });
});

describe('checkGraph', () => {
  test('looks into regions', () => {
    const graph = graphOf(
      (x: Tensor) =>
        cond(
          greater(x, 0),
          () => log(x),
          () => x,
        ),
      tensor(1),
    );
    const equation = graph.equations.find(({ primitive }) => primitive.name === 'cond')!;
    const attrs = equation.attrs as { onTrue: { equations: unknown[] } };
    const broken = { ...attrs, onTrue: { ...attrs.onTrue, equations: [] } };
    const equations = graph.equations.map((e) => (e === equation ? { ...e, attrs: broken } : e));
    expect(() => checkGraph({ ...graph, equations })).toThrow(
      'internal: the end uses a value before it is defined.',
    );
  });
});

describe('withValues in a trace', () => {
  test('shows the given value, not the cell', () => {
    const w = parameter(tensor([1]), { name: 'w' });
    const graph = graphOf(
      (x: Tensor) => [withValues({ w }, { w: tensor([5]) }, () => mul(w, x)), mul(w, x)],
      tensor([2]),
    );
    expect(textOf(graph)).toBe(
      [
        '%0 = input float32[1]',
        '%1 = read w float32[1]',
        '%2 = constant float32[1]',
        '%3 = mul(%2, %0) float32[1]',
        '%4 = mul(%1, %0) float32[1]',
        'return %3, %4',
      ].join('\n'),
    );
    expect(w.read().item()).toBe(1);
  });
});

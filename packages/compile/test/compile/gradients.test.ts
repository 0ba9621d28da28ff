import { describe, expect, test } from '@jest/globals';
import {
  Cell,
  checkpoint,
  customGradient,
  grad,
  hessian,
  hvp,
  jvp,
  matmul,
  mean,
  mul,
  noGrad,
  type Parameter,
  parameter,
  random,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  valueAndGrad,
  vjp,
  vmap,
  withValues,
} from '@tikhonov/core';
import { compile } from '../../src/compile.ts';
import { expectCompiled, expectSame } from './support.ts';

// Functions are within a few ulps of the plain ones, and sums may be in another order.
const tolerance = 1e-12;
const float64 = { dtype: 'float64' } as const;
const x = tensor([0.3, -1.2, 0.7], float64);
const v = tensor([1, 2, -1], float64);
const loss = (a: Tensor): Tensor => sum(square(tanh(a.mul(a).add(a))));

describe('derivatives in a compiled function', () => {
  test('are those of a plain call', () => {
    expectCompiled((a: Tensor) => grad(loss)(a), [x], tolerance);
    expectCompiled((a: Tensor) => valueAndGrad(loss)(a), [x], tolerance);
    expectCompiled((a: Tensor, b: Tensor) => hvp(loss, [a], [b]), [x, v], tolerance);
    expectCompiled((a: Tensor, b: Tensor) => jvp(tanh, [a], [b]), [x, v], tolerance);
    expectCompiled((a: Tensor, b: Tensor) => vjp(tanh, [a])[1](b), [x, v], tolerance);
    expectCompiled((a: Tensor) => hessian(loss)(a), [x], tolerance);
    expectCompiled((a: Tensor) => vmap(grad(loss))(a), [x.reshape([3, 1])], tolerance);
  });

  test('go through derivatives', () => {
    const penalty = (a: Tensor): Tensor => sum(square(grad(loss)(a)));
    expectCompiled((a: Tensor) => grad(penalty)(a), [x], tolerance);
    const thirdOf = (a: Tensor): Tensor => grad((b: Tensor) => sum(grad(penalty)(b)))(a);
    expectCompiled(thirdOf, [x], tolerance);
  });

  test('go through checkpoints', () => {
    const inner = checkpoint((a: Tensor) => tanh(tanh(a).mul(a)));
    expectCompiled((a: Tensor) => grad((b: Tensor) => sum(inner(inner(b))))(a), [x], tolerance);
    const w = parameter(v);
    const withParameter = (a: Tensor) =>
      valueAndGrad((_: { w: Parameter }) => sum(checkpoint(() => tanh(mul(w, a)))()))({ w });
    expectCompiled(withParameter, [x], tolerance);
  });

  test('stop where they are stopped, and follow rules of their own', () => {
    expectCompiled((a: Tensor) => grad((b: Tensor) => sum(mul(b, stopGradient(b))))(a), [x]);
    const straight = customGradient((a: Tensor) => ({
      value: a.mul(3),
      pullback: (g: Tensor) => [g.mul(100)],
    }));
    const out = expectCompiled((a: Tensor) => grad((b: Tensor) => sum(straight(b)))(a), [x]);
    expect(out.toArray()).toEqual([100, 100, 100]);
  });
});

/** Everything that happens to a linear model in some calls. */
type Wrap = (f: (...xs: Tensor[]) => unknown) => (...xs: Tensor[]) => unknown;

function expectSameTraining(scenario: (wrap: Wrap) => unknown): void {
  expectSame(
    scenario((f) => compile(f)),
    scenario((f) => f),
    tolerance,
  );
}

const batchOf = (k: number): Tensor =>
  random.normal(random.foldIn(random.key(3), k), [4, 3], float64);

describe('gradients left by backward()', () => {
  const fresh = (): Parameter => parameter(tensor([[1], [2], [3]], float64), { name: 'w' });
  const lossOf = (w: Parameter, batch: Tensor): Tensor => mean(square(tanh(matmul(batch, w))));
  const descend = (w: Parameter): void => {
    w.write(sub(w, w.grad!.mul(0.1)));
    w.zeroGrad();
  };

  test('serve for a step within one call', () => {
    expectSameTraining((wrap) => {
      const w = fresh();
      const step = wrap((batch) => {
        const value = lossOf(w, batch!);
        value.backward();
        descend(w);
        return value;
      });
      const losses = [0, 1, 2, 3].map((k) => step(batchOf(k)));
      expect(w.grad).toBeNull();
      return [losses, w.read()];
    });
  });

  test('add up over batches of one call', () => {
    expectSameTraining((wrap) => {
      const w = fresh();
      const step = wrap((a, b) => {
        for (const batch of [a, b]) lossOf(w, batch!).backward();
        descend(w);
      });
      for (const k of [0, 1, 2]) step(batchOf(2 * k), batchOf(2 * k + 1));
      return w.read();
    });
  });

  test('add up over calls, whoever makes them', () => {
    const w = fresh();
    const accumulate = compile((batch: Tensor) => lossOf(w, batch).backward());
    const step = compile(() => descend(w));
    const other = fresh();
    for (let round = 0; round < 2; round++) {
      for (const k of [0, 1, 2]) {
        accumulate(batchOf(k));
        lossOf(other, batchOf(k)).backward();
        expectSame(w.grad, other.grad, tolerance);
      }
      lossOf(w, batchOf(9)).backward();
      lossOf(other, batchOf(9)).backward();
      const kept = w.grad!;
      const values = [...kept.data()];
      step();
      descend(other);
      expect(w.grad).toBeNull();
      expectSame(w.read(), other.read(), tolerance);
      accumulate(batchOf(5));
      lossOf(other, batchOf(5)).backward();
      expect([...kept.data()]).toEqual(values);
      w.zeroGrad();
      other.zeroGrad();
    }
    // Once without a gradient to add to, and once with one.
    expect([accumulate.traces, step.traces]).toEqual([2, 1]);
  });

  test('left outside are seen, and may be forgotten inside', () => {
    const w = fresh();
    const g = compile(() => {
      const before = w.grad;
      w.zeroGrad();
      return before === null ? null : before.mul(2);
    });
    expect(g()).toBeNull();
    lossOf(w, batchOf(0)).backward();
    const want = w.grad!.mul(2);
    expectSame(g(), want);
    expect(w.grad).toBeNull();
    expect(g()).toBeNull();
    expect(g.traces).toBe(2);
  });

  test('are those of what withValues leaves of the parameters', () => {
    const [v, w] = [1, 2].map((k) => parameter(tensor([k, 2, 3], float64), { name: `${k}` }));
    const f = (a: Tensor): Tensor => {
      const value = sum(mul(v!, mul(w!, a)));
      value.backward();
      const grads = [v!.grad, w!.grad];
      for (const one of [v!, w!]) one.zeroGrad();
      return grads as never;
    };
    const g = compile(f);
    for (let round = 0; round < 2; round++) {
      expectSame(g(x), f(x), tolerance);
      // A constant in the place of one: there is no gradient for it.
      const constant = <R>(call: (a: Tensor) => R): R =>
        withValues({ v: v! }, { v: x }, () => call(x));
      expectSame(constant(g), constant(f), tolerance);
      expect((constant(g) as unknown as readonly unknown[])[0]).toBeNull();
    }
    expect(g.traces).toBe(2);
  });

  test('go through a compiled function to what withValues puts in the place of a parameter', () => {
    const [v, w] = [1, 2].map((k) => parameter(tensor([k, 2, 3], float64)));
    const f = (a: Tensor): Tensor => sum(mul(w!, mul(w!, a)));
    const g = compile(f, { maxTraces: 1 });
    const gradient = (call: (a: Tensor) => Tensor): Tensor => {
      v!.zeroGrad();
      withValues({ w: w! }, { w: mul(v!, 3) }, () => call(x)).backward();
      return v!.grad!;
    };
    // Before there is a program, and with one.
    for (let round = 0; round < 2; round++) {
      expectSame(gradient(g), gradient(f), tolerance);
      expect(g.traces).toBe(round);
      expectSame(g(x), f(x), tolerance);
      expect(g.traces).toBe(1);
    }
    expect(() => withValues({ w: w! }, { w: x }, () => g(x))).toThrow(
      'because of a cell, which was a parameter there and is constant there (by withValues).',
    );
  });

  test('are not computed in a call under noGrad', () => {
    const w = fresh();
    const g = compile((batch: Tensor) => [lossOf(w, batch).requiresGrad, w.read().mul(1)]);
    expect(g(batchOf(0))[0]).toBe(true);
    expect(noGrad(() => g(batchOf(0)))[0]).toBe(false);
    expect(g(batchOf(1))[0]).toBe(true);
    expect(g.traces).toBe(2);
  });
});

describe('steps with more than one pass', () => {
  test('sharpness-aware: a second gradient at moved weights', () => {
    expectSameTraining((wrap) => {
      const w = parameter(tensor([1, -2, 0.5], float64));
      const lossAt = (batch: Tensor) => (_: { w: Parameter }) =>
        mean(square(tanh(matmul(batch, w))));
      const step = wrap((batch) => {
        const start = w.read();
        const [, first] = valueAndGrad(lossAt(batch!))({ w });
        const scale = sqrt(sum(square(first.w)));
        w.write(start.add(first.w.div(scale).mul(0.05)));
        const [value, second] = valueAndGrad(lossAt(batch!))({ w });
        w.write(start.sub(second.w.mul(0.1)));
        return value;
      });
      return [[0, 1, 2, 3].map((k) => step(batchOf(k))), w.read()];
    });
  });

  test('virtual adversarial: a gradient with respect to noise, then one to weights', () => {
    expectSameTraining((wrap) => {
      const w = parameter(tensor([1, -2, 0.5], float64));
      const direction = new Cell(tensor([1, 0, 0], float64));
      const predict = (a: Tensor): Tensor => tanh(matmul(a, w));
      const step = wrap((batch, key) => {
        const clean = stopGradient(predict(batch!));
        const change = (d: Tensor): Tensor => mean(square(predict(batch!.add(d)).sub(clean)));
        const start = random.normal(key!, [3], float64).add(direction.read());
        const worst = grad(change)(start.mul(1e-1));
        direction.write(worst.div(sqrt(sum(square(worst)))));
        const [value, grads] = valueAndGrad((_: { w: Parameter }) => change(direction.read()))({
          w,
        });
        w.write(sub(w, grads.w.mul(0.1)));
        return value;
      });
      const losses = [0, 1, 2].map((k) => step(batchOf(k), random.key(k)));
      return [losses, w.read(), direction.read()];
    });
  });
});

describe('a compiled function within another transformation', () => {
  const inner = compile((a: Tensor) => sum(square(tanh(a))));
  const plainInner = (a: Tensor): Tensor => sum(square(tanh(a)));

  test('of a compiled function becomes part of its program', () => {
    const fresh = compile(plainInner);
    const out = compile((a: Tensor) => grad(fresh)(a).add(fresh(a)));
    expectSame(out(x), grad(plainInner)(x).add(plainInner(x)), tolerance);
    expect([fresh.traces, out.traces]).toEqual([0, 1]);
  });

  test('is differentiated and batched as the function itself', () => {
    expectSame(grad(inner)(x), grad(plainInner)(x));
    expectSame(hvp(inner, [x], [v]), hvp(plainInner, [x], [v]));
    expectSame(jvp(inner, [x], [v]), jvp(plainInner, [x], [v]));
    expectSame(vjp(inner, [x])[1](tensor(1, float64)), vjp(plainInner, [x])[1](tensor(1, float64)));
    const rows = batchOf(0);
    expectSame(vmap(inner)(rows), vmap(plainInner)(rows));
    expectSame(vmap(grad(inner))(rows), vmap(grad(plainInner))(rows));
    expectSame(hessian(inner)(x), hessian(plainInner)(x));
    expect(inner.traces).toBe(0);
  });

  test('keeps the history of arguments that have one', () => {
    const w = parameter(x);
    const g = compile((a: Tensor) => sum(square(a)));
    g(w.read()).backward();
    expect(w.grad!.toArray()).toEqual(x.mul(2).toArray());
    expect(g.traces).toBe(0);
    const shifted = noGrad(() => w.read().add(1));
    expect(g(shifted).requiresGrad).toBe(false);
    expect(g.traces).toBe(1);
  });

  test('of a checkpoint too', () => {
    const w = parameter(x);
    const g = compile((a: Tensor) => sum(square(tanh(mul(w, a)))));
    const f = (a: Tensor): Tensor => sum(square(tanh(mul(w, a))));
    const gradients = [g, f].map((h) => {
      w.zeroGrad();
      checkpoint(h)(v).backward();
      return w.grad!;
    });
    expectSame(gradients[0], gradients[1]);
  });
});

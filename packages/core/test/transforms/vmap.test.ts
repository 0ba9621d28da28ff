import { describe, expect, test } from '@jest/globals';
import { caseDraw, fc } from '@tikhonov/check';
import {
  add,
  argmax,
  Cell,
  grad,
  hvp,
  isFloating,
  jvp,
  matmul,
  mean,
  mul,
  parameter,
  random,
  relu,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  transpose,
  vmap,
  withValues,
} from '@tikhonov/core';
import { bind, bindMulti, flattenTree, primitives } from '@tikhonov/core/engine';
import { thrown } from '../support.ts';

const f64 = { dtype: 'float64' } as const;
const normal = (seed: number, shape: readonly number[]): Tensor =>
  random.normal(random.key(seed), shape, f64);
const close = (a: Tensor, b: Tensor): number => {
  expect(a.shape).toEqual(b.shape);
  const [x, y] = [Array.from(a.data()), b.data()];
  return x.reduce((worst, v, i) => Math.max(worst, Math.abs(v - y[i]!)), 0);
};
const example = (x: Tensor, b: number): Tensor =>
  tensor(x.data().slice((b * x.size) / x.shape[0]!, ((b + 1) * x.size) / x.shape[0]!), {
    shape: x.shape.slice(1),
    dtype: x.dtype,
  });

describe('every primitive runs on examples as on each of them', () => {
  test.each(primitives.map((registered) => [registered.name, registered] as const))(
    '%s',
    (_name, { primitive, cases }) => {
      const run = (inputs: readonly Tensor[], attrs: unknown): readonly Tensor[] =>
        primitive.kind === 'single'
          ? [bind(primitive, inputs, attrs)]
          : bindMulti(primitive, inputs, attrs);
      fc.assert(
        fc.property(fc.gen(), (gen) => {
          const draw = caseDraw((arbitrary) => gen(() => arbitrary));
          const { inputs, attrs } = cases(draw);
          const shared = inputs.map(() => draw.integer(0, 2) === 0);
          if (shared.every(Boolean)) return;
          // Examples that differ but stay within the operation's domain.
          const variants = inputs.map((x) =>
            [1, 0.9375, 0.875].map((by) => (isFloating(x.dtype) ? x.mul(by) : x)),
          );
          const batched = variants.map((xs, i) => (shared[i] ? inputs[i]! : stack(xs)));
          const all = vmap((...xs: readonly Tensor[]) => run(xs, attrs), {
            inAxes: shared.map((is) => (is ? null : 0)),
          })(...batched);
          for (let b = 0; b < 3; b++) {
            const one = run(
              variants.map((xs, i) => (shared[i] ? inputs[i]! : xs[b]!)),
              attrs,
            );
            for (const [k, y] of one.entries()) {
              expect(Array.from(example(all[k]!, b).data())).toEqual(Array.from(y.data()));
            }
          }
        }),
        { numRuns: 25, seed: 5 },
      );
    },
  );
});

describe('vmap', () => {
  const [w1, w2] = [normal(1, [4, 3]), normal(2, [2, 4])];
  const loss = (p: { w1: Tensor; w2: Tensor }, x: Tensor, y: Tensor): Tensor =>
    mean(square(sub(matmul(p.w2, tanh(matmul(p.w1, x))), y)));
  const [xs, ys] = [normal(3, [5, 3]), normal(4, [5, 2])];
  const params = { w1, w2 };

  test('of a gradient gives the gradient of every example', () => {
    const each = vmap(grad(loss), { inAxes: [null, 0, 0] })(params, xs, ys);
    for (let b = 0; b < 5; b++) {
      const one = grad(loss)(params, example(xs, b), example(ys, b));
      expect(close(example(each.w1, b), one.w1)).toBeLessThan(1e-15);
      expect(close(example(each.w2, b), one.w2)).toBeLessThan(1e-15);
    }
  });

  test('works with a model whose parameters are cells', () => {
    const cells = { w1: parameter(w1), w2: parameter(w2) };
    const each = vmap((x: Tensor, y: Tensor) =>
      grad((p: typeof cells) => loss({ w1: p.w1.read(), w2: p.w2.read() }, x, y))(cells),
    )(xs, ys);
    const want = vmap(grad(loss), { inAxes: [null, 0, 0] })(params, xs, ys);
    expect(JSON.stringify(each)).toBe(JSON.stringify(want));
    const values = { w1: stack([w1, w1.mul(2)]), w2: stack([w2, w2.mul(2)]) };
    const losses = vmap((p: typeof values) =>
      withValues(cells, p, () => sum(add(sum(cells.w1), sum(cells.w2)))),
    )(values);
    expect(close(losses, stack([sum(w1).add(sum(w2)), sum(w1).add(sum(w2)).mul(2)]))).toBeLessThan(
      1e-14,
    );
  });

  test('can be differentiated with respect to arguments and what it closes over', () => {
    const w = parameter(w1);
    const total = (x: Tensor, v: Tensor): Tensor =>
      sum(vmap((u: Tensor) => square(matmul(tanh(matmul(w, u)), v)))(x));
    const plain = (x: Tensor, v: Tensor): Tensor =>
      sum(square(matmul(tanh(matmul(x, transpose(w))), v)));
    const v = normal(9, [4]);
    const both = (f: typeof total): { w: Tensor; x: Tensor; v: Tensor } =>
      grad((at: { w: typeof w; x: Tensor; v: Tensor }) => f(at.x, at.v))({ w, x: xs, v });
    const [got, want] = [both(total), both(plain)];
    for (const name of ['w', 'x', 'v'] as const) {
      expect(close(got[name], want[name])).toBeLessThan(1e-13);
    }
    total(xs, v).backward();
    expect(close(w.grad!, want.w)).toBeLessThan(1e-13);
  });

  test('has second derivatives, inside, outside and across', () => {
    const f = (x: Tensor): Tensor => sum(tanh(matmul(w1, x)));
    const norms = (at: Tensor): Tensor => sum(vmap((x: Tensor) => sum(square(grad(f)(x))))(at));
    const byHand = (at: Tensor): Tensor => {
      const g = grad((all: Tensor) => sum(tanh(matmul(all, transpose(w1)))))(at);
      return sum(square(g));
    };
    expect(close(grad(norms)(xs), grad(byHand)(xs))).toBeLessThan(1e-12);
    const outer = (at: Tensor): Tensor => sum(vmap((x: Tensor) => f(x).mul(f(x)))(at));
    const plain = (at: Tensor): Tensor => {
      const s = sum(tanh(matmul(at, transpose(w1))), { axis: 1 });
      return sum(mul(s, s));
    };
    const v = normal(8, [5, 3]);
    expect(close(hvp(outer, [xs], [v])[0], hvp(plain, [xs], [v])[0])).toBeLessThan(1e-12);
    expect(close(jvp(outer, [xs], [v])[1], jvp(plain, [xs], [v])[1])).toBeLessThan(1e-12);
    const third = (h: (at: Tensor) => Tensor): Tensor =>
      grad((at: Tensor) => sum(hvp(h, [at], [v])[0]))(xs);
    expect(close(third(outer), third(plain))).toBeLessThan(1e-11);
  });

  test('nests, and takes axes in and out', () => {
    const [a, b] = [normal(5, [3, 2]), normal(6, [2, 4])];
    const product = vmap(
      (row: Tensor) => vmap((column: Tensor) => sum(mul(row, column)), { inAxes: 1 })(b),
      { outAxes: 1 },
    )(a);
    expect(close(product, transpose(matmul(a, b)))).toBeLessThan(1e-14);
    expect(vmap((x: Tensor) => x, { inAxes: -1, outAxes: -1 })(a).toArray()).toEqual(a.toArray());
  });

  test('repeats what is the same for all examples', () => {
    const same = vmap((_x: Tensor) => tensor([1, 2]))(xs);
    expect(same.shape).toEqual([5, 2]);
    const w = parameter(tensor([1, 2]));
    sum(vmap((_x: Tensor) => w.read())(xs)).backward();
    expect(w.grad!.toArray()).toEqual([5, 5]);
  });

  test('gives shared keys the same draws, and keys per example their own', () => {
    const key = random.key(1);
    const keys = stack(random.split(key, 5));
    const alike = vmap((x: Tensor) => add(x, random.normal(key, [3], f64)))(xs);
    expect(
      close(sub(alike, xs), stack(Array.from({ length: 5 }, () => random.normal(key, [3], f64)))),
    ).toBeLessThan(1e-15);
    const own = vmap((k: Tensor) => random.uniform(k, [3], f64))(keys);
    for (const [b, k] of random.split(key, 5).entries()) {
      expect(close(example(own, b), random.uniform(k, [3], f64))).toBe(0);
    }
  });

  test('of relu networks keeps integers and trees', () => {
    const out = vmap((x: Tensor) => ({ y: relu(x), positive: [argmax(x)] }))(xs);
    expect(out.positive[0]!.dtype).toBe('int32');
    expect(flattenTree(out).leaves.map(({ shape }) => shape)).toEqual([[5, 3], [5]]);
  });

  test('refuses what it cannot mean', () => {
    const f = (x: Tensor): Tensor => x;
    const message = (body: () => unknown): string => thrown(body).message;
    expect(message(() => vmap(f)(tensor(1)))).toContain('vmap: axis 0 is out of range');
    expect(message(() => vmap(f, { inAxes: null })(xs))).toContain(
      'vmap: no argument has an axis of examples',
    );
    expect(message(() => vmap(f, { inAxes: [0, 0] })(xs))).toContain(
      'vmap: inAxes has 2 entries for 1 arguments',
    );
    expect(message(() => vmap((a: Tensor, b: Tensor) => add(a, b))(xs, w1))).toContain(
      'vmap: arguments have different numbers of examples: 5, 4',
    );
    expect(message(() => vmap((x: Tensor) => tensor(x.item()))(xs))).toContain('has 3 elements');
    expect(message(() => vmap((x: Tensor) => tensor(sum(x).item()))(xs))).toContain(
      'an example under vmap',
    );
    const count = new Cell(tensor(0), { name: 'count' });
    expect(
      message(() =>
        vmap((x: Tensor) => {
          count.write(1);
          return x;
        })(xs),
      ),
    ).toContain('vmap: the function wrote to a cell "count"');
  });
});

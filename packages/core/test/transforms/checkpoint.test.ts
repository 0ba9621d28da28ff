import { describe, expect, test } from '@jest/globals';
import {
  Cell,
  checkpoint,
  grad,
  hvp,
  jvp,
  matmul,
  mul,
  noGrad,
  parameter,
  random,
  sin,
  square,
  sum,
  type Tensor,
  tanh,
  tensor,
} from '@tikhonov/core';

const f64 = { dtype: 'float64' } as const;
const x = tensor([0.3, -1.2, 0.7], f64);
const text = (t: Tensor): string => JSON.stringify(t);

const f = (at: Tensor, scale: Tensor): Tensor => sum(tanh(mul(sin(at), scale)).mul(at));
const g = checkpoint(f);

describe('checkpoint', () => {
  test('gives the same value, gradient, and higher derivatives to the last bit', () => {
    const scale = tensor(1.7, f64);
    expect(text(g(x, scale))).toBe(text(f(x, scale)));
    for (const wrap of [
      (h: typeof f) => grad((at: Tensor) => h(at, scale))(x),
      (h: typeof f) => grad((s: Tensor) => h(x, s))(scale),
      (h: typeof f) => grad((at: Tensor) => sum(square(grad((u: Tensor) => h(u, scale))(at))))(x),
      (h: typeof f) => hvp((at: Tensor) => h(at, scale), [x], [x])[0]!,
      (h: typeof f) => jvp((at: Tensor) => h(at, scale), [x], [x])[1],
    ]) {
      expect(text(wrap(g))).toBe(text(wrap(f)));
    }
  });

  test('calls the function again for the derivative, and only then', () => {
    let calls = 0;
    const counted = checkpoint((at: Tensor) => {
      calls += 1;
      return sum(square(at));
    });
    counted(x);
    expect(calls).toBe(1);
    noGrad(() => counted(parameter(x).read()));
    expect(calls).toBe(2);
    grad(counted)(x);
    expect(calls).toBe(4);
  });

  test('once for all of its inputs', () => {
    let calls = 0;
    const product = checkpoint((a: Tensor, b: Tensor) => {
      calls += 1;
      return sum(mul(a, b));
    });
    grad(({ a, b }: { a: Tensor; b: Tensor }) => product(a, b))({ a: x, b: x });
    expect(calls).toBe(2);
  });

  test('reaches parameters that the function closes over', () => {
    const w = parameter(
      tensor(
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        f64,
      ),
    );
    const layer = (at: Tensor): Tensor => sum(tanh(matmul(w, at)));
    checkpoint(layer)(x).backward();
    const through = w.grad;
    w.zeroGrad();
    layer(x).backward();
    expect(text(through!)).toBe(text(w.grad!));
  });

  test('shows the second call the state of the first, and writes nothing again', () => {
    const count = new Cell(tensor(2, f64), { name: 'count' });
    const seen: number[] = [];
    const step = checkpoint((at: Tensor) => {
      seen.push(count.read().item());
      const y = sum(mul(at, count));
      count.write(count.read().add(1));
      return y.mul(count.read());
    });
    const gradient = grad((at: Tensor) => {
      const y = step(at);
      count.write(tensor(50, f64));
      return y;
    })(x);
    expect(seen).toEqual([2, 2]);
    expect(gradient.toArray()).toEqual([6, 6, 6]);
    expect(count.read().item()).toBe(50);
  });

  test('draws the same mask again', () => {
    const key = random.key(3);
    const dropped = (at: Tensor): Tensor =>
      sum(square(mul(at, random.bernoulli(key, [3], 0.5).astype('float64'))));
    expect(text(grad(checkpoint(dropped))(x))).toBe(text(grad(dropped)(x)));
  });

  test('returns trees, integers and arguments as they are', () => {
    const both = checkpoint((at: Tensor) => ({
      same: at,
      whole: at.astype('int32'),
      y: at.mul(2),
    }));
    const slope = grad((at: Tensor) => {
      const { same, whole, y } = both(at);
      expect(whole.dtype).toBe('int32');
      return sum(same.mul(3).add(y));
    })(x);
    expect(slope.toArray()).toEqual([5, 5, 5]);
  });

  test('nests', () => {
    const inner = checkpoint((at: Tensor) => tanh(at));
    const outer = checkpoint((at: Tensor) => sum(inner(inner(at))));
    expect(text(grad(outer)(x))).toBe(text(grad((at: Tensor) => sum(tanh(tanh(at))))(x)));
  });

  test('a derivative taken inside it sees through it', () => {
    const penalty = (at: Tensor): Tensor =>
      sum(square(grad((u: Tensor) => sum(sin(u).mul(u)))(at)));
    expect(text(grad(checkpoint(penalty))(x))).toBe(text(grad(penalty)(x)));
    const w = parameter(x);
    const inner = (): Tensor => sum(square(grad((u: typeof w) => sum(mul(sin(u), w)))(w)));
    const plain = grad((p: typeof w) => (p === w ? inner() : inner()))(w);
    expect(text(grad((p: typeof w) => (p === w ? checkpoint(inner)() : inner()))(w))).toBe(
      text(plain),
    );
  });
});

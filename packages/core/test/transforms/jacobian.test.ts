import { describe, expect, test } from '@jest/globals';
import {
  concat,
  exp,
  grad,
  hessian,
  hvp,
  jacobian,
  matmul,
  mul,
  parameter,
  square,
  sum,
  type Tensor,
  tanh,
  tensor,
  transpose,
} from '@tikhonov/core';
import { thrown } from '../support.ts';

const f64 = { dtype: 'float64' } as const;
const x = tensor([0.3, -1.2, 0.7], f64);
const w = tensor(
  [
    [1, 2, 3],
    [-1, 0.5, 2],
  ],
  f64,
);

const flat = (t: Tensor): number[] => Array.from(t.data());

describe('jacobian', () => {
  test('of a linear map is its matrix, in both modes', () => {
    for (const mode of ['reverse', 'forward'] as const) {
      const j = jacobian((at: Tensor) => matmul(w, at), { mode })(x);
      expect(j.toArray()).toEqual(w.toArray());
    }
  });

  test('both modes agree on trees, scalars and matrices', () => {
    const f = ({ a, b }: { a: Tensor; b: Tensor }): { p: Tensor; q: Tensor[] } => ({
      p: matmul(tanh(a), b),
      q: [sum(mul(b, b)), transpose(a)],
    });
    const at = { a: w, b: x };
    const reverse = jacobian(f, { mode: 'reverse' })(at);
    const forward = jacobian(f, { mode: 'forward' })(at);
    expect(reverse.p.a.shape).toEqual([2, 2, 3]);
    expect(reverse.q[0]!.b.shape).toEqual([3]);
    expect(reverse.q[1]!.a.shape).toEqual([3, 2, 2, 3]);
    expect(JSON.stringify(reverse)).toBe(JSON.stringify(forward));
    const steep = flat(tanh(w)).map((t, at) => (1 - t * t) * x.data()[at % 3]!);
    const j = reverse.p.a.data();
    for (let i = 0; i < 2; i++) {
      for (let k = 0; k < 3; k++) {
        expect(j[i * 6 + i * 3 + k]).toBeCloseTo(steep[i * 3 + k]!, 14);
        expect(j[i * 6 + (1 - i) * 3 + k]).toBe(0);
      }
    }
  });

  test('picks the mode with fewer passes, and both give exact zeros for empty sides', () => {
    expect(jacobian((at: Tensor) => concat([at, at]))(x).shape).toEqual([6, 3]);
    expect(jacobian((at: Tensor) => at.mul(2))(tensor([], f64)).shape).toEqual([0, 0]);
  });

  test('takes parameters and further arguments, and can be differentiated', () => {
    const p = parameter(tensor([1, 2], f64));
    const j = jacobian((cell: typeof p, by: Tensor) => mul(square(cell), by))(p, tensor(3, f64));
    expect(j.toArray()).toEqual([
      [6, 0],
      [0, 12],
    ]);
    const trace = grad((at: Tensor) => sum(jacobian((u: Tensor) => exp(u))(at)))(x);
    expect(flat(trace)).toEqual(flat(exp(x)));
  });

  test('refuses integer outputs and unknown modes', () => {
    expect(thrown(() => jacobian((at: Tensor) => at.astype('int32'))(x)).message).toContain(
      'jacobian: the function must return floating values, got int32',
    );
    // @ts-expect-error an unknown mode
    expect(thrown(() => jacobian((at: Tensor) => at, { mode: 'both' })).message).toContain(
      "jacobian: mode must be 'reverse' or 'forward', got both",
    );
  });
});

describe('hessian', () => {
  const f = (at: Tensor): Tensor => sum(tanh(matmul(w, at)).mul(exp(at).sum()));

  test('is symmetric, and its products are those of hvp', () => {
    const h = hessian(f)(x);
    const entries = flat(h);
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        expect(Math.abs(entries[i * 3 + j]! - entries[j * 3 + i]!)).toBeLessThan(1e-13);
      }
      const unit = tensor(
        [0, 1, 2].map((k) => (k === i ? 1 : 0)),
        f64,
      );
      const [column] = hvp(f, [x], [unit]);
      for (const [k, value] of flat(column!).entries()) {
        expect(Math.abs(value - entries[i * 3 + k]!)).toBeLessThan(1e-13);
      }
    }
  });

  test('of a tree is a tree of trees', () => {
    const h = hessian(({ a, b }: { a: Tensor; b: Tensor }) => sum(mul(square(a), b)))({
      a: tensor([1, 2], f64),
      b: tensor([3, 4], f64),
    });
    expect(h.a.a.toArray()).toEqual([
      [6, 0],
      [0, 8],
    ]);
    expect(h.a.b.toArray()).toEqual([
      [2, 0],
      [0, 4],
    ]);
    expect(h.b.a.toArray()).toEqual(h.a.b.toArray());
    expect(h.b.b.toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test('of a vector-valued function is refused', () => {
    expect(thrown(() => hessian((at: Tensor) => at.mul(2))(x)).message).toContain(
      'must return a scalar',
    );
  });
});

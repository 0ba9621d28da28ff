import { describe, expect, test } from '@jest/globals';
import {
  add,
  astype,
  Cell,
  grad,
  jvp,
  mul,
  noGrad,
  parameter,
  square,
  stopGradient,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  valueAndGradWithAux,
  vjp,
} from '@tikhonov/core';
import { double, thrown } from '../support.ts';

describe('backward', () => {
  test('adds to the gradient of every parameter, and zeroGrad clears it', () => {
    const w = parameter(tensor([3, -4]));
    expect(w.grad).toBeNull();
    sum(square(w)).backward();
    sum(square(w)).backward();
    expect(w.grad?.toArray()).toEqual([12, -16]);
    w.zeroGrad();
    expect(w.grad).toBeNull();
    sum(w.read()).backward();
    expect(w.grad?.toArray()).toEqual([1, 1]);
  });

  test('a gradient read before the next backward() keeps its values', () => {
    const w = parameter(tensor([1]));
    sum(square(w)).backward();
    const before = w.grad;
    sum(square(w)).backward();
    expect([before?.toArray(), w.grad?.toArray()]).toEqual([[2], [4]]);
  });

  test('takes a cotangent for a tensor that is not a scalar', () => {
    const w = parameter(tensor([1, 2]));
    mul(w, 3).backward(tensor([1, 10]));
    expect(w.grad?.toArray()).toEqual([3, 30]);
  });

  test('leaves gradients that carry no history', () => {
    const w = parameter(tensor([1, 2]));
    sum(square(w)).backward();
    expect(w.grad?.requiresGrad).toBe(false);
  });

  test('a cotangent of another shape or dtype is refused', () => {
    const w = parameter(tensor([1, 2]));
    expect(thrown(() => mul(w, 3).backward(tensor([1, 2, 3]))).message).toContain('[3]');
    expect(thrown(() => mul(w, 3).backward(double([1, 2]))).message).toContain('float64');
    expect(w.grad).toBeNull();
  });
});

describe('noGrad', () => {
  test('records nothing', () => {
    const w = parameter(tensor([1]));
    expect(noGrad(() => mul(w, 2)).requiresGrad).toBe(false);
    expect(mul(w, 2).requiresGrad).toBe(true);
  });

  test('restores recording after an exception', () => {
    const w = parameter(tensor([1]));
    expect(() =>
      noGrad(() => {
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(mul(w, 2).requiresGrad).toBe(true);
  });

  test('a grad inside it still works', () => {
    expect(noGrad(() => grad((x: Tensor) => sum(square(x)))(tensor([3]))).toArray()).toEqual([6]);
  });

  test('refuses a promise', () => {
    expect(() => noGrad(async () => 1)).toThrow('must not be async');
  });
});

describe('grad', () => {
  test('returns gradients in the structure of its argument', () => {
    const gradient = grad((p: { a: Tensor; b: readonly Tensor[] }) =>
      add(sum(square(p.a)), sum(mul(p.b[0]!, p.b[1]!))),
    )({ a: tensor([1]), b: [tensor([2]), tensor([5])] });
    expect(gradient.a.toArray()).toEqual([2]);
    expect(gradient.b.map((g) => g.toArray())).toEqual([[5], [2]]);
  });

  test('rebinds cells for the call and puts them back', () => {
    const w = parameter(tensor([2]));
    const before = w.read();
    const seen: Tensor[] = [];
    const gradient = grad((p: { w: typeof w }) => {
      seen.push(p.w.read());
      return sum(square(w));
    })({ w });
    expect(gradient.w.toArray()).toEqual([4]);
    expect(w.read()).toBe(before);
    expect(seen[0]).not.toBe(before);
    expect(w.grad).toBeNull();
  });

  test('keeps what the function wrote to a cell that it differentiates', () => {
    const w = new Cell(tensor([2]));
    grad((p: { w: Cell }) => {
      const loss = sum(square(p.w));
      p.w.write(tensor([9]));
      return loss;
    })({ w });
    expect(w.read().toArray()).toEqual([9]);
  });

  test('puts cells back when the function throws', () => {
    const w = parameter(tensor([2]));
    const before = w.read();
    const fails = (): Tensor => {
      throw new Error('stop');
    };
    expect(() => grad((_: { w: typeof w }) => fails())({ w })).toThrow('stop');
    expect(w.read()).toBe(before);
  });

  test('gives zeros for what is not reached, or names it on request', () => {
    const f = (p: { used: Tensor; idle: Tensor }): Tensor => sum(p.used);
    const point = { used: tensor([1]), idle: tensor([1, 2]) };
    expect(grad(f)(point).idle.toArray()).toEqual([0, 0]);
    expect(thrown(() => grad(f, { unreached: 'error' })(point)).message).toBe(
      'grad: the value does not depend on "idle".\n' +
        "  Use it in the loss, leave it out, or pass { unreached: 'zeros' }.",
    );
  });

  test('with createGraph false, nothing outside differentiates the result', () => {
    const inner = (x: Tensor, createGraph: boolean): Tensor =>
      grad((y: Tensor) => sum(mul(square(y), y)), { createGraph })(x);
    const outer = (createGraph: boolean): Tensor =>
      grad((x: Tensor) => sum(add(inner(x, createGraph), x)))(double([2]));
    expect(outer(true).toArray()).toEqual([13]);
    expect(outer(false).toArray()).toEqual([1]);
    const w = parameter(double([2]));
    const [value, g] = valueAndGrad((p: typeof w) => sum(square(p)), { createGraph: false })(w);
    expect([value.requiresGrad, g.requiresGrad]).toEqual([false, false]);
  });

  test('stopGradient is a constant', () => {
    expect(grad((x: Tensor) => sum(mul(stopGradient(x), x)))(tensor([3])).toArray()).toEqual([3]);
  });

  test('an aux value is returned beside the value, without the call’s history', () => {
    const f = (x: Tensor): [Tensor, { doubled: Tensor; note: string }] => [
      sum(square(x)),
      { doubled: mul(x, 2), note: 'kept' },
    ];
    const [[value, aux], g] = valueAndGradWithAux(f)(tensor([3]));
    expect([value.item(), aux.note, aux.doubled.requiresGrad]).toEqual([9, 'kept', false]);
    expect([aux.doubled.toArray(), g.toArray()]).toEqual([[6], [6]]);
  });

  test('the gradient through a float32 cast is float64 again', () => {
    const g = grad((x: Tensor) => sum(astype(square(astype(x, 'float32')), 'float64')))(
      double([3]),
    );
    expect([g.dtype, g.toArray()]).toEqual(['float64', [6]]);
  });
});

describe('messages', () => {
  test.each([
    [
      () => grad((x: Tensor) => x)(tensor([1, 2])),
      'grad: the function must return a scalar, it returned shape [2].',
    ],
    [
      () => grad((x: Tensor) => sum(x))(tensor([1], { dtype: 'int32' })),
      'grad: cannot differentiate with respect to int32 values, found one with shape [1].\n  Cast it with',
    ],
    [
      () => grad((x: Tensor) => astype(sum(x), 'int32'))(tensor([1])),
      'grad: the value must be floating, it is int32.',
    ],
    [() => tensor([1, 2]).backward(), 'backward: needs a scalar, got shape [2].'],
    [() => tensor(1).backward(), 'backward: the loss does not depend on any parameter.'],
    [
      () => jvp((x: Tensor) => x, [tensor([1])], [tensor([1, 2])]),
      'jvp: tangents[0] has shape [2], its primals [1].',
    ],
    [
      () => vjp((x: Tensor) => x, [tensor([1])])[1](double([1])),
      'vjp: cotangents[0] is float64, its outputs float32.',
    ],
    [() => parameter(tensor([1], { dtype: 'int32' })), 'parameter: int32 values have no gradient.'],
  ])('%#: %s', (body, text) => {
    expect(thrown(body).message).toContain(text);
  });
});

import { describe, expect, test } from '@jest/globals';
import { assertGrads, checkGrads, gradcheck, gradgradcheck } from '@tikhonov/check';
import { exp, type Parameter, parameter, sum, type Tensor, tensor } from '@tikhonov/core';

// What compiles is half of each test: `tsc` checks this file.

interface Layer {
  readonly k: Tensor;
}
interface Weights {
  readonly w: Tensor;
  readonly layers: Layer[];
}
interface Parts {
  readonly total: Tensor;
  readonly rest: Layer;
}
const double = { dtype: 'float64' } as const;
const weights: Weights = { w: tensor([1, 2], double), layers: [{ k: tensor(3, double) }] };
const loss = (p: Weights): Tensor => sum(p.w.mul(p.w)).mul(p.layers[0]!.k);
const parts = (p: Weights): Parts => ({ total: loss(p), rest: { k: exp(p.w) } });

describe('what derivatives are checked at', () => {
  test('may be an interface: one argument of several, or the only one', () => {
    const x = tensor([0.5, 1], double);
    const both = (p: Weights, y: Tensor): Tensor => loss(p).mul(y);
    expect(checkGrads(both, [weights, x]).ok).toBe(true);
    expect(checkGrads(loss, weights).ok).toBe(true);
    expect(assertGrads(loss, [weights]).checked).toBeGreaterThan(0);
    expect(gradcheck(loss, weights)).toBe(true);
    expect(gradgradcheck(loss, [weights])).toBe(true);
  });

  test('and so may be what the function returns', () => {
    expect(checkGrads(parts, [weights]).ok).toBe(true);
    expect(gradcheck(parts, weights)).toBe(true);
  });

  test('gives parameters of functions their types', () => {
    expect(checkGrads((p, y) => loss(p).mul(y), [weights, tensor(2, double)]).ok).toBe(true);
    expect(checkGrads((p) => p.layers[0]!.k.mul(p.w), weights).ok).toBe(true);
    expect(gradcheck((a, [b]) => a.mul(b!), [tensor(1, double), [tensor(2, double)]])).toBe(true);
    expect(gradgradcheck((p) => exp(p.w), { w: tensor(1, double) })).toBe(true);
  });

  test('may be unknown to a function that reads its cells itself', () => {
    const named: Record<string, Parameter> = { w: parameter(tensor([1, 2], double)) };
    const read = (): Tensor => exp(named.w!.read());
    expect(checkGrads(read, [named]).ok).toBe(true);
    expect(checkGrads(read, named).ok).toBe(true);
    expect(gradcheck(read, [named])).toBe(true);
  });

  test('is no number, and fits the function', () => {
    // @ts-expect-error a number is no tree of tensors
    expect(() => checkGrads((x) => tensor(x), [3])).toThrow('found number at "0"');
    // @ts-expect-error nor is a record of them
    expect(() => gradcheck((x) => tensor(x.a), { a: 3 })).toThrow('found number at "a"');
    // @ts-expect-error the function takes a tensor, the interface is none
    expect(() => checkGrads((x: Tensor) => x.mul(2), [weights])).toThrow('x.mul is not a function');
    // @ts-expect-error it returns a number
    expect(() => checkGrads((x) => x.size, [tensor(1, double)])).toThrow('found number');
  });
});

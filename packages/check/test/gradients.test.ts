import { describe, expect, test } from '@jest/globals';
import { assertGrads, checkGrads, describeReport } from '@tikhonov/check';
import {
  DTypeError,
  exp,
  gather,
  log,
  matmul,
  mul,
  parameter,
  random,
  sum,
  type Tensor,
  tanh,
  tensor,
} from '@tikhonov/core';
import { bind, definePrimitive, type Primitive } from '@tikhonov/core/engine';

const double = (values: Parameters<typeof tensor>[0]): Tensor =>
  tensor(values, { dtype: 'float64' });

/** The square, with a derivative that is off by a factor. */
const wrongSquare = (factor: number): ((x: Tensor) => Tensor) => {
  const primitive: Primitive<1, null> = definePrimitive({
    name: 'wrongSquare',
    infer: ([x]) => x,
    forward: ([x]) => mul(tensor(x.data, { shape: [x.data.length] }), tensor(x.data)).view,
    vjp: [
      (_ans, [x]) =>
        (g) =>
          mul(mul(g, x), 2 * factor),
    ],
  });
  return (x) => bind(primitive, [x], null);
};

describe('checkGrads', () => {
  test('accepts right derivatives of both orders in both modes', () => {
    const report = checkGrads(
      (a, b) => sum(tanh(matmul(a, b))),
      [double([[1, 2]]), double([[0.3], [-0.1]])],
    );
    expect([report.ok, report.problem]).toEqual([true, null]);
    // Order 1: 4 coordinates; order 2: 5 inputs to 4 gradients; each in two modes.
    expect(report.checked).toBe(2 * 4 + 2 * 5 * 4);
  });

  test('finds a derivative that is wrong by 2 %, and says where', () => {
    const x = double([1, 2, 3]);
    const report = checkGrads((p: { x: Tensor }) => ({ y: wrongSquare(1.02)(p.x) }), [{ x }], {
      order: 1,
    });
    expect(report.ok).toBe(false);
    expect(report.worst).toMatchObject({
      input: 'args[0].x',
      output: 'value.y',
      coordinate: { input: [2], output: [2] },
      order: 1,
    });
    expect(report.worst!.analytic).toBeCloseTo(6.12, 12);
    expect(report.worst!.numeric).toBeCloseTo(6, 6);
    expect(report.worst!.error).toBeCloseTo(0.12, 6);
    expect(report.worst!.tolerance).toBeCloseTo(1e-5 + 6e-3, 6);
    expect(describeReport(report)).toContain(
      'Worst: d value.y[2] / d args[0].x[2], order 1, reverse mode:',
    );
    expect(() => assertGrads(wrongSquare(1.02), [x])).toThrow('analytic 6.12');
  });

  test('lets a derivative within atol + rtol |numeric| pass', () => {
    expect(checkGrads(wrongSquare(1.0005), [double([1])], { order: 1 }).ok).toBe(true);
    expect(checkGrads(wrongSquare(1.0005), [double([1])], { order: 1, rtol: 1e-4 }).ok).toBe(false);
  });

  test('finds a wrong second derivative behind a right first one', () => {
    const opaque = definePrimitive<1>({
      name: 'opaque',
      infer: ([x]) => x,
      forward: ([x]) => exp(tensor(x.data)).view,
      vjp: [
        (ans) => {
          const constant = ans.detach();
          return (g) => mul(g, constant);
        },
      ],
    });
    const f = (x: Tensor): Tensor => bind(opaque, [x], null);
    expect(checkGrads(f, [double([0.5])], { order: 1 }).ok).toBe(true);
    const report = checkGrads(f, [double([0.5])]);
    expect(report.worst).toMatchObject({
      order: 2,
      input: 'args[0]',
      output: 'gradient of args[0]',
      analytic: 0,
    });
  });

  test('reports a function that is not deterministic as such', () => {
    const generator = new random.Generator(0);
    const noisy = (x: Tensor): Tensor =>
      mul(x, random.uniform(generator.next(), [1], { dtype: 'float64' }));
    const report = checkGrads(noisy, [double([1])]);
    expect([report.ok, report.worst]).toEqual([false, null]);
    expect(describeReport(report)).toContain(
      'the function is not deterministic: value differs between two calls',
    );
  });

  test('reports values that are not finite as such', () => {
    expect(checkGrads(log, [double([1, -1])]).problem).toBe(
      'value at [1] is NaN, which cannot be differenced.',
    );
    expect(checkGrads(log, [double(0)]).problem).toContain('is -Infinity');
  });

  test('a derivative that is not finite is infinitely wrong', () => {
    const report = checkGrads(wrongSquare(Number.NaN), [double([1])], { order: 1 });
    expect([report.ok, report.worst!.analytic]).toEqual([false, NaN]);
  });

  test('passes integer arguments through', () => {
    const index = tensor([1, 1, 0], { dtype: 'int32' });
    expect(assertGrads((x, i) => gather(x, i), [double([1, 2]), index]).checked).toBe(
      2 * 6 + 2 * 5 * 2,
    );
  });

  test('moves cells and parameters, and puts their values back', () => {
    const w = parameter(double([1, 2]), { name: 'w' });
    const report = assertGrads((x) => sum(mul(exp(w), x)), [double([0.5, 1])]);
    expect(report.checked).toBe(2 * 2 + 2 * 3 * 2);
    const both = assertGrads((x, p) => sum(mul(exp(p), x)), [double([0.5, 1]), w]);
    expect(both.checked).toBe(2 * 4 + 2 * 5 * 4);
    expect([w.read().toArray(), w.grad]).toEqual([[1, 2], null]);
  });

  test('refuses float32 and bad options', () => {
    expect(() => checkGrads(exp, [tensor([1])])).toThrow(DTypeError);
    expect(() => checkGrads(exp, [tensor([1])])).toThrow(
      'args[0] is float32; finite differences need float64',
    );
    expect(() => checkGrads((x) => x.astype('float32'), [double([1])])).toThrow(
      'the function returned float32',
    );
    expect(() => checkGrads(exp, [double([1])], { eps: 0 })).toThrow(
      'checkGrads: eps must be positive, got 0.',
    );
    expect(() => checkGrads(exp, [double([1])], { atol: -1 })).toThrow('tolerances must be >= 0');
    expect(() => checkGrads(exp, [double([1])], { modes: [] })).toThrow('modes must name');
    expect(() => Reflect.apply(checkGrads, null, [exp, [double([1])], { order: 4 }])).toThrow(
      'order must be 1, 2 or 3, got 4',
    );
  });

  test('a function without a floating result is a problem', () => {
    const report = checkGrads((x) => x.astype('int32'), [double([1])]);
    expect([report.ok, report.problem]).toEqual([
      false,
      'the function returned no floating tensor.',
    ]);
  });
});

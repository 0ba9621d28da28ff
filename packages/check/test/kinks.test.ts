import { describe, expect, test } from '@jest/globals';
import { checkGrads, describeReport } from '@tikhonov/check';
import {
  abs,
  astype,
  exp,
  max,
  maximum,
  mul,
  relu,
  sin,
  sum,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import { bind, definePrimitive, type Primitive } from '@tikhonov/core/engine';

const double = (values: Parameters<typeof tensor>[0]): Tensor =>
  tensor(values, { dtype: 'float64' });

/** An elementwise function with a derivative of its own. */
function withSlope(value: (x: number) => number, slope: (x: Tensor) => Tensor) {
  const primitive: Primitive<1, null> = definePrimitive({
    name: 'withSlope',
    infer: ([x]) => x,
    forward: ([x]) =>
      tensor(Float64Array.from(x.data.slice(x.offset), value), { shape: x.shape }).view,
    vjp: [
      (_ans, [x]) =>
        (g) =>
          mul(g, slope(x)),
    ],
  });
  return (x: Tensor): Tensor => bind(primitive, [x], null);
}

const first = { order: 1, modes: ['reverse'] } as const;

describe('a coordinate at a kink', () => {
  test.each<[string, (x: Tensor) => Tensor, Tensor, number]>([
    ['relu at 0', relu, double([0, 1, -1]), 1],
    ['|x| at 0, whose central difference happens to agree', abs, double([0, 1, -1]), 1],
    ['max at a tie', (x) => max(x), double([2, 2, 1, 0]), 2],
    ['maximum at a tie', (x) => maximum(x, double([1, 0, 0])), double([1, 2, 3]), 1],
    ['relu a third of a step off 0', relu, double([1e-6 / 3, 1, 2]), 1],
    ['relu two fifths of a step off 0', relu, double([4e-7, 1, 2]), 1],
    ['relu most of a step below 0', relu, double([-9e-7, 1, 2]), 1],
  ])('is skipped and counted: %s', (_what, f, x, skipped) => {
    const report = checkGrads(f, [x], first);
    expect([report.problem, report.ok, report.skipped]).toEqual([null, true, skipped]);
    expect(report.checked + report.skipped).toBe(x.size * f(x).size);
    expect(describeReport(report)).toContain(`${skipped} skipped at kinks`);
  });

  test('is not skipped if asked to fail', () => {
    const report = checkGrads(relu, [double([0, 1, -1])], { ...first, kinks: 'fail' });
    expect([report.ok, report.skipped, report.worst!.numeric]).toEqual([false, 0, 0.5]);
  });

  test('is skipped at order 2, where the pullback jumps', () => {
    const report = checkGrads((x) => sum(mul(relu(x), x)), [double([0, 1, -1, 2])]);
    expect([report.ok, report.problem]).toEqual([true, null]);
    const jumping = checkGrads((x) => sum(abs(x)), [double([0, 1, -1, 2])]);
    expect([jumping.ok, jumping.problem]).toEqual([true, null]);
    expect(jumping.skipped).toBeGreaterThan(0);
  });

  test('fails if the derivative is none that a convention could choose', () => {
    const wrong = withSlope(Math.abs, (x) => mul(x, 0).add(1.5));
    const report = checkGrads(wrong, [double([0])], { ...first, maxSkipped: 1 });
    expect([report.ok, report.skipped, report.worst!.analytic]).toEqual([false, 0, 1.5]);
    const right = withSlope(Math.abs, (x) => mul(x, 0).add(0.5));
    expect(checkGrads(right, [double([0])], { ...first, maxSkipped: 1 }).ok).toBe(true);
  });
});

describe('skipping cannot make a wrong function pass', () => {
  test('a wrong gradient at a smooth point is never skipped', () => {
    const functions: readonly [string, (x: number) => number, (x: Tensor) => Tensor][] = [
      ['curved by 1e6', (x) => 5e5 * x * x, (x) => mul(x, 1e6)],
      [
        'of period 1e-3',
        (x) => Math.sin(6000 * x),
        (x) => mul(sin(mul(x, 6000).add(Math.PI / 2)), 6000),
      ],
      ['large, so that rounding shows', (x) => 1e6 + x, (x) => mul(x, 0).add(1)],
      ['steep', (x) => Math.exp(12 * x), (x) => mul(exp(mul(x, 12)), 12)],
    ];
    for (const [, value, slope] of functions) {
      const x = double([0.3, -0.7, 0, 1e-7, 0.9]);
      const right = checkGrads(withSlope(value, slope), [x], { ...first, atol: 1e-3 });
      expect([right.ok, right.skipped]).toEqual([true, 0]);
      for (const factor of [-1, 0, 0.99, 1.01, 2]) {
        const wrong = withSlope(value, (at) => mul(slope(at), factor).add(factor === 0 ? 3 : 0));
        const report = checkGrads(wrong, [x], { ...first, atol: 1e-3 });
        expect([report.ok, report.skipped]).toEqual([false, 0]);
      }
    }
  });

  test('a function that is a staircase has too many kinks', () => {
    const rounded = (x: Tensor): Tensor => mul(astype(astype(x, 'float32'), 'float64'), x);
    const report = checkGrads(rounded, [double([0.3, 0.7, 1.1])], first);
    expect(report.ok).toBe(false);
  });

  test('too many skipped coordinates of one input are a problem, however many others there are', () => {
    const f = (x: Tensor, y: Tensor): Tensor => sum(relu(x)).add(sum(relu(y)));
    const report = checkGrads(f, [double([1, 2, 3, 4, 5, 6]), double([0, 0, 1])], first);
    expect([report.ok, report.skipped]).toEqual([false, 2]);
    expect(report.problem).toBe(
      '2 of 3 coordinates of args[1] lie at kinks, more than maxSkipped = 0.5 of them, so too little was compared.\n' +
        '  Move the point away from the kinks; values that are rounded or cast have kinks everywhere.',
    );
    expect(checkGrads(f, [double([1]), double([0, 1])], first).ok).toBe(true);
    expect(
      checkGrads(f, [double([1]), double([0, 1])], { ...first, maxSkipped: 0.25 }).problem,
    ).toContain('1 of 2 coordinates of args[1]');
  });
});

import { describe, expect, test } from '@jest/globals';
import { type FunctionName, functions } from '../../src/math/index.ts';
import { approximate, exact, exactly } from './exact.ts';
import { compiled, Draw, laneTypes, names, points, ulpOf } from './harness.ts';
import { arity } from './points.ts';

/** Ranges where the exact functions work, and where the compiled ones have their largest errors. */
const ranges: Record<FunctionName, readonly (readonly [number, number])[]> = {
  exp: [
    [-1, 1],
    [-80, 80],
  ],
  portableExp: [
    [-1, 1],
    [-80, 80],
  ],
  expm1: [
    [-1, 1],
    [-1e-3, 1e-3],
    [-20, 80],
  ],
  sigmoid: [
    [-3, 3],
    [-80, 30],
  ],
  softplus: [
    [-3, 3],
    [-80, 30],
  ],
  log: [
    [0.6, 1.5],
    [1e-30, 1e30],
  ],
  portableLog: [
    [0.6, 1.5],
    [1e-30, 1e30],
  ],
  log1p: [
    [-0.5, 1],
    [-1e-3, 1e-3],
    [0, 1e30],
  ],
  log2: [
    [0.6, 1.5],
    [1e-30, 1e30],
  ],
  log10: [
    [0.6, 1.5],
    [1e-30, 1e30],
  ],
  tanh: [
    [-1, 1],
    [-9, 9],
    [-1e-3, 1e-3],
  ],
  sinh: [
    [-2, 2],
    [-80, 80],
    [-1e-3, 1e-3],
  ],
  cosh: [
    [-2, 2],
    [-80, 80],
  ],
  asinh: [
    [-2, 2],
    [-1e-3, 1e-3],
    [-1e30, 1e30],
  ],
  acosh: [
    [1, 1.1],
    [1, 3],
    [1, 1e30],
  ],
  atanh: [
    [-0.5, 0.5],
    [-1, 1],
    [-1e-3, 1e-3],
  ],
  sin: [
    [-4, 4],
    [-1e5, 1e5],
    [-1e38, 1e38],
  ],
  cos: [
    [-4, 4],
    [-1e5, 1e5],
    [-1e38, 1e38],
  ],
  asin: [
    [-0.6, 0.6],
    [-1, 1],
  ],
  acos: [
    [-0.6, 0.6],
    [-1, 1],
  ],
  atan: [
    [-2, 2],
    [-1e-3, 1e-3],
    [-1e10, 1e10],
  ],
  atan2: [[-2, 2]],
  erf: [
    [-1.2, 1.2],
    [-5, 5],
    [-1e-3, 1e-3],
  ],
  erfc: [
    [-1, 2],
    [1, 8],
  ],
  pow: [
    [0.5, 2],
    [1e-10, 1e10],
  ],
};

/** The largest error in ulps, of points drawn from the function's ranges. */
function worstOf(name: FunctionName, type: 'f32x4' | 'f64x2', count: number): number {
  const draw = new Draw(count);
  const n = count * ranges[name].length;
  const allocated = (): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> =>
    type === 'f32x4' ? new Float32Array(n) : new Float64Array(n);
  const [x, y] = [allocated(), allocated()];
  for (let k = 0; k < n; k++) {
    const [low, high] = ranges[name][k % ranges[name].length]!;
    x[k] = draw.between(low, high);
    y[k] = name === 'pow' ? draw.between(-80, 80) / Math.log(x[k]!) : draw.between(-2, 2);
  }
  const got = compiled(name, type, arity(name) === 1 ? [x] : [x, y]);
  let worst = 0;
  for (let k = 0; k < n; k++) {
    const want = exactly[name](exact(x[k]!), exact(y[k]!));
    const error = Math.abs(approximate(exact(got[k]!) - want)) / ulpOf(approximate(want), type);
    worst = Math.max(worst, error);
  }
  return worst;
}

describe.each(laneTypes)('against exact values in %s', (type) => {
  const count = Math.ceil(points / (type === 'f32x4' ? 300 : 100));

  test.each(names)('%s is within its ulps', (name) => {
    const worst = worstOf(name, type, count);
    expect(worst).toBeLessThanOrEqual(functions[name].ulps[type]);
    // It is no better than any float can be, so the comparison is one.
    expect(worst).toBeGreaterThan(0.2);
  });
});

describe('angles', () => {
  test.each(['sin', 'cos'] as const)('%s is right next to multiples of pi / 2', (name) => {
    // The float64 numbers from 1 to 100,000 that are nearest to multiples, and large ones that are.
    const near = Array.from({ length: 400 }, (_, k) => (k * k + 1) * (Math.PI / 2));
    const x = Float64Array.of(...near, 6381956970095103 * 2 ** 160, 45, 411557987, 1.6e6, 1e38);
    const got = compiled(name, 'f64x2', [x]);
    x.forEach((at, k) => {
      const want = exactly[name](exact(at), 0n);
      const error =
        Math.abs(approximate(exact(got[k]!) - want)) / ulpOf(approximate(want), 'f64x2');
      expect({ at, error: error <= functions[name].ulps.f64x2 ? 0 : error }).toEqual({
        at,
        error: 0,
      });
    });
  });

  test('are right where they are nearest of all to a multiple of pi / 2', () => {
    // No other float64 is as near to one: cos(x) = -4.687165924254628e-19.
    const x = Float64Array.of(6381956970095103 * 2 ** 797);
    expect(compiled('cos', 'f64x2', [x])).toEqual(Float64Array.of(-4.687165924254628e-19));
  });
});

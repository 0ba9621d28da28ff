import { describe, expect, test } from '@jest/globals';
import { type FloatLanes, type FunctionName, functions } from '../../src/math/index.ts';
import { compiled, eagerDouble, type Floats, laneTypes, names, points, ulpOf } from './harness.ts';
import { randomArguments, specialArguments } from './points.ts';

const { abs, fround } = Math;

/**
 * The eager kernels' own errors in float64, in ulps: `Math` is within 1 (but log10), and what is computed
 * from it adds its roundings; the error functions state theirs, the fixed-order ones have the same bits.
 */
const eagerErrors: Partial<Record<FunctionName, number>> = {
  log10: 2,
  sigmoid: 2,
  softplus: 2,
  sinh: 2,
  cosh: 2,
  asinh: 3,
  acosh: 3,
  atanh: 2,
  tanh: 2,
  erf: 4,
  erfc: 5,
};

/** The first few disagreements beyond the stated ulps, in words. */
function disagreements(name: FunctionName, type: FloatLanes, args: readonly Floats[]): string[] {
  const got = compiled(name, type, args);
  const want = eagerDouble(name, args);
  const single = type === 'f32x4';
  const own = single ? 0.01 : (eagerErrors[name] ?? 1);
  const bound = functions[name].ulps[type] + own;
  const least = single ? 2 ** -149 : 2 ** -1074;
  const found: string[] = [];
  for (let k = 0; k < got.length && found.length < 5; k++) {
    const [g, w] = [got[k]!, want[k]!];
    const rounded = single ? fround(w) : w;
    if (Object.is(g, rounded)) continue;
    // Where one is zero or infinite the other is next to it, with the same sign.
    const next =
      Object.is(g < 0 || Object.is(g, -0), rounded < 0 || Object.is(rounded, -0)) &&
      (abs(rounded) < 2 * bound * least || (abs(rounded) === Infinity && !Number.isNaN(g)));
    const limit = single ? 3.4028234663852886e38 : Number.MAX_VALUE;
    const close =
      abs(rounded) === Infinity || abs(g) === Infinity
        ? next && abs(g) >= limit && abs(rounded) >= limit
        : g === 0 || rounded === 0
          ? next && abs(g - rounded) <= bound * least
          : abs(g - w) <= bound * ulpOf(w, type);
    if (!close) {
      const at = args.map((x) => x[k]).join(', ');
      found.push(`${name}(${at}) = ${g}, not ${rounded}: ${abs(g - w) / ulpOf(w, type)} ulp`);
    }
  }
  return found;
}

describe.each(laneTypes)('functions of %s', (type) => {
  test.each(names)('%s at special values is as the eager kernel', (name) => {
    expect(disagreements(name, type, specialArguments(name, type))).toEqual([]);
  });

  test.each(names)('%s is within its ulps of the eager kernel', (name) => {
    expect(disagreements(name, type, randomArguments(name, type, points))).toEqual([]);
  });
});

describe('exact values', () => {
  const at = (name: FunctionName, type: FloatLanes, x: readonly number[]): number[] => [
    ...compiled(name, type, [type === 'f32x4' ? Float32Array.from(x) : Float64Array.from(x)]),
  ];

  test.each(laneTypes)('log2 of powers of 2 in %s', (type) => {
    const exponents = Array.from({ length: 275 }, (_, k) => k - 148);
    expect(
      at(
        'log2',
        type,
        exponents.map((k) => 2 ** k),
      ),
    ).toEqual(exponents);
  });

  test.each(laneTypes)('log10 of powers of 10 in %s', (type) => {
    const exponents = Array.from({ length: type === 'f32x4' ? 39 : 309 }, (_, k) => k);
    const powers = exponents.map((k) => Number(`1e${k}`));
    expect(at('log10', type, powers)).toEqual(exponents);
  });

  test.each(laneTypes)('tanh, sigmoid and erf stay within 1 in %s', (type) => {
    const x = Array.from({ length: 4001 }, (_, k) => k / 100);
    for (const name of ['tanh', 'sigmoid', 'erf'] as const) {
      expect(Math.max(...at(name, type, x))).toBe(1);
    }
  });

  test('pow with a small whole exponent is a product', () => {
    const x = Float64Array.from({ length: 500 }, (_, k) => k - 250);
    const two = x.map(() => 2);
    expect(compiled('pow', 'f64x2', [x, two])).toEqual(x.map((v) => v * v));
  });
});

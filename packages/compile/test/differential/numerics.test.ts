import { expect, test } from '@jest/globals';
import { numericsOf } from '@tikhonov/check';
import { functions } from '../../src/math/functions.ts';

test('what random programs allow a function to err covers what compiled ones promise', () => {
  for (const [name, { ulps }] of Object.entries(functions)) {
    const numerics = numericsOf(name);
    if (numerics.kind === 'rounded') {
      // Fixed-order polynomials, the same as the eager ones.
      expect(name).toMatch(/^portable/);
      continue;
    }
    if (numerics.kind !== 'function') throw new Error(`${name} is not a function`);
    // The eager kernel errs too, by up to about a unit.
    expect(numerics.ulps).toBeGreaterThanOrEqual(Math.max(ulps.f32x4, ulps.f64x2) + 1);
  }
});

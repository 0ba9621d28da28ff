import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cosTurns, sinTurns } from '../../src/synthetic/turns.ts';

test('sine and cosine of turns agree with those of radians, to the rounding of the radians', () => {
  fc.assert(
    fc.property(fc.double({ min: -64, max: 64, noNaN: true }), (u) => {
      const angle = 2 * Math.PI * u;
      const slack = Math.abs(angle) * 2 ** -52 + 4e-16;
      expect(Math.abs(cosTurns(u) - Math.cos(angle))).toBeLessThan(slack);
      expect(Math.abs(sinTurns(u) - Math.sin(angle))).toBeLessThan(slack);
    }),
    { seed: 3, numRuns: 5000 },
  );
});

test('they lie on the unit circle to rounding, and quarter turns are exact', () => {
  for (let i = -1000; i <= 1000; i++) {
    const [c, s] = [cosTurns(i / 997), sinTurns(i / 997)];
    expect(Math.abs(c * c + s * s - 1)).toBeLessThan(1e-15);
  }
  const quarters = [0, 0.25, 0.5, 0.75, 1, 7.25];
  expect(quarters.map((u) => cosTurns(u) + 0)).toEqual([1, 0, -1, 0, 1, 0]);
  expect(quarters.map((u) => sinTurns(u) + 0)).toEqual([0, 1, 0, -1, 0, 1]);
});

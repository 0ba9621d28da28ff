import { describe, expect, test } from '@jest/globals';
import { drawn, fc } from '@tikhonov/check';
import { primitives } from '@tikhonov/core/engine';
import { randomRules } from '../../../src/lower/loops/random/index.ts';
import { expectSameOf } from './support.ts';

const registered = primitives.filter(({ name }) => randomRules.has(name));

test('the rules are those of the primitives that draw', () => {
  expect(registered.map(({ name }) => name).sort()).toEqual([
    'foldIn',
    'logGammaDraw',
    'normalFromBits',
    'poissonDraw',
    'randomBits',
    'truncatedDraw',
  ]);
});

describe.each(registered)('$name', ({ primitive, cases }) => {
  test('has the bits of the eager kernel', () => {
    fc.assert(
      fc.property(drawn(cases), ({ inputs, attrs }) => {
        expectSameOf(
          primitive,
          inputs.map(({ view }) => view),
          attrs,
        );
      }),
      { numRuns: 60, seed: 4 },
    );
  });
});

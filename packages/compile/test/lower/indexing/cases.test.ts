import { describe, expect, test } from '@jest/globals';
import { drawn, fc } from '@tikhonov/check';
import type { DType } from '@tikhonov/core';
import { DTypeError } from '@tikhonov/core';
import { primitives } from '@tikhonov/core/engine';
import { indexingRules } from '../../../src/lower/loops/indexing/index.ts';
import { expectSameOf, inDtype, numeric } from './support.ts';

const names = [...indexingRules.keys()];
const registered = primitives.filter(({ name }) => indexingRules.has(name));

test('the rules are those of primitives of the registry', () => {
  expect(registered.map(({ name }) => name).sort()).toEqual([...names].sort());
});

describe.each(registered)('$name', ({ primitive, cases }) => {
  test('does what the eager kernel does, in every dtype', () => {
    let ran = 0;
    const property = (dtype: DType): void =>
      fc.assert(
        fc.property(drawn(cases), ({ inputs, attrs }) => {
          const views = inputs.map(({ view }) =>
            view.dtype === 'float64' ? inDtype(view, dtype) : view,
          );
          try {
            if (primitive.kind === 'single') primitive.infer(views, attrs);
          } catch (error) {
            if (error instanceof DTypeError) return;
            throw error;
          }
          expectSameOf(primitive, views, attrs);
          ran += 1;
        }),
        { numRuns: 40, seed: 7 },
      );
    for (const dtype of [...numeric, 'bool'] as const) property(dtype);
    expect(ran).toBeGreaterThanOrEqual(80);
  });
});

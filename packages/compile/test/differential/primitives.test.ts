import { describe, test } from '@jest/globals';
import { agreementLaws, assertLaw } from '@tikhonov/check';
import { primitives } from '@tikhonov/core/engine';
import { compiled } from './compiled.ts';

const laws = agreementLaws(primitives, compiled);

describe('a primitive and its pullback do the same compiled, in float64 and float32', () => {
  test.each(laws.map((law) => [law.id, law] as const))(
    '%s',
    (_id, law) => {
      assertLaw(law, { runs: 25, seed: 8 });
    },
    60_000,
  );
});

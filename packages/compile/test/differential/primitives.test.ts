import { describe, test } from '@jest/globals';
import { agreementLaws, assertLaw } from '@tikhonov/check';
import { primitives } from '@tikhonov/core/engine';
import { compiled } from './compiled.ts';

const laws = agreementLaws(primitives, compiled).map((law) => [law.id, law] as const);
const isTwice = ([id]: (typeof laws)[number]): boolean => id.endsWith('-twice');

describe('a primitive and its pullback do the same compiled, in float64 and float32', () => {
  test.each(laws.filter((each) => !isTwice(each)))(
    '%s',
    (_id, law) => {
      assertLaw(law, { runs: 20, seed: 8 });
    },
    60_000,
  );
});

describe('second derivatives of a primitive are the same compiled, in float64 and float32', () => {
  test.each(laws.filter(isTwice))(
    '%s',
    (_id, law) => {
      assertLaw(law, { runs: 6, seed: 8 });
    },
    60_000,
  );
});

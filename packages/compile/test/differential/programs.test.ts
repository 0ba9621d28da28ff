import { describe, expect, test } from '@jest/globals';
import { agreement, fc, type Predicted, predict, programs } from '@tikhonov/check';
import { compiled } from './compiled.ts';
import { interpreted } from './interpreted.ts';

const perTest = 25;
const seeds = Array.from({ length: 10 }, (_, k) => 100 + k);

describe('random programs do the same compiled as they do eagerly', () => {
  test.each(seeds)(
    `${perTest} programs of seed %i`,
    (seed) => {
      // Small ones that differ are found by `npm run check:differential`; here a failure names its seed.
      for (const [index, program] of fc
        .sample(programs({ minDepth: 10 }), { seed, numRuns: perTest })
        .entries()) {
        const { problem } = agreement(program.experiment(), compiled);
        if (problem === null) continue;
        throw new Error(`program ${index} of seed ${seed}: ${problem}\n${program}`);
      }
    },
    120_000,
  );

  test('one operation at a time', () => {
    const property = fc.property(
      programs({ minSteps: 1, maxSteps: 2 }),
      (program) => agreement(program.experiment(), compiled).problem === null,
    );
    expect(
      fc.check(property, { seed: 1, numRuns: 150 }).counterexample?.map(String),
    ).toBeUndefined();
  }, 120_000);
});

/** The same, with every value known to the bit. */
const strict = ({ calls, counts }: Predicted): Predicted => {
  const exact = <T extends object>(list: readonly T[]) =>
    list.map((each) => ({ ...each, slack: 'exact' as const }));
  return {
    counts,
    calls: calls.map((call) => {
      if (call.kind === 'open') return call;
      const cells = exact(call.cells);
      return call.kind === 'throws'
        ? { ...call, cells }
        : { ...call, cells, results: exact(call.results) };
    }),
  };
};

test('recorded, simplified and carried out by eager kernels, programs give the same bits', () => {
  const sample = fc.sample(programs(), { seed: 5, numRuns: 100 });
  for (const [index, program] of sample.entries()) {
    const experiment = program.experiment();
    const { problem } = agreement(experiment, interpreted, strict(predict(experiment)));
    if (problem !== null) throw new Error(`program ${index}: ${problem}\n${program}`);
  }
}, 120_000);

import { describe, expect, test } from '@jest/globals';
import { methods } from '@tikhonov/regularizers';
import { isFailure, type RunResult, runOne } from '../src/compare/run-one.ts';
import { baseline, defaults, settingOf } from '../src/compare/settings.ts';

const { seeds: _seeds, ...rest } = defaults;
const small = { ...rest, seeds: 1, epochs: 3, trainSize: 70 };

const everything = [{ id: baseline, values: {} }, ...methods.map((method) => settingOf(method))];

describe('a compiled run is the eager one, up to the order of sums', () => {
  test.each(everything.map((method) => [method.id, method] as const))('%s', async (_id, method) => {
    const [compiled, eager] = await Promise.all(
      [true, false].map(async (how): Promise<RunResult> => {
        const settings = { ...small, compiled: how };
        const outcome = await runOne({ settings, method, seed: 0 });
        if (isFailure(outcome)) throw new Error(outcome.message);
        return outcome;
      }),
    );
    expect(compiled!.epochs).toBe(eager!.epochs);
    expect(compiled!.curve.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    for (const set of ['train', 'test'] as const) {
      // Nine steps in float32: Adam turns a rounding of a tiny gradient into one of a whole step of 2e-3,
      // rarely, so losses agree to a share of what the steps do to them.
      expect(Math.abs(compiled![set].nll - eager![set].nll)).toBeLessThan(1e-3);
    }
  });
});

import { describe, expect, test } from '@jest/globals';
import { expectedCount } from '@tikhonov/golden';
import { initialPatience, type PatienceRule, patienceUpdate } from '@tikhonov/train';
import { stoppingCases } from './golden-file.ts';

/** Runs the rule over a curve; the state takes a detour through JSON, as a saved one would. */
function run(values: readonly number[], rule: PatienceRule) {
  let state = initialPatience;
  for (const value of values) {
    const decision = patienceUpdate(JSON.parse(JSON.stringify(state)), value, rule);
    state = decision.state;
    if (decision.stop !== null) return { state, stopped: state.epoch };
  }
  return { state, stopped: null };
}

describe('golden early_stopping', () => {
  const cases = stoppingCases();

  test('the file has its curves and rules', () => {
    const rules = cases.reduce((total, { expected }) => total + expected.patience.length, 0);
    expect(rules).toBeGreaterThanOrEqual(expectedCount(40));
  });

  test.each(cases.map((c) => [c.id, c] as const))('%s stops where it should', (_id, golden) => {
    for (const [patience, minDelta, stop, bestEpoch, best] of golden.expected.patience) {
      const { state, stopped } = run(golden.inputs.val, { patience, minDelta });
      expect([patience, minDelta, stopped, state.bestEpoch, state.best]).toEqual([
        patience,
        minDelta,
        stop,
        bestEpoch,
        best,
      ]);
    }
  });

  test.each(cases.map((c) => [c.id, c] as const))('%s mirrored is mode max', (_id, golden) => {
    const mirrored = golden.inputs.val.map((value) => -value);
    for (const [patience, minDelta, stop, bestEpoch] of golden.expected.patience) {
      const { state, stopped } = run(mirrored, { patience, minDelta, mode: 'max' });
      expect([stopped, state.bestEpoch]).toEqual([stop, bestEpoch]);
    }
  });
});

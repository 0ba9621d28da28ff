import { describe, expect, test } from '@jest/globals';
import { initialPatience, type PatienceRule, patienceUpdate } from '@tikhonov/train';

/** Epochs at which the rule stops, walking on after a stop. */
function decisions(values: readonly number[], rule: PatienceRule = {}) {
  let state = initialPatience;
  return values.map((value) => {
    const decision = patienceUpdate(state, value, rule);
    state = decision.state;
    return decision;
  });
}
const stops = (values: readonly number[], rule?: PatienceRule) =>
  decisions(values, rule).map(({ stop }) => stop);

describe('patienceUpdate', () => {
  test('a tie is no improvement', () => {
    expect(stops([1, 1])).toEqual([null, 'patience']);
    expect(stops([1, 1], { mode: 'max' })).toEqual([null, 'patience']);
  });

  test('never changes the state it is given', () => {
    const state = Object.freeze({ epoch: 3, wait: 1, best: 2, bestEpoch: 2 });
    expect(patienceUpdate(state, 1).state).toEqual({ epoch: 4, wait: 0, best: 1, bestEpoch: 4 });
    expect(state.best).toBe(2);
  });

  test('NaN stops at once, or is never an improvement, even as the first value', () => {
    expect(stops([Number.NaN])).toEqual(['non-finite']);
    expect(stops([1, -Infinity])).toEqual([null, 'non-finite']);
    const seen = decisions([Number.NaN, 2, Number.NaN, 1], { checkFinite: false, patience: 9 });
    expect(seen.map(({ improved }) => improved)).toEqual([false, true, false, true]);
    expect(seen.at(-1)!.state).toEqual({ epoch: 4, wait: 0, best: 1, bestEpoch: 4 });
  });

  test('improvements that do not beat the baseline do not reset the wait', () => {
    // Keras: the wait runs on through epochs 1 to 3, and epoch 4 is the first without improvement.
    const slow = decisions([9, 8, 7, 7.5], { baseline: 5, patience: 3 });
    expect(slow.map(({ state }) => state.wait)).toEqual([1, 2, 3, 4]);
    expect(slow.map(({ stop }) => stop)).toEqual([null, null, null, 'patience']);
    expect(slow.at(-1)!.state.best).toBe(7);
    const quick = decisions([9, 4, 4.5], { baseline: 5, patience: 3 });
    expect(quick.map(({ state }) => state.wait)).toEqual([1, 0, 1]);
  });

  test('the first startFromEpoch epochs do not count at all', () => {
    const seen = decisions([0.1, Number.NaN, 5, 6], { startFromEpoch: 2 });
    expect(seen.map(({ stop }) => stop)).toEqual([null, null, null, 'patience']);
    expect(seen.at(-1)!.state).toMatchObject({ best: 5, bestEpoch: 3 });
  });

  test('refuses options out of range', () => {
    const update = (rule: PatienceRule) => () => patienceUpdate(initialPatience, 1, rule);
    expect(update({ minDelta: -1 })).toThrow(/minDelta must be finite and >= 0, got -1/);
    expect(update({ patience: 1.5 })).toThrow(/patience must be an integer >= 0, got 1.5/);
    expect(update({ startFromEpoch: -1 })).toThrow(RangeError);
    expect(update({ baseline: Number.NaN })).toThrow(RangeError);
    expect(update({ mode: 'auto' as 'min' })).toThrow(TypeError);
  });
});

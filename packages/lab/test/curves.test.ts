import { expect, test } from '@jest/globals';
import type { RunResult } from '../src/compare/run-one.ts';
import { meanCurve } from '../src/report/curves.ts';

const scores = (nll: number) => ({ accuracy: 0.5, nll });

/** A run with the given test losses after epochs 10, 20, ... and at its end. */
const run = (method: string, seed: number, losses: readonly number[], last: number): RunResult => ({
  method,
  seed,
  epochs: 10 * losses.length,
  stopReason: 'completed',
  train: scores(0),
  test: scores(last),
  curve: losses.map((nll, i) => ({
    epoch: 10 * (i + 1),
    train: scores(0),
    test: scores(nll),
    penalty: null,
  })),
  weights: '',
  seconds: 0,
});

test('a run that stopped keeps its final loss, so that means stay over the same seeds', () => {
  const runs = [
    run('none', 0, [3, 4, 5], 5),
    run('stops', 0, [2], 1),
    run('stops', 1, [4, 6, 8], 8),
  ];
  expect(meanCurve(runs, 'stops')).toEqual([
    { method: 'stops', epoch: 10, mean: 3, low: 2, high: 4 },
    { method: 'stops', epoch: 20, mean: 3.5, low: 1, high: 6 },
    { method: 'stops', epoch: 30, mean: 4.5, low: 1, high: 8 },
  ]);
});

test('a method without runs has no curve', () => {
  expect(meanCurve([run('none', 0, [1], 1)], 'l2')).toEqual([]);
});

import { expect, test } from '@jest/globals';
import { clock, coldStep, summarizeStarts } from '../src/index.ts';

test("Node's own start is taken off within a round", () => {
  const round = (totalMs: number, nodeMs: number) => ({ totalMs, nodeMs, loadMs: 3, stepMs: 4 });
  const head = { id: 'a/b', peer: 'a', variant: 'b', workload: 'W3' };
  const rounds = [round(50, 40), round(90, 70), round(130, 100)];
  expect(summarizeStarts(head, rounds)).toEqual({
    ...head,
    ...{ coldMs: 20, p10Ms: 12, p90Ms: 28, nodeMs: 70, loadMs: 3, stepMs: 4, reps: 3 },
  });
});

test('a cold step loads the library and trains once', async () => {
  const before = clock();
  const { doneAt, loadMs, stepMs, failed } = await coldStep('ours-eager', 'W3');
  expect(failed).toBeUndefined();
  expect(loadMs).toBeGreaterThan(0);
  expect(stepMs).toBeGreaterThan(0);
  expect(doneAt - before).toBeGreaterThanOrEqual(loadMs + stepMs);
});

test('without a peer there is nothing to load', async () => {
  expect(await coldStep(null, 'W3')).toMatchObject({ loadMs: 0, stepMs: 0 });
});

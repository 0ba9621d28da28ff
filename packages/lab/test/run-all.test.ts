import { expect, test } from '@jest/globals';
import { runAll } from '../src/compare/run-all.ts';
import { defaults } from '../src/compare/settings.ts';

const worker = new URL('./fixtures/failing-worker.mjs', import.meta.url);
const settings = { ...defaults, seeds: 3, methods: [{ id: 'l2', values: {} }] };

test('a run that crashes is reported, and takes no other run with it', async () => {
  const seen: number[] = [];
  const { runs, failures } = await runAll(settings, {
    worker,
    workers: 2,
    onResult: (_outcome, finished) => seen.push(finished),
  });
  expect(runs.map(({ method, seed }) => `${method}/${seed}`)).toEqual([
    'none/0',
    'l2/0',
    'none/2',
    'l2/2',
  ]);
  expect(failures).toEqual([
    { method: 'none', seed: 1, failure: 'crashed', message: 'boom' },
    { method: 'l2', seed: 1, failure: 'crashed', message: 'boom' },
  ]);
  expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
});

test('nothing runs once the signal has been given', async () => {
  const { runs, failures } = await runAll(settings, { worker, signal: AbortSignal.abort() });
  expect([runs, failures]).toEqual([[], []]);
});

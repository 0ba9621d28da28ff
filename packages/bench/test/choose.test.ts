import { expect, test } from '@jest/globals';
import { choose, peers, workloads } from '../src/index.ts';

const idsOf = (entries: readonly { readonly id: string }[]): string[] =>
  entries.map(({ id }) => id);

test('a library stands for its variants, and the order of the list is kept', () => {
  const chosen = choose('--peers', 'tfjs-cpu,jax-js, ours-eager, ours', peers);
  expect(idsOf(chosen)).toEqual([
    ...['tfjs-cpu', 'jax-js/jit', 'jax-js/eager', 'ours-eager', 'ours', 'ours/wide'],
  ]);
});

test('what is named twice is run once', () => {
  expect(idsOf(choose('--peers', 'jax-js/jit,jax-js', peers))).toEqual([
    'jax-js/jit',
    'jax-js/eager',
  ]);
});

test('a workload is not taken for another whose name begins with its own', () => {
  expect(idsOf(choose('--workloads', 'W10', workloads))).toEqual(['W10']);
  expect(choose('--workloads', 'W1', workloads)).toHaveLength(6);
});

test('without a list it is everything', () => {
  expect(choose('--peers', undefined, peers)).toEqual(peers);
});

test('an unknown name is refused, and the known ones are listed', () => {
  expect(() => choose('--peers', 'ours-eager,nonesuch', peers)).toThrow(
    new RangeError(
      `--peers: there is no "nonesuch".\n  Known: ${peers.map(({ id }) => id).join(', ')}.`,
    ),
  );
});

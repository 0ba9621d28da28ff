import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type Adapter,
  agree,
  checkResult,
  comparedSteps,
  type Job,
  matmulCorners,
  matmulForms,
  matmulSizes,
  peers,
  whyNot,
  workloads,
} from '../src/index.ts';

// A few steps of everything, so that no benchmark rots. No times here: they are for a quiet machine.
// Peers are never installed by a test: those that are not here say so by a skipped test.

// Tests run here, whatever Node measurements would run in.
const runsHere = (id: string): boolean =>
  id !== 'ours/wide' || Number.parseInt(process.versions.node, 10) >= 24;
const installed = peers.filter(({ id, requires }) => runsHere(id) && (requires?.isMet() ?? true));
const missing = peers.filter((peer) => !installed.includes(peer));

const adapters = new Map<string, Adapter>();
beforeAll(async () => {
  for (const peer of installed) adapters.set(peer.id, await peer.load());
});
afterAll(async () => {
  for (const adapter of adapters.values()) await adapter.close?.();
});

/** What a peer leaves out; everything else must run. */
const unsupported: Readonly<Record<string, readonly string[]>> = {
  'tfjs-cpu': ['W6'],
  'tfjs-wasm': ['W6'],
  'jax-js/jit': ['W6'],
  'jax-js/eager': ['W6'],
  numpy: workloads.flatMap(({ id }) => (/^W1[/-]/.test(id) ? [] : [id])),
};

const small = workloads.filter(({ id }) => id !== 'W7' && !/^W1\b.*\/(256|512|1024)$/.test(id));
const comparable = workloads.filter(({ trains, random }) => trains && !random);

/** Losses at steps 0, 1 and 10, by PyTorch 2.13 in float32. */
const reference: Readonly<Record<string, readonly number[]>> = {
  W2: [0.176414, 0.231635, 0.159339],
  W3: [2.289989, 2.322194, 2.250937],
  W4: [2.302001, 2.31692, 2.299227],
  W5: [2.335439, 2.306121, 2.307809],
  W6: [2.445433, 2.474872, 2.380852],
  W10: [2.342477, 2.36452, 2.352469],
};

/** The losses that peers are compared by. */
async function comparedLosses(job: Job): Promise<number[]> {
  const losses: number[] = [];
  while (losses.length <= Math.max(...comparedSteps)) losses.push(await job.step(losses.length));
  return comparedSteps.map((step) => losses[step]!);
}

if (missing.length > 0) {
  test.skip.each(missing.map(({ id }) => id))(
    '%s is not installed here, so it is not tested',
    () => {},
  );
}

// Peers that trace and compile, or run without compiled code, take seconds for a workload.
const patience = 120_000;

describe.each(installed.map(({ id }) => id))('%s', (peer) => {
  test.each(small.map(({ id }) => id))(
    'computes %s as it should, or says that it cannot',
    async (id) => {
      const workload = workloads.find((w) => w.id === id)!;
      const adapter = adapters.get(peer)!;
      const left = whyNot(workload, adapter);
      expect(left !== null).toBe(unsupported[peer]?.includes(id) ?? false);
      if (left !== null) return;
      const job = workload.start(adapter)!;
      const wanted = reference[id];
      if (wanted === undefined) {
        expect(await job.step(0)).toEqual(expect.any(Number));
        await checkResult(workload, job);
      } else {
        const losses = await comparedLosses(job);
        expect(losses.filter((loss, i) => !agree(wanted[i]!, loss))).toEqual([]);
      }
    },
    patience,
  );
});

test('every workload whose losses do not depend on random numbers has a reference', () => {
  expect(Object.keys(reference).sort()).toEqual(comparable.map(({ id }) => id).sort());
});

test('the products of W1 have no corner in common, so that none passes for another', () => {
  const corners = Object.values(matmulForms).map((form) => matmulCorners(matmulSizes[0]!, form));
  expect(new Set(corners.flat()).size).toBe(9);
});

test('a wrong result is refused', async () => {
  const workload = workloads.find(({ id }) => id === `W1/${matmulSizes[0]}`)!;
  const wrong: Job = { step: () => 0, result: () => [0, 0] };
  await expect(checkResult(workload, wrong)).rejects.toThrow('number 0 of the result is 0');
});

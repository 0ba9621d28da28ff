import { expect, test } from '@jest/globals';
import { random } from '@tikhonov/core';
import { Dataset } from '@tikhonov/data';
import { crossEntropy, mlp } from '@tikhonov/nn';
import { adam } from '@tikhonov/optim';
import { type CheckpointStore, fit, type StepTerm } from '@tikhonov/train';
import { lazily, meanTeacherTerm, spectralNorm } from '../src/index.ts';

const rows = new Dataset({
  x: random.normal(random.key(1), [12, 4]),
  y: random.randint(random.key(2), [12], 0, 3),
  classes: 3,
});

/** A store that forgets what is saved after some saves, as if the process had ended there. */
function memory(saves = Infinity): CheckpointStore {
  let [kept, count]: [Uint8Array | null, number] = [null, 0];
  return {
    load: async () => kept,
    save: async (bytes) => {
      if (++count <= saves) kept = bytes;
    },
  };
}

/** The weights after 6 epochs of a training whose penalties have state. */
async function trained(to: CheckpointStore, compiled: boolean): Promise<string> {
  const model = mlp([4, 6, 3], { seed: 0 });
  const penalties: StepTerm[] = [
    spectralNorm(model, { lambda: 0.1, seed: 3 }),
    lazily(spectralNorm(model, { lambda: 0.1, seed: 4 }), 4),
    meanTeacherTerm(model, { lambda: 1 }),
  ];
  await fit(model, {
    train: rows,
    epochs: 6,
    batchSize: 5,
    optimizer: adam(model, { lr: 0.05 }),
    loss: crossEntropy,
    penalties,
    checkpoint: { to, everySteps: 1 },
    compiled,
  });
  return JSON.stringify(model.stateDict());
}

test.each([false, true])(
  'penalties with state of their own resume bit for bit, compiled %s',
  async (compiled) => {
    const whole = await trained(memory(), compiled);
    const interrupted = memory(8);
    await trained(interrupted, compiled);
    expect(await trained(interrupted, compiled)).toBe(whole);
  },
);

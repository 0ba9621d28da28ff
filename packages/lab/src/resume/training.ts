import { createHash } from 'node:crypto';
import { add, Cell, mul, random, type Tensor, tensor } from '@tikhonov/core';
import { DataLoader, digits } from '@tikhonov/data';
import { crossEntropy, mlp } from '@tikhonov/nn';
import { adam } from '@tikhonov/optim';
import { type Callback, earlyStopping, fit, reduceLROnPlateau } from '@tikhonov/train';

/** How the training of a check runs. */
export interface TrainingOptions {
  /** Where checkpoints go; none without. */
  readonly path?: string;
  readonly compiled: boolean;
  /** Called when the first step is done. */
  readonly onStart?: () => void;
}

/**
 * A training with state of every kind: a loader that pads and adds noise, dropout, moments, a strength that is
 * annealed, a learning rate that a callback lowers, early stopping that keeps weights.
 *
 * @returns a digest of all that it ends with, history included
 */
export async function train({ path, compiled, onStart }: TrainingOptions): Promise<string> {
  const { train: learn, test: validation } = digits({ seed: 0, trainSize: 320 });
  const model = mlp([64, 48, 10], { seed: 1, dropout: 0.3 });
  const optimizer = adam(model, { lr: 0.01 });
  const lambda = new Cell(tensor(1e-3), { name: 'lambda' });
  const anneal: Callback = {
    onEpochBegin() {
      lambda.write(mul(lambda, 0.8));
    },
    onBatchEnd(step) {
      if (step === 1) onStart?.();
    },
  };
  const loader = new DataLoader(learn, {
    batchSize: 48,
    seed: 2,
    pad: true,
    map: (batch, key) => ({
      ...batch,
      x: add(batch.x, random.normal(key, batch.x.shape, { std: 0.1 })),
    }),
  });
  const weight = Object.values(model.namedParameters())[0]!;
  const history = await fit(model, {
    train: loader,
    validation: validation.subset(100),
    epochs: 9,
    seed: 2,
    optimizer,
    loss: crossEntropy,
    penalties: [() => mul(lambda, mul(weight, weight).sum())],
    callbacks: [
      anneal,
      reduceLROnPlateau({ factor: 0.5, patience: 1 }),
      earlyStopping({ patience: 5, restoreBestWeights: true }),
    ],
    compiled,
    ...(path === undefined ? {} : { checkpoint: { to: path, everySteps: 1, cells: { lambda } } }),
  });
  const hash = createHash('sha256');
  hash.update(JSON.stringify(history));
  hash.update(JSON.stringify(lambda));
  const state: Record<string, Tensor> = { ...model.stateDict(), ...optimizer.stateDict() };
  for (const [name, x] of Object.entries(state)) hash.update(name).update(x.data());
  return hash.digest('hex');
}

import { describe, expect, test } from '@jest/globals';
import { Cell, grad, mul, random, square, sum, type Tensor, tensor } from '@tikhonov/core';
import { Dataset } from '@tikhonov/data';
import { crossEntropy, mlp } from '@tikhonov/nn';
import { sam, sgd } from '@tikhonov/optim';
import {
  type BatchTransform,
  type FitOptions,
  fit,
  type StepContext,
  type StepTerm,
  withActivations,
} from '../src/index.ts';

const ways = [
  ['eager', false],
  ['compiled', true],
] as const;

const rows = new Dataset({
  x: random.normal(random.key(1), [12, 3]),
  y: random.randint(random.key(2), [12], 0, 2),
  classes: 2,
});

/** Trains a small network with dropout; the history and the weights. */
async function trained(options: Partial<FitOptions>, dropout = 0.3) {
  const model = mlp([3, 5, 2], { seed: 0, dropout });
  const optimizer = options.optimizer ?? sgd(model, { lr: 0.1 });
  const history = await fit(model, {
    train: rows,
    epochs: 2,
    batchSize: 4,
    loss: crossEntropy,
    seed: 3,
    ...options,
    optimizer,
  });
  return { model, history, weights: Object.values(model.stateDict()).map((w) => [...w.data()]) };
}

describe.each(ways)('a term of the objective, %s,', (_name, compiled) => {
  test('sees the rows, the output, the loss and the key of the step', async () => {
    const seen: string[] = [];
    const look: StepTerm = ({ batch, output, dataLoss, rng, updateState }) => {
      seen.push(
        `${batch.x.shape} ${batch.y.shape} ${output.shape} ${dataLoss.rank} ${rng.shape} ${updateState}`,
      );
      return mul(dataLoss, 0);
    };
    const { history } = await trained({ penalties: [look], compiled });
    expect(new Set(seen)).toEqual(new Set(['4,3 4 4,2 0 2 true']));
    expect(history.epochs.map(({ penalty }) => penalty)).toEqual([0, 0]);
  });

  test('calls the model again with the masks of the step, and its loss', async () => {
    const difference: StepTerm = ({ batch, output, dataLoss, forward, loss }) => {
      const again = forward(batch.x);
      return sum(square(again.sub(output))).add(square(loss(again).sub(dataLoss)));
    };
    const { history } = await trained({ penalties: [difference], compiled });
    expect(history.epochs.map(({ penalty }) => penalty)).toEqual([0, 0]);
  });

  test('draws other masks with another key', async () => {
    const difference: StepTerm = ({ batch, output, rng, forward }) =>
      sum(square(forward(batch.x, { rng: random.foldIn(rng, 'other') }).sub(output)));
    const { history } = await trained({ penalties: [difference], compiled });
    for (const { penalty } of history.epochs) expect(penalty).toBeGreaterThan(0);
  });

  test('adds its gradient: half the loss again is one and a half times the rate', async () => {
    const half: StepTerm = ({ dataLoss }) => mul(dataLoss, 0.5);
    const a = await trained({ penalties: [half], compiled });
    const b = mlp([3, 5, 2], { seed: 0, dropout: 0.3 });
    await fit(b, {
      train: rows,
      epochs: 2,
      batchSize: 4,
      loss: crossEntropy,
      seed: 3,
      optimizer: sgd(b, { lr: 0.15 }),
      compiled,
    });
    for (const [name, w] of Object.entries(b.stateDict())) {
      const other = a.model.stateDict()[name]!.data();
      for (const [i, value] of w.data().entries()) expect(other[i]).toBeCloseTo(value, 5);
    }
  });

  test('may differentiate the loss by the inputs', async () => {
    const inputGradient: StepTerm = ({ batch, forward, loss }) =>
      sum(square(grad((x: Tensor) => loss(forward(x)))(batch.x)));
    const [with0, with1] = [
      await trained({ compiled }),
      await trained({ penalties: [inputGradient], compiled }),
    ];
    expect(with1.history.epochs[0]!.penalty).toBeGreaterThan(0);
    expect(with1.weights).not.toEqual(with0.weights);
  });

  test('has the activations if it asks for them', async () => {
    const first = withActivations(({ activations, output }) =>
      sum(square(activations['layers.1']!.output.sub(output))).add(
        mul(sum(activations['layers.0']!.output), 0),
      ),
    );
    const { history } = await trained({ penalties: [first], compiled });
    expect(history.epochs.map(({ penalty }) => penalty)).toEqual([0, 0]);
  });

  test('is told when an evaluation is not the first of its step', async () => {
    const seen: boolean[] = [];
    const look = ({ updateState, dataLoss }: StepContext): Tensor => {
      seen.push(updateState);
      return mul(dataLoss, 0);
    };
    const model = mlp([3, 2], { seed: 0 });
    await fit(model, {
      train: rows,
      epochs: 1,
      batchSize: 12,
      loss: crossEntropy,
      optimizer: sam(sgd(model, { lr: 0.1 })),
      penalties: [look],
      compiled,
    });
    expect(seen).toEqual([true, false]);
  });
});

describe.each(ways)('a batch transform, %s,', (_name, compiled) => {
  const shift = new Cell(tensor(0));
  const shifted: BatchTransform = ({ x, y }) => ({ x: x.add(shift.read()), y });
  const doubled: BatchTransform = ({ x, y }) => ({ x: x.mul(2), y });

  test('changes the rows of the step only, and all do in their order', async () => {
    const seen: number[][] = [];
    const first: StepTerm = ({ batch, dataLoss }) => {
      if (!compiled) seen.push([...batch.x.data()]);
      return mul(dataLoss, 0);
    };
    shift.write(1);
    const still = mlp([3, 2], { seed: 0 });
    const common = { train: rows, epochs: 1, batchSize: 12, shuffle: false, loss: crossEntropy };
    await fit(still, {
      ...common,
      optimizer: sgd(still, { lr: 0.1 }),
      transforms: [shifted, doubled],
      penalties: [first],
      compiled,
    });
    const byHand = mlp([3, 2], { seed: 0 });
    await fit(byHand, {
      ...common,
      train: rows.with({ x: rows.x.add(1).mul(2) }),
      optimizer: sgd(byHand, { lr: 0.1 }),
      compiled,
    });
    for (const [name, w] of Object.entries(byHand.stateDict())) {
      expect(still.stateDict()[name]!.toArray()).toEqual(w.toArray());
    }
    if (!compiled) expect(seen[0]).toEqual([...rows.x.add(1).mul(2).data()]);
  });

  test('has a key of its own in every step, and another one than its neighbour', async () => {
    const noises: number[][] = [];
    const noise: BatchTransform = ({ x, y }, { key }) => {
      const drawn = random.normal(key, x.shape);
      if (!compiled) noises.push([...drawn.data()]);
      return { x: x.add(drawn), y };
    };
    const { weights } = await trained({ transforms: [noise, noise], compiled });
    expect(weights).toEqual((await trained({ transforms: [noise, noise], compiled })).weights);
    expect(weights).not.toEqual((await trained({ transforms: [noise], compiled })).weights);
    if (!compiled) expect(new Set(noises.slice(0, 12).map((n) => n[0])).size).toBe(12);
  });
});

test('a term or transform that cannot work says so', async () => {
  await expect(trained({ transforms: [3 as never] })).rejects.toThrow(
    /transforms\[0\] must be a function/,
  );
  const looks: StepTerm = ({ activations }) => sum(activations['layers.0']!.output);
  await expect(trained({ penalties: [looks], compiled: false })).rejects.toThrow(
    /the activations are not kept for this penalty\.\n {2}Make it with train\.withActivations/,
  );
});

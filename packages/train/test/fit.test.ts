import { describe, expect, test } from '@jest/globals';
import { parameter, random, type Tensor, tensor } from '@tikhonov/core';
import { batches, DataLoader, digits } from '@tikhonov/data';
import { crossEntropy, type ForwardContext, mlp } from '@tikhonov/nn';
import { adam, sgd } from '@tikhonov/optim';
import { accuracy, type Callback, type FitOptions, fit } from '@tikhonov/train';
import { held, network, oneRow, plan, small, valuesOf } from './helpers.ts';

describe('fit', () => {
  test('learns digits to more than 90 % in a few seconds', async () => {
    const parts = digits({ seed: 0 });
    const model = mlp([64, 32, 10], { seed: 0 });
    const history = await fit(model, {
      train: parts.train,
      evaluateOn: { test: parts.test },
      epochs: 8,
      optimizer: adam(model, { lr: 0.01 }),
      loss: crossEntropy,
    });
    expect(history.epochs.at(-1)!.evaluations.test!.accuracy).toBeGreaterThan(0.9);
  });

  test('the same seed gives bit-identical histories and weights, another seed does not', async () => {
    const run = async (seed: number) => {
      const model = network(0.3);
      return { history: await fit(model, plan(model, { seed })), values: valuesOf(model) };
    };
    const [a, b, c] = [await run(1), await run(1), await run(2)];
    expect(a).toEqual(b);
    expect(a.history.epochs).toHaveLength(3);
    expect(a.values).not.toEqual(c.values);
  });

  test('is the loop that its documentation describes', async () => {
    const [model, twin] = [network(0.3), network(0.3)];
    const penalty = (m: typeof model) => () => m.layers[0]!.weight.read().pow(2).sum().mul(0.01);
    const options = { penalties: [penalty(model)], batchSize: 20, compiled: false };
    const history = await fit(model, plan(model, options));
    const optimizer = adam(twin, { lr: 0.01 });
    const key = random.key(1);
    let step = 0;
    const dataLosses = [1, 2, 3].map((epoch) => {
      const order = random.foldIn(random.foldIn(key, 'shuffle'), epoch);
      let total = 0;
      for (const { x, y, size } of batches(small, { batchSize: 20, key: order })) {
        step += 1;
        const rng = random.foldIn(random.foldIn(key, 'forward'), step);
        optimizer.minimize(() => {
          const loss = crossEntropy(twin.forward(x, { training: true, rng }), y);
          total += size * loss.item();
          return loss.add(penalty(twin)());
        });
      }
      return total / small.size;
    });
    expect(valuesOf(model)).toEqual(valuesOf(twin));
    expect(history.epochs.map(({ dataLoss }) => dataLoss)).toEqual(dataLosses);
    expect(history.epochs.map(({ steps }) => steps)).toEqual([5, 10, 15]);
    expect(history.epochs.every(({ penalty: value }) => value > 0)).toBe(true);
  });

  test('evaluates every n epochs and always after the last', async () => {
    const model = network();
    const history = await fit(model, plan(model, { epochs: 5, evaluateEvery: 2 }));
    const evaluated = history.epochs.filter(({ evaluations }) => 'validation' in evaluations);
    expect(evaluated.map(({ epoch }) => epoch)).toEqual([2, 4, 5]);
    const stop: Callback = { onEpochEnd: (epoch, _logs, control) => stopAt(epoch, 3, control) };
    const options = { epochs: 5, evaluateEvery: 2, callbacks: [stop] };
    const other = network();
    const stopped = await fit(other, plan(other, options));
    expect(stopped.stopReason).toBe('enough');
    expect('validation' in stopped.epochs.at(-1)!.evaluations).toBe(true);
  });

  test('calls callbacks in order, waits for them, and counts epochs and steps from 1', async () => {
    const said: string[] = [];
    const callback: Callback = {
      onTrainBegin: ({ stepsPerEpoch, monitored }) => {
        said.push(`begin ${stepsPerEpoch} ${monitored.join(' ')}`);
      },
      onEpochBegin: (epoch) => void said.push(`epoch ${epoch}`),
      onBatchEnd: (step, { batch, size }) => void said.push(`step ${step} ${batch} ${size}`),
      onEpochEnd: async (epoch) => {
        await new Promise((resolve) => setTimeout(resolve, 2));
        said.push(`end ${epoch}`);
      },
      onTrainEnd: ({ stopReason }) => void said.push(stopReason),
    };
    const model = network();
    await fit(model, plan(model, { epochs: 2, batchSize: 64, callbacks: [callback] }));
    expect(said).toEqual([
      'begin 2 dataLoss penalty loss validation.loss validation.accuracy',
      ...['epoch 1', 'step 1 1 64', 'step 2 2 32', 'end 1'],
      ...['epoch 2', 'step 3 1 64', 'step 4 2 32', 'end 2', 'completed'],
    ]);
  });

  test('an optimizer that evaluates twice sees the same masks and moves state once', async () => {
    const seen: (ForwardContext & { first: number })[] = [];
    const w = parameter(tensor([1]));
    const model = {
      namedCells: () => ({ w }),
      forward: (x: Tensor, context: ForwardContext = {}) => {
        if (context.training === true) {
          seen.push({ ...context, first: random.uniform(context.rng!, []).item() });
        }
        return x.mul(w);
      },
    };
    const inner = sgd({ w }, { lr: 0.1 });
    const minimize = (f: () => Tensor): Tensor => {
      f();
      return inner.minimize(f);
    };
    const loss = (output: Tensor) => output.sum();
    const options: FitOptions = { train: oneRow(), epochs: 2, optimizer: { minimize }, loss };
    await fit(model, { ...options, compiled: false });
    expect(seen.map(({ updateState }) => updateState)).toEqual([true, false, true, false]);
    expect(seen[0]!.first).toBe(seen[1]!.first);
    expect(seen[2]!.first).not.toBe(seen[0]!.first);
  });

  test('evaluation uses another loss if given, and the metrics asked for', async () => {
    const model = network();
    const half = () => 0.5;
    const options = plan(model, {
      epochs: 1,
      evaluationLoss: half as never,
      metrics: { accuracy },
      compiled: false,
    });
    const history = await fit(model, { ...options, evaluateOn: { other: held } });
    const { validation, other } = history.epochs[0]!.evaluations;
    expect(validation).toEqual(other);
    expect(validation!.loss).toBeCloseTo(0.5, 15);
  });

  test('refuses bad options before it trains', async () => {
    const model = network();
    const bad: [Partial<FitOptions>, RegExp][] = [
      [{ epochs: 0 }, /epochs must be an integer >= 1, got 0/],
      [{ batchSize: 0 }, /batchSize must be an integer >= 1, got 0/],
      [{ evaluateEvery: 1.5 }, /evaluateEvery must be an integer >= 1, got 1.5/],
      [{ metrics: { loss: accuracy } }, /cannot be called 'loss'/],
      [{ evaluateOn: { validation: held } }, /beside `validation`/],
      [{ key: random.key(0) }, /both a seed and a key/],
      [{ loss: (output) => output }, /loss must be a scalar, got shape/],
      [
        { loss: (async () => tensor(0)) as never },
        /it returned a Promise.\n {2}It must not be async/,
      ],
      [{ loss: undefined as never }, /fit: loss must be a function, got undefined/],
      [{ evaluationLoss: 1 as never }, /fit: evaluationLoss must be a function, got number/],
      [{ optimizer: 'adam' as never }, /fit: optimizer.minimize must be a function, got undefined/],
      [{ optimizer: undefined as never }, /optim.adam\(model/],
      [
        { penalties: [tensor(1)] as never },
        /penalties\[0\] must be a function, got a Tensor.\n.*\(\) => reg.l2/,
      ],
      [{ penalties: accuracy as never }, /fit: penalties must be an array, got function/],
      [{ compiled: 'yes' as never }, /compiled must be true or false/],
      [{ callbacks: {} as never }, /fit: callbacks must be an array, got object/],
      [{ metrics: { rate: 3 as never } }, /metric 'rate' must be a function, got number/],
      [{ train: undefined as never }, /fit: train must be a Dataset or { x, y }, got undefined/],
      [{ train: [small.x, small.y] as never }, /Dataset or { x, y }, got an array/],
      [{ train: { x: [[1]], y: [0] } as never }, /of tensors, got { x: an array, y: an array }/],
    ];
    const before = valuesOf(model);
    for (const [options, message] of bad) {
      await expect(fit(model, plan(model, options))).rejects.toThrow(message);
    }
    await expect(fit(undefined as never, plan(model))).rejects.toThrow(
      'fit: model.forward must be a function, got undefined.\n  The first argument is the model',
    );
    expect(valuesOf(model)).toEqual(before);
  });
});

const stopAt = (epoch: number, at: number, control: { stop(reason: string): void }): void => {
  if (epoch === at) control.stop('enough');
};

test('sets to evaluate may be loaders, whose filling does not count', async () => {
  const model = network();
  const batchSize = 7;
  const history = await fit(
    model,
    plan(model, {
      epochs: 1,
      validation: held,
      evaluateOn: { padded: new DataLoader(held, { batchSize, pad: true }) },
    }),
  );
  const { validation, padded } = history.epochs[0]!.evaluations;
  expect(padded!.loss).toBeCloseTo(validation!.loss, 6);
  expect(padded!.accuracy).toBeCloseTo(validation!.accuracy!, 12);
});

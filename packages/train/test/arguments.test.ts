import { describe, expect, test } from '@jest/globals';
import { ones, zeros } from '@tikhonov/core';
import { crossEntropy } from '@tikhonov/nn';
import { ema } from '@tikhonov/optim';
import {
  averageWeights,
  type Callback,
  earlyStopping,
  evaluate,
  type FitOptions,
  fit,
  modelCheckpoint,
  prechelt,
  predictor,
  reduceLROnPlateau,
} from '@tikhonov/train';
import { held, network, plan, small } from './helpers.ts';

/** What `fit` says to options of a wrong kind. */
async function refusal(more: object): Promise<string> {
  const model = network();
  const before = model.stateDict();
  const error: unknown = await fit(model, plan(model, { compiled: false, ...more })).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(model.stateDict()).toEqual(before);
  expect(error).toBeInstanceOf(TypeError);
  return (error as TypeError).message;
}

describe('callbacks that would never be called are refused', () => {
  test.each([
    [
      earlyStopping,
      'callbacks[0] must be a callback, got function.\n  Call what makes it: train.e',
    ],
    ['early', 'callbacks[0] must be a callback, got string.\n  For example { onEpochEnd'],
    [null, 'callbacks[0] must be a callback, got null.'],
    [[earlyStopping()], 'callbacks[0] must be a callback, got an array.'],
    [{}, 'callbacks[0] has none of the methods of a callback.\n  There are onTrainBegin,'],
    [{ name: 'mine' }, 'has none of the methods'],
    [{ onEpochEnds() {} }, 'a method onEpochEnds, which nothing calls. Did you mean onEpochEnd?'],
    [{ on_epoch_end() {} }, 'a method on_epoch_end, which nothing calls. Did you mean onEpochEnd?'],
    [{ onEpochEnd() {}, onTrainStart() {} }, 'onTrainStart, which nothing calls.'],
    [{ onEpochEnd: true }, 'callbacks[0].onEpochEnd must be a function, got boolean.'],
  ])('%p', async (callback, message) => {
    expect(await refusal({ callbacks: [callback] })).toContain(message);
  });

  test('misspelt methods of a class too; other properties are left alone', async () => {
    class Base {
      onBatchEnds(): void {}
    }
    class Mine extends Base {
      onEpochEnd(): void {}
    }
    expect(await refusal({ callbacks: [new Mine()] })).toContain('Did you mean onBatchEnd?');
    let calls = 0;
    class Fine {
      readonly once = (): void => {};
      readonly onset = 3;
      onLog = 'text';
      get onFire(): () => void {
        throw new Error('a getter was called');
      }
      onEpochEnd(): void {
        calls += 1;
      }
      helper(): void {}
    }
    const model = network();
    await fit(model, plan(model, { epochs: 1, callbacks: [new Fine() as Callback] }));
    expect(calls).toBe(1);
  });
});

describe('options of another kind are refused', () => {
  test.each([
    [{ shuffle: 'false' }, "fit: shuffle must be true or false, got 'false'."],
    [{ dropLast: 1 }, 'fit: dropLast must be true or false, got 1.'],
    [{ progress: 'yes' }, "fit: progress must be true or false, got 'yes'."],
    [{ epochs: '3' }, "fit: epochs must be an integer >= 1, got '3'."],
    [{ batchSize: '8' }, "fit: batchSize must be an integer >= 1, got '8'."],
    [{ evaluateOn: held }, 'fit: evaluateOn must be sets by name, got one set.'],
    [{ evaluateOn: { x: held.x, y: held.y } }, 'fit: evaluateOn must be sets by name, got object.'],
    [{ evaluateOn: { test: { x: held.x } } }, 'fit: evaluateOn.test must be a Dataset or { x, y }'],
    [{ validation: [held.x, held.y] }, 'fit: validation must be a Dataset or { x, y }, got an ar'],
    [{ train: small.x }, 'fit: train must be a Dataset or { x, y }, got a Tensor.'],
    [{ train: { inputs: small.x } }, 'of tensors, got { inputs: a Tensor }.'],
    [{ train: (function* () {})() }, 'fit: train is an iterator, which gives its batches once'],
    [
      { train: { x: small.x, y: small.y, sampleWeights: ones([small.size]) } },
      "fit: train has an unknown field 'sampleWeights'.\n  Weights of rows are sampleWeight",
    ],
  ])('%p', async (more, message) => {
    expect(await refusal(more)).toContain(message);
  });

  test('a data set in place of them, or nothing', async () => {
    const model = network();
    const call = (options?: unknown): Promise<unknown> => fit(model, options as FitOptions);
    await expect(call()).rejects.toThrow(
      'fit: the second argument must be the options, got undefined.\n  For example fit(model, { train: dataset,',
    );
    await expect(call(small)).rejects.toThrow('must be the options, got the data.');
    const numbers = { x: zeros([2, 64]), labels: zeros([2]) };
    expect(() => evaluate(model, numbers as never, { loss: crossEntropy })).toThrow(
      'evaluate: the second argument must be a Dataset or { x, y } of tensors, got { x: a Tensor, labels: a Tensor }.',
    );
  });

  test('numbers given as text', () => {
    const cases: readonly [() => unknown, string][] = [
      [
        () => earlyStopping({ patience: '3' as never }),
        "patience must be an integer >= 0, got '3'.",
      ],
      [
        () => earlyStopping({ minDelta: '0.1' as never }),
        "minDelta must be finite and >= 0, got '0",
      ],
      [() => earlyStopping({ baseline: '0.3' as never }), "baseline must be a number, got '0.3'."],
      [() => reduceLROnPlateau({ factor: '0.5' as never }), "factor must be in (0, 1), got '0.5'."],
      [
        () => prechelt({ criterion: 'GL', alpha: '5' as never }),
        "alpha must be finite and > 0, got '5'.",
      ],
      [
        () => averageWeights(ema(network()), { startFromShare: '0.5' as never }),
        "startFromShare must be in [0, 1), got '0.5'.",
      ],
      [
        () => modelCheckpoint({ to: 'x', saveBestOnly: true, initialValueThreshold: '1' as never }),
        "initialValueThreshold must be a number, got '1'.",
      ],
      [() => predictor(network(), { batchSize: '2' as never }), "an integer >= 1, got '2'."],
      [() => modelCheckpoint('w.st' as never), "got 'w.st'. Did you mean { to: 'w.st' }?"],
    ];
    for (const [call, message] of cases) {
      expect(call).toThrow(TypeError);
      expect(call).toThrow(message);
    }
    expect(() => earlyStopping({ patience: -1 })).toThrow(RangeError);
  });
});

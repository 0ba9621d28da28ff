import { describe, expect, test } from '@jest/globals';
import { Cell, tensor } from '@tikhonov/core';
import { biasesAndNorms, grouped, type Optimizer, sam, sgd, sgdTransform } from '@tikhonov/optim';
import {
  type FitOptions,
  fit,
  type ReduceLROnPlateauOptions,
  reduceLROnPlateau,
} from '@tikhonov/train';
import { network, plan, valuesOf } from '../helpers.ts';
import { curveRun } from './curve.ts';

/** The rates in the steps of epochs 1, 2, ..., read off how far the parameter went. */
async function ratesOn(
  curve: readonly number[],
  options: ReduceLROnPlateauOptions,
  more: Partial<FitOptions> = {},
) {
  const { run, watch } = curveRun(curve, (watch) => ({
    ...more,
    callbacks: [watch, reduceLROnPlateau({ factor: 0.5, ...options })],
  }));
  await run();
  const places = [0, ...watch.after.map(({ w }) => w![0]!)];
  return places.slice(1).map((w, i) => places[i]! - w);
}

describe.each([false, true])('reduceLROnPlateau (compiled: %s)', (compiled) => {
  test('halves the rate after `patience` values without improvement', async () => {
    const rates = await ratesOn([5, 4, 4, 4, 4, 3], { patience: 2 }, { compiled });
    expect(rates).toEqual([1, 1, 1, 1, 0.5, 0.5]);
  });
});

describe('reduceLROnPlateau', () => {
  test('waits from the end of the cooldown on', async () => {
    // Falls at 3; 4 and 5 cool down, of which 5, as in Keras, is the first that counts again.
    const rates = await ratesOn([5, 5, 5, 5, 5, 5, 5, 5], { patience: 2, cooldown: 2 });
    expect(rates).toEqual([1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]);
    const without = await ratesOn([5, 5, 5, 5, 5, 5], { patience: 2 });
    expect(without).toEqual([1, 1, 1, 0.5, 0.5, 0.25]);
  });

  test('improvements count during a cooldown', async () => {
    const stay = await ratesOn([5, 5, 3, 4, 4, 4], { patience: 1, cooldown: 2 });
    // Falls at 2; 3 is the best; 4 ends the cooldown and counts, so the rate falls at once.
    expect(stay).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25]);
  });

  test('minDelta, by default 1e-4, is what an improvement must exceed', async () => {
    expect(await ratesOn([1, 1 - 5e-5, 1 - 9e-5], { patience: 1 })).toEqual([1, 1, 0.5]);
    const exact = { patience: 1, minDelta: 0 };
    expect(await ratesOn([1, 1 - 5e-5, 1 - 9e-5], exact)).toEqual([1, 1, 1]);
    expect(await ratesOn([1, 0.75, 0.5], { patience: 1, minDelta: 0.25 })).toEqual([1, 1, 0.5]);
  });

  test('the rate does not fall below minLr', async () => {
    const rates = await ratesOn([1, 1, 1, 1, 1], { patience: 1, minLr: 0.375 });
    expect(rates).toEqual([1, 1, 0.5, 0.375, 0.375]);
    // One that is lower already is not raised.
    expect(await ratesOn([1, 1, 1], { patience: 1, minLr: 2 })).toEqual([1, 1, 1]);
  });

  test('mode max is the mirror image, and goes without saying for an accuracy', async () => {
    const rates = await ratesOn([1, 2, 1, 1, 3], { patience: 2, mode: 'max' });
    expect(rates).toEqual([1, 1, 1, 1, 0.5]);
    const model = network();
    const watched = reduceLROnPlateau({ monitor: 'validation.accuracy', patience: 1 });
    const history = await fit(model, plan(model, { callbacks: [watched] }));
    const accuracies = history.epochs.map((record) => record.evaluations.validation!.accuracy!);
    expect(watched.state.best).toBe(Math.max(...accuracies));
    expect(Math.min(...accuracies)).toBeLessThan(watched.state.best!);
  });

  test('NaN is no improvement, even as the first value', async () => {
    const nan = Number.NaN;
    const options = { patience: 2, monitor: 'validation.error' };
    expect(await ratesOn([nan, 5, nan, 4, 4], options)).toEqual([1, 1, 1, 1, 1]);
    expect(await ratesOn([nan, nan, nan], options)).toEqual([1, 1, 0.5]);
  });

  test('epochs without an evaluation do not count', async () => {
    const rates = await ratesOn([1, 1, 1, 1, 1], { patience: 1 }, { evaluateEvery: 2 });
    expect(rates).toEqual([1, 1, 1, 1, 0.5]);
  });

  test('all groups of parameters follow', async () => {
    const model = network();
    const optimizer = grouped(model, sgdTransform, { lr: 1e-9 }, [
      { match: biasesAndNorms, lrScale: 0.5 },
    ]);
    const callbacks = [reduceLROnPlateau({ patience: 1, minDelta: 10 })];
    await fit(model, plan(model, { optimizer, callbacks, epochs: 2 }));
    expect(optimizer.lr.read().item()).toBeCloseTo(1e-10, 20);
  });

  test('reaches the rate within SAM, and that of a cell that others share', async () => {
    const model = network();
    const lr = new Cell(tensor(0.5), { name: 'shared' });
    const optimizer = sam(sgd(model, { lr }), { rho: 0.01 });
    const callbacks = [reduceLROnPlateau({ factor: 0.5, patience: 1, minDelta: 10 })];
    await fit(model, plan(model, { optimizer, callbacks, epochs: 2 }));
    expect(lr.read().item()).toBe(0.25);
    expect(lr.dtype).toBe('float32');
  });

  test('an optimizer with a schedule, or without a rate, is an error before any step', async () => {
    const go = async (optimizer: FitOptions['optimizer']) => {
      const model = network();
      const before = valuesOf(model);
      const callbacks = [reduceLROnPlateau()];
      const error: unknown = await fit(model, plan(model, { optimizer, callbacks })).catch(
        (reason: unknown) => reason,
      );
      expect(valuesOf(model)).toEqual(before);
      expect(error).toBeInstanceOf(TypeError);
      return (error as Error).message;
    };
    const scheduled: Optimizer = sgd(network(), { lr: (count) => count.add(1).astype('float64') });
    expect(await go(sam(scheduled))).toMatch("the optimizer's lr is a schedule");
    expect(await go(scheduled)).toMatch(
      /^reduceLROnPlateau: the optimizer's lr is a schedule, which sets the rate anew at every step\.\n {2}Make/,
    );
    expect(await go({ minimize: (f) => f() })).toMatch(
      /^reduceLROnPlateau: the optimizer has no learning rate that could be written/,
    );
  });

  test.each<[string, ReduceLROnPlateauOptions]>([
    ['factor must be in (0, 1), got 1', { factor: 1 }],
    ['factor must be in (0, 1), got 0', { factor: 0 }],
    ['patience must be an integer >= 0, got 1.5', { patience: 1.5 }],
    ['cooldown must be an integer >= 0, got -1', { cooldown: -1 }],
    ['minDelta must be finite and >= 0, got NaN', { minDelta: Number.NaN }],
    ['minLr must be finite and >= 0, got -1', { minLr: -1 }],
  ])('%s', (message, options) => {
    expect(() => reduceLROnPlateau(options)).toThrow(`reduceLROnPlateau: ${message}`);
    expect(() => reduceLROnPlateau(options)).toThrow(RangeError);
  });

  test('options that there are not', () => {
    const bad = { min_lr: 1 } as ReduceLROnPlateauOptions;
    expect(() => reduceLROnPlateau(bad)).toThrow('unknown option "min_lr"');
  });
});

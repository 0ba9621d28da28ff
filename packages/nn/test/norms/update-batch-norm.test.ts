import { describe, expect, test } from '@jest/globals';
import { random, type Tensor, tensor } from '@tikhonov/core';
import { BatchNorm1d, Dropout, Linear, Sequential, updateBatchNorm } from '../../src/index.ts';

const draw = (seed: number): Tensor =>
  random.normal(random.key(seed), [4, 3], { dtype: 'float64' }).mul(seed + 1);

/** Mean and unbiased variance per column. */
const moments = (x: Tensor): number[][] => {
  const mean = x.mean({ axis: 0 });
  const variance = x
    .sub(mean)
    .pow(2)
    .sum({ axis: 0 })
    .div(x.shape[0]! - 1);
  return [Array.from(mean.data()), Array.from(variance.data())];
};

describe('updateBatchNorm', () => {
  test.each([0.1, 0, null])(
    'gives the means over the batches, whatever the momentum (%s)',
    (momentum) => {
      const layer = new BatchNorm1d(3, { momentum, dtype: 'float64' });
      layer.runningMean!.write(tensor([7, 8, 9], { dtype: 'float64' }));
      const batches = [1, 2, 3].map(draw);
      updateBatchNorm(new Sequential(layer), batches);
      const parts = batches.map(moments);
      for (const [i, cell] of [layer.runningMean!, layer.runningVar!].entries()) {
        for (const [c, got] of cell.read().data().entries()) {
          const want = parts.reduce((sum, part) => sum + part[i]![c]!, 0) / 3;
          expect(got).toBeCloseTo(want, 12);
        }
      }
      expect(layer.numBatchesTracked!.read().item()).toBe(3);
      expect(layer.momentum).toBe(momentum);
    },
  );

  test('afterwards the layer moves by its own momentum again', () => {
    const layer = new BatchNorm1d(3, { momentum: 1, dtype: 'float64' });
    updateBatchNorm(new Sequential(layer), [draw(1), draw(2)]);
    layer.forward(draw(3), { training: true });
    expect(layer.runningMean!.read().data()[0]).toBeCloseTo(moments(draw(3))[0]![0]!, 12);
  });

  test('deeper layers see what those before them make of a batch in training', () => {
    const model = new Sequential(
      new BatchNorm1d(3, { dtype: 'float64' }),
      new Linear(3, 3, { seed: 0, dtype: 'float64' }),
      new Dropout({ p: 0.5 }),
      new BatchNorm1d(3, { dtype: 'float64' }),
    );
    const key = random.key(4);
    updateBatchNorm(model, [draw(1)], { key });
    const first = model.stateDict()['3.running_mean']!.data();
    updateBatchNorm(model, [draw(1)], { key });
    expect(model.stateDict()['3.running_mean']!.data()).toEqual(first);
    updateBatchNorm(model, [draw(1)], { key: random.key(5) });
    expect(model.stateDict()['3.running_mean']!.data()).not.toEqual(first);
  });

  test('statistics are as before if a pass throws', () => {
    const layer = new BatchNorm1d(3);
    layer.forward(draw(1).astype('float32'), { training: true });
    const before = layer.runningMean!.read().data();
    const model = new Sequential(layer);
    expect(() => updateBatchNorm(model, [draw(1).astype('float32'), tensor([[1]])])).toThrow(
      'BatchNorm1d(3): x must be',
    );
    expect(layer.runningMean!.read().data()).toEqual(before);
    expect(() => updateBatchNorm(model, [])).toThrow('updateBatchNorm: there are no batches.');
    expect(layer.runningMean!.read().data()).toEqual(before);
  });

  test('a network without batch norms is not run, and what is no network refused', () => {
    expect(() =>
      updateBatchNorm(new Sequential(new Linear(2, 2, { seed: 0 })), [draw(1)]),
    ).not.toThrow();
    expect(() => updateBatchNorm({} as never, [])).toThrow(
      'updateBatchNorm: needs a module, got object.',
    );
  });
});

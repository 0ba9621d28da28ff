import { describe, expect, test } from '@jest/globals';
import { mul, random, stopGradient, sum } from '@tikhonov/core';
import { crossEntropy, Dropout, mlp, Sequential } from '@tikhonov/nn';
import { penaltyShare, type StepTerm } from '../src/index.ts';

const rows = {
  x: random.normal(random.key(1), [6, 3]),
  y: random.randint(random.key(2), [6], 0, 2),
};
const network = () => mlp([3, 4, 2], { seed: 0, dropout: 0.5 });
const twice: StepTerm = ({ dataLoss }) => mul(dataLoss, 2);

describe.each([
  ['eager', false],
  ['compiled', true],
] as const)('penaltyShare, %s,', (_name, compiled) => {
  test('is two thirds for a penalty of twice the loss', () => {
    const model = network();
    const measure = penaltyShare(model, { loss: crossEntropy, penalties: [twice], compiled });
    const before = JSON.stringify(model.stateDict());
    const { dataLoss, penalty, share, dataGradient, penaltyGradient } = measure(rows);
    expect(penalty).toBeCloseTo(2 * dataLoss, 6);
    expect(penaltyGradient).toBeCloseTo(2 * dataGradient, 6);
    expect(share).toBeCloseTo(2 / 3, 7);
    expect(JSON.stringify(model.stateDict())).toBe(before);
  });

  test('is 0 without penalties, and for a penalty without gradient', () => {
    const constant: StepTerm = ({ output }) => sum(stopGradient(output));
    for (const penalties of [[], [constant]]) {
      const { share, penaltyGradient } = penaltyShare(network(), {
        loss: crossEntropy,
        penalties,
        compiled,
      })(rows);
      expect([share, penaltyGradient]).toEqual([0, 0]);
    }
  });

  test('is 0 where nothing has a gradient', () => {
    const model = new Sequential(new Dropout({ p: 0.1 }));
    const share = penaltyShare(model, { loss: (out) => sum(out), penalties: [], compiled });
    expect(share(rows).share).toBe(0);
  });

  test('sees the parameters as they are now', () => {
    const model = network();
    const measure = penaltyShare(model, { loss: crossEntropy, penalties: [twice], compiled });
    const first = measure(rows).dataLoss;
    for (const parameter of model.parameters()) parameter.write(mul(parameter.read(), 3));
    expect(measure(rows).dataLoss).not.toBe(first);
  });
});

test('says what is wrong with its options', () => {
  expect(() => penaltyShare(network(), { loss: 3 as never, penalties: [] })).toThrow(TypeError);
  expect(() => penaltyShare(network(), { loss: crossEntropy, penalties: twice as never })).toThrow(
    /penalties must be an array/,
  );
});

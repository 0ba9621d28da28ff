import { describe, expect, test } from '@jest/globals';
import { parameter, type Tensor, tensor } from '@tikhonov/core';
import { crossEntropy, Linear, Module } from '@tikhonov/nn';
import { sam, sgd } from '@tikhonov/optim';
import { type FitOptions, fit, type Loss } from '@tikhonov/train';
import { network, plan } from './helpers.ts';

class TwoHeads extends Module {
  readonly used: Linear = new Linear(64, 10, { seed: 0 });
  readonly spare: Linear = new Linear(64, 2, { seed: 1 });

  forward(x: Tensor): Tensor {
    return this.used.forward(x);
  }
}

const run = (model: TwoHeads, more: Partial<FitOptions> = {}) =>
  fit(model, {
    ...plan(network()),
    epochs: 1,
    optimizer: sgd(model, { lr: 0.1 }),
    ...more,
  });

describe.each([true, false])(
  'parameters that the loss does not reach (compiled: %s)',
  (compiled) => {
    test('are named, with what to do in fit', async () => {
      await expect(run(new TwoHeads(), { compiled })).rejects.toThrow(
        'fit: the loss does not depend on "spare.weight", "spare.bias", which the optimizer has.\n' +
          "  Make the optimizer for the other parameters only, or pass unreached: 'zeros' to fit.",
      );
      const other = sgd({ w: parameter(tensor([1])) }, { lr: 0.1 });
      await expect(run(new TwoHeads(), { compiled, optimizer: other })).rejects.toThrow(
        'Those are all: is the optimizer of this model?',
      );
    });

    test('get gradients of 0 if asked to', async () => {
      const model = new TwoHeads();
      const [spare, used] = [model.spare.weight.read(), model.used.weight.read()];
      await run(model, { compiled, unreached: 'zeros' });
      expect(model.spare.weight.read().toArray()).toEqual(spare.toArray());
      expect(model.used.weight.read().toArray()).not.toEqual(used.toArray());
      const sharp = sam(sgd(model, { lr: 0.1 }));
      await run(model, { compiled, unreached: 'zeros', optimizer: sharp });
      expect(model.spare.weight.read().toArray()).toEqual(spare.toArray());
    });
  },
);

test('unreached is checked', async () => {
  await expect(run(new TwoHeads(), { unreached: 'zero' as never })).rejects.toThrow(
    "fit: unreached must be 'error' or 'zeros', got 'zero'.",
  );
});

test.each([true, false])(
  'a batch without a label that counts is explained (compiled: %s)',
  async (compiled) => {
    const model = network();
    const loss: Loss = (output, y) => crossEntropy(output, y.mul(0).sub(1), { ignoreIndex: -1 });
    const running = fit(model, plan(model, { compiled, loss, evaluationLoss: crossEntropy }));
    await expect(running).rejects.toThrow(RangeError);
    await expect(running).rejects.toThrow(
      /^fit: no row of the batch in epoch 1, step 1 counts for the loss: crossEntropy: .*sum to 0.*ignoreIndex/s,
    );
  },
);

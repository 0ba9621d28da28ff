import { expect, test } from '@jest/globals';
import type { Tensor } from '@tikhonov/core';
import type { ForwardContext } from '@tikhonov/nn';
import { fit } from '@tikhonov/train';
import { network, plan } from './helpers.ts';

// As where a content security policy forbids it.
Reflect.deleteProperty(globalThis, 'WebAssembly');

test('without WebAssembly the default is to run every operation as it comes', async () => {
  const model = network();
  let calls = 0;
  const watched = {
    namedCells: () => model.namedCells(),
    forward: (x: Tensor, context: ForwardContext = {}) => {
      calls += context.training === true ? 1 : 0;
      return model.forward(x, context);
    },
  };
  const history = await fit(watched, plan(model));
  expect(history.stopReason).toBe('completed');
  expect(calls).toBe(history.epochs.at(-1)!.steps);
});

test('and asking for more is refused before anything happens', async () => {
  const model = network();
  await expect(fit(model, plan(model, { compiled: true }))).rejects.toThrow(
    /no WebAssembly.*Or pass { compiled: false }/s,
  );
});

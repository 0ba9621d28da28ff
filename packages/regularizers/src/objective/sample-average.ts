import { add, mul, random, sub, type Tensor, zerosLike } from '@tikhonov/core';
import type { StepContext } from '@tikhonov/train';

/** A RangeError unless it is a number of draws. */
export function requireSamples(caller: string, name: string, samples: number): void {
  if (Number.isInteger(samples) && samples >= 1) return;
  throw new RangeError(`${caller}: ${name} must be an integer >= 1, got ${String(samples)}.`);
}

/**
 * What turns the data loss of a step, which saw one draw of the model's noise, into the mean over several:
 * each further draw is a further pass with a key of its own. 0 for one draw.
 */
export function furtherDraws(context: StepContext, samples: number, name: string): Tensor {
  const { batch, dataLoss, rng } = context;
  const key = random.foldIn(rng, name);
  let sum = zerosLike(dataLoss);
  for (let k = 1; k < samples; k++) {
    const output = context.forward(batch.x, { rng: random.foldIn(key, k) });
    sum = add(sum, sub(context.loss(output), dataLoss));
  }
  return mul(sum, 1 / samples);
}

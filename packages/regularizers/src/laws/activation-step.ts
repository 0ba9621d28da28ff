import { random, type Tensor } from '@tikhonov/core';
import { activationsOf } from '@tikhonov/nn';
import type { StepContext } from '@tikhonov/train';
import type { Network } from '../method.ts';

/** A step of a network on rows, with what its layers took and gave, as terms of the objective see it. */
export function activationStep(
  model: Network,
  x: Tensor,
  { seed = 0, sampleWeight }: { readonly seed?: number; readonly sampleWeight?: Tensor } = {},
): StepContext {
  const key = random.key(seed);
  const forward: StepContext['forward'] = (rows, { rng = key } = {}) =>
    model.forward(rows, { training: true, rng, updateState: false });
  const { result, activations } = activationsOf(model, () => forward(x));
  // Not a linear function of the outputs, so that draws do not cancel.
  const loss = (output: Tensor): Tensor => output.mul(output).add(output).mean();
  return {
    updateState: true,
    model,
    batch: sampleWeight === undefined ? { x, y: x } : { x, y: x, sampleWeight },
    output: result,
    dataLoss: loss(result),
    rng: key,
    forward,
    loss,
    activations,
  };
}

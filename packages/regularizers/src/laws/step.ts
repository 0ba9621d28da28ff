import { random, type Tensor } from '@tikhonov/core';
import { type MLP, mlp } from '@tikhonov/nn';
import type { StepContext } from '@tikhonov/train';

/** A step of a small network of two inputs and two classes, as terms see it; float64. */
export function stepOf(
  x: Tensor,
  seed: number,
  {
    model = mlp([2, 3, 2], { seed, activation: 'tanh', dtype: 'float64' }),
    updateState = true,
  }: {
    readonly model?: MLP;
    readonly updateState?: boolean;
  } = {},
): StepContext {
  const forward = (rows: Tensor): Tensor => model.forward(rows);
  const output = forward(x);
  return {
    updateState,
    model,
    batch: { x, y: x },
    output,
    dataLoss: output.mean(),
    rng: random.key(seed),
    forward,
    loss: (other) => other.mean(),
    activations: {},
  };
}

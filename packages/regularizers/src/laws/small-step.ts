import { random, type Tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { crossEntropy, type MLP, mlp } from '@tikhonov/nn';
import type { StepContext } from '@tikhonov/train';

/** A step of a small network with dropout on weighted rows, as terms of the objective see it. */
export interface SmallStep {
  readonly model: MLP;
  readonly context: StepContext;
  /** The losses of the rows at other inputs, with the masks of the step. */
  readonly losses: (x: Tensor) => Tensor;
  /** `sum(w v) / sum(w)` with the weights of the rows. */
  readonly weightedMean: (values: Tensor) => Tensor;
}

/** Draws rows, labels, weights and a network. */
export function smallStep(draw: CaseDraw): SmallStep {
  const [n, inputs, classes] = [draw.integer(2, 3), draw.integer(1, 3), 3];
  const [x, y] = [draw.tensor([n, inputs]), draw.integers([n], 0, classes - 1)];
  const sampleWeight = draw.tensor([n], { min: 0.5, max: 2 });
  const model = mlp([inputs, 4, classes], {
    seed: draw.integer(0, 1e6),
    activation: 'tanh',
    dropout: 0.3,
    dtype: 'float64',
  });
  const rng = random.key(draw.integer(0, 1e6));
  const batch = { x, y, sampleWeight };
  const forward = (rows: Tensor): Tensor =>
    model.forward(rows, { training: true, rng, updateState: false });
  const loss = (output: Tensor, labels = y): Tensor =>
    crossEntropy(output, labels, { sampleWeight });
  const output = forward(x);
  const context: StepContext = {
    updateState: true,
    model,
    batch,
    output,
    dataLoss: loss(output),
    rng,
    forward,
    loss,
    activations: {},
  };
  return {
    model,
    context,
    losses: (rows) => crossEntropy(forward(rows), y, { reduction: 'none' }),
    weightedMean: (values) => values.mul(sampleWeight).sum().div(sampleWeight.sum()),
  };
}

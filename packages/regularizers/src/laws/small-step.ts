import { random, type Tensor, tensor, where } from '@tikhonov/core';
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
  const forward: StepContext['forward'] = (rows, { rng: other = rng } = {}) =>
    model.forward(rows, { training: true, rng: other, updateState: false });
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

/**
 * The step with a loss that leaves out the marked rows by `ignoreIndex` -1, and the same with weights of 0 for
 * them, which must come to the same.
 *
 * @param kept  bool `[n]`
 */
export function withIgnoredRows(
  { context }: SmallStep,
  kept: Tensor,
): { readonly ignoring: StepContext; readonly weighing: StepContext } {
  const { batch, output } = context;
  const y = where(kept, batch.y, -1);
  const ignoring = (other: Tensor): Tensor =>
    crossEntropy(other, y, { ignoreIndex: -1, sampleWeight: batch.sampleWeight! });
  const sampleWeight = where(kept, batch.sampleWeight!, 0);
  const weighing = (other: Tensor): Tensor => crossEntropy(other, batch.y, { sampleWeight });
  return {
    ignoring: { ...context, batch: { ...batch, y }, dataLoss: ignoring(output), loss: ignoring },
    weighing: {
      ...context,
      batch: { ...batch, sampleWeight },
      dataLoss: weighing(output),
      loss: weighing,
    },
  };
}

/** Which rows count: the first one, and of the others half. */
export const someRows = (draw: CaseDraw, n: number): Tensor =>
  tensor(Array.from({ length: n }, (_, i) => i === 0 || draw.pick([true, false])));

import { add, matmul, softplus, type Tensor, tanh, transpose } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';

/** The parameters of a network with one hidden layer. */
export interface SmallParameters {
  /** `[hidden, inputs]` */
  readonly w1: Tensor;
  /** `[hidden]` */
  readonly b1: Tensor;
  /** `[outputs, hidden]` */
  readonly w2: Tensor;
  /** `[outputs]` */
  readonly b2: Tensor;
}

/** A smooth activation, by name so that a counterexample can be read. */
export type SmoothActivation = 'tanh' | 'softplus';

/** A drawn network and rows for it, float64. */
export interface SmallCase {
  readonly p: SmallParameters;
  readonly act: SmoothActivation;
  /** `[n, inputs]` */
  readonly x: Tensor;
}

/** Sizes that a case must have; others are drawn. */
export interface SmallSizes {
  readonly outputs?: number;
  /** At most. @defaultValue 3 */
  readonly rows?: number;
}

/** Draws a network of up to three inputs, hidden units and outputs. */
export function smallNetwork(draw: CaseDraw, sizes: SmallSizes = {}): SmallCase {
  const [inputs, hidden] = [draw.integer(1, 3), draw.integer(1, 3)];
  const outputs = sizes.outputs ?? draw.integer(2, 3);
  const weights = { min: -1.5, max: 1.5, avoid: [0] };
  return {
    p: {
      w1: draw.tensor([hidden, inputs], weights),
      b1: draw.tensor([hidden], weights),
      // Outputs that differ, so that a network with several of them depends on its input.
      w2: draw.tensor([outputs, hidden], { ...weights, distinct: true }),
      b2: draw.tensor([outputs], weights),
    },
    act: draw.pick<SmoothActivation>(['tanh', 'softplus']),
    x: draw.tensor([draw.integer(1, sizes.rows ?? 3), inputs]),
  };
}

/** `act(x W1^T + b1) W2^T + b2`. */
export const smallForward = (
  { w1, b1, w2, b2 }: SmallParameters,
  act: SmoothActivation,
  x: Tensor,
): Tensor => {
  const z = add(matmul(x, transpose(w1)), b1);
  return add(matmul(act === 'tanh' ? tanh(z) : softplus(z), transpose(w2)), b2);
};

/** `[n]` labels for the rows. */
export const labelsFor = (draw: CaseDraw, x: Tensor, classes: number): Tensor =>
  draw.integers([x.shape[0]!], 0, classes - 1);

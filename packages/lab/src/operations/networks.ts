import type { Operation } from '@tikhonov/check';
import { operation } from '@tikhonov/check';
import { add, arange, sigmoid, softmax, type Tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import * as nn from '@tikhonov/nn';

const few = { nonEmpty: 'statistics of nothing are not defined' };
const loss = { nonEmpty: 'the mean of nothing is not defined' };
const reductionOf = (draw: CaseDraw): nn.Reduction => draw.pick(['mean', 'sum', 'none'] as const);

/** A loss of predictions and targets of one shape, which are kept `apart` by at least 0.1. */
function pairLoss(
  name: string,
  f: (x: Tensor, y: Tensor, options: { readonly reduction: nn.Reduction }) => Tensor,
  apart: boolean,
): Operation {
  return operation(
    `nn.${name}`,
    (draw) => {
      const shape = draw.shape({ minSize: 1 });
      const reduction = reductionOf(draw);
      const far = apart ? 10 : 0;
      const x = draw.tensor(shape, { min: far - 3, max: far + 3 });
      return [(a, b) => f(a!, b!, { reduction }), x, draw.tensor(shape)];
    },
    loss,
  );
}

/** Losses. */
export const losses: readonly Operation[] = [
  pairLoss('mse', nn.mse, false),
  pairLoss('l1Loss', nn.l1Loss, true),
  pairLoss('huberLoss', nn.huberLoss, true),
  pairLoss('smoothL1Loss', nn.smoothL1Loss, true),
  operation(
    'nn.crossEntropy',
    (draw) => {
      const [n, c] = [draw.integer(1, 3), draw.integer(2, 4)];
      const weight = draw.pick([undefined, Array.from({ length: c }, (_, i) => 0.5 + i)]);
      const options = {
        reduction: reductionOf(draw),
        labelSmoothing: draw.pick([0, 0.1]),
        ...(weight === undefined ? {} : { weight }),
      };
      return [
        (x, y) => nn.crossEntropy(x!, y!, options),
        draw.tensor([n, c]),
        draw.integers([n], 0, c - 1),
      ];
    },
    loss,
  ),
  operation(
    'nn.nllLoss',
    (draw) => {
      const [n, c] = [draw.integer(1, 3), draw.integer(2, 4)];
      const options = { reduction: reductionOf(draw) };
      return [
        (x, y) => nn.nllLoss(x!, y!, options),
        draw.tensor([n, c], { max: -0.1 }),
        draw.integers([n], 0, c - 1),
      ];
    },
    loss,
  ),
  operation(
    'nn.binaryCrossEntropyWithLogits',
    (draw) => {
      const shape = draw.shape({ minSize: 1 });
      const reduction = reductionOf(draw);
      const target = draw.tensor(shape, { min: 0.1, max: 0.9 });
      return [
        (x, y) => nn.binaryCrossEntropyWithLogits(x!, y!, { reduction }),
        draw.tensor(shape),
        target,
      ];
    },
    loss,
  ),
  operation(
    'nn.binaryCrossEntropy',
    (draw) => {
      const shape = draw.shape({ minSize: 1 });
      const reduction = reductionOf(draw);
      const target = draw.tensor(shape, { min: 0.1, max: 0.9 });
      return [
        (x, y) => nn.binaryCrossEntropy(sigmoid(x!), y!, { reduction }),
        draw.tensor(shape),
        target,
      ];
    },
    loss,
  ),
  operation(
    'nn.klDiv',
    (draw) => {
      const shape = [draw.integer(1, 3), draw.integer(1, 3)];
      const reduction = reductionOf(draw);
      return [
        (x, y) => nn.klDiv(x!, softmax(y!), { reduction }),
        draw.tensor(shape, { max: -0.1 }),
        draw.tensor(shape),
      ];
    },
    loss,
  ),
  operation(
    'nn.gaussianNllLoss',
    (draw) => {
      const shape = draw.shape({ minSize: 1 });
      const variance = draw.tensor(shape, { min: 0.2, max: 2 });
      return [
        (x, y, v) => nn.gaussianNllLoss(x!, y!, v!),
        draw.tensor(shape),
        draw.tensor(shape),
        variance,
      ];
    },
    loss,
  ),
  operation(
    'nn.poissonNllLoss',
    (draw) => {
      const shape = draw.shape({ minSize: 1 });
      return [
        (x, y) => nn.poissonNllLoss(x!, y!),
        draw.tensor(shape),
        draw.tensor(shape, { min: 0.5, max: 3 }),
      ];
    },
    loss,
  ),
  operation(
    'nn.cosineEmbeddingLoss',
    (draw) => {
      const shape = [draw.integer(1, 3), 3];
      const [x, y] = [draw.tensor(shape, { min: 0.3 }), draw.tensor(shape, { min: 0.3 })];
      return [
        (a, b) => nn.cosineEmbeddingLoss(a!, b!, a!.detach().sum({ axis: 1 }).mul(0).add(1)),
        x,
        y,
      ];
    },
    loss,
  ),
];

/**
 * Noise on a ramp along an axis: values that are normalised must differ, or their float32 derivatives are
 * differences of nearly equal numbers.
 */
function ramp(draw: CaseDraw, shape: readonly number[], axis: number): Tensor {
  const along = arange(shape[axis]!, { dtype: 'float64' }).mul(1.5);
  const steps = along.reshape(shape.map((n, k) => (k === axis ? n : 1)));
  return add(draw.tensor(shape, { min: -0.3, max: 0.3 }), steps);
}

/** Functional forms of layers. */
export const layers: readonly Operation[] = [
  operation('nn.linear', (draw) => {
    const [n, m] = [draw.integer(0, 3), draw.integer(0, 3)];
    const x = draw.tensor([...draw.shape({ maxRank: 2 }), n]);
    return [(a, w, b) => nn.linear(a!, w!, b!), x, draw.tensor([m, n]), draw.tensor([m])];
  }),
  operation('nn.embedding', (draw) => {
    const indices = draw.integers(draw.shape({ maxRank: 2 }), 0, 2);
    return [(i, w) => nn.embedding(i!, w!), indices, draw.tensor([3, 2])];
  }),
  operation('nn.dropout', (draw) => {
    const shape = draw.shape();
    return [
      (x, m) => nn.dropout(x!, { p: 0.5, training: true, mask: m! }),
      draw.tensor(shape),
      draw.booleans(shape),
    ];
  }),
  operation(
    'nn.batchNorm',
    (draw) => {
      const shape = [draw.integer(2, 3), draw.integer(1, 2), ...draw.pick([[], [2]])];
      const [w, b] = [draw.tensor([shape[1]!]), draw.tensor([shape[1]!])];
      return [
        (x, weight, bias) => nn.batchNorm(x!, { weight: weight!, bias: bias!, training: true }),
        ramp(draw, shape, 0),
        w,
        b,
      ];
    },
    few,
  ),
  operation(
    'nn.layerNorm',
    (draw) => {
      const shape = [draw.integer(1, 3), draw.integer(2, 3)];
      const [w, b] = [draw.tensor([shape[1]!]), draw.tensor([shape[1]!])];
      return [
        (x, weight, bias) =>
          nn.layerNorm(x!, { normalizedShape: shape[1]!, weight: weight!, bias: bias! }),
        ramp(draw, shape, 1),
        w,
        b,
      ];
    },
    few,
  ),
  operation(
    'nn.rmsNorm',
    (draw) => {
      const shape = [draw.integer(1, 3), draw.integer(1, 3)];
      return [
        (x, weight) => nn.rmsNorm(x!, { normalizedShape: shape[1]!, weight: weight! }),
        draw.tensor(shape, { min: 0.8 }),
        draw.tensor([shape[1]!]),
      ];
    },
    few,
  ),
  operation(
    'nn.groupNorm',
    (draw) => {
      const shape = [draw.integer(1, 2), 4, draw.integer(1, 2)];
      const numGroups = draw.pick([1, 2]);
      return [
        (x, weight, bias) => nn.groupNorm(x!, { numGroups, weight: weight!, bias: bias! }),
        ramp(draw, shape, 1),
        draw.tensor([4]),
        draw.tensor([4]),
      ];
    },
    few,
  ),
  operation(
    'nn.instanceNorm',
    (draw) => {
      const shape = [draw.integer(1, 2), draw.integer(1, 2), 3];
      return [(x) => nn.instanceNorm(x!), ramp(draw, shape, 2)];
    },
    few,
  ),
  ...(['attentionWeights', 'scaledDotProductAttention'] as const).map((name) =>
    operation(
      `nn.${name}`,
      (draw) => {
        const [n, d] = [draw.integer(1, 3), draw.integer(1, 2)];
        const options = { isCausal: draw.pick([false, true]) };
        const [q, k, v] = [draw.tensor([2, n, d]), draw.tensor([2, n, d]), draw.tensor([2, n, d])];
        return name === 'attentionWeights'
          ? [(a, b) => nn.attentionWeights(a!, b!, options), q, k]
          : [(a, b, c) => nn.scaledDotProductAttention(a!, b!, c!, options), q, k, v];
      },
      few,
    ),
  ),
];

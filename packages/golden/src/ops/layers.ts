import { astype, cosineSimilarity, logSoftmax, softmax, type Tensor } from '@tikhonov/core';
import {
  batchNorm,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  embedding,
  groupNorm,
  huberLoss,
  klDiv,
  l1Loss,
  layerNorm,
  linear,
  mse,
  nllLoss,
  type Reduction,
  scaledDotProductAttention,
  smoothL1Loss,
} from '@tikhonov/nn';
import { type Adapter, type Attrs, alone } from './adapter.ts';

/** The given ones of some attributes. */
const pick = <Name extends keyof Attrs>(
  attrs: Attrs,
  ...names: readonly Name[]
): { [K in Name]?: NonNullable<Attrs[K]> } =>
  Object.fromEntries(
    names.flatMap((name) => (attrs[name] === undefined ? [] : [[name, attrs[name]]])),
  ) as { [K in Name]?: NonNullable<Attrs[K]> };

/** The inputs that a case has, by name. */
const named = <Name extends string>(
  names: readonly Name[],
  inputs: readonly Tensor[],
): { [K in Name]?: Tensor } =>
  Object.fromEntries(inputs.map((input, i) => [names[i]!, input])) as { [K in Name]?: Tensor };

const reduced = ({ reduction }: Attrs): { reduction?: Reduction } => {
  if (reduction === 'batchmean') throw new TypeError('batchmean is for kl_div');
  return reduction === undefined ? {} : { reduction };
};

/** The files' classes are on axis 1, or the only one. */
const classAxis = (scores: Tensor): number => (scores.rank > 1 ? 1 : 0);

/** Layers and losses. */
export const layers: Readonly<Record<string, Adapter>> = {
  linear: ([x, w, b]) => linear(x!, w!, b),
  embedding: ([index, w], attrs) => embedding(index!, w!, pick(attrs, 'paddingIdx')),
  softmax: ([x], attrs) => softmax(x!, alone(attrs)),
  log_softmax: ([x], attrs) => logSoftmax(x!, alone(attrs)),
  batch_norm: ([x, ...rest], attrs) =>
    batchNorm(x!, {
      ...named(['weight', 'bias', 'runningMean', 'runningVar'], rest),
      ...pick(attrs, 'training', 'eps', 'momentum'),
    }),
  layer_norm: ([x, ...rest], attrs) =>
    layerNorm(x!, {
      ...named(['weight', 'bias'], rest),
      normalizedShape: attrs.normalizedShape!,
      ...pick(attrs, 'eps'),
    }),
  group_norm: ([x, ...rest], attrs) =>
    groupNorm(x!, {
      ...named(['weight', 'bias'], rest),
      numGroups: attrs.numGroups!,
      ...pick(attrs, 'eps'),
    }),
  attention: ([q, k, v, ...rest], attrs) =>
    scaledDotProductAttention(q!, k!, v!, {
      ...named(['mask'], rest),
      ...pick(attrs, 'scale', 'isCausal'),
    }),
  cosine_similarity: ([x, y], attrs) =>
    cosineSimilarity(x!, y!, { ...alone(attrs), ...pick(attrs, 'eps') }),
  mse_loss: ([y, t], attrs) => mse(y!, t!, reduced(attrs)),
  l1_loss: ([y, t], attrs) => l1Loss(y!, t!, reduced(attrs)),
  huber_loss: ([y, t], attrs) => huberLoss(y!, t!, { ...reduced(attrs), ...pick(attrs, 'delta') }),
  smooth_l1_loss: ([y, t], attrs) =>
    smoothL1Loss(y!, t!, { ...reduced(attrs), ...pick(attrs, 'beta') }),
  cross_entropy: ([z, y], attrs) =>
    crossEntropy(z!, y!, {
      axis: classAxis(z!),
      ...reduced(attrs),
      ...pick(attrs, 'weight', 'labelSmoothing', 'ignoreIndex'),
    }),
  nll_loss: ([logp, y], attrs) =>
    nllLoss(logp!, y!, {
      axis: classAxis(logp!),
      ...reduced(attrs),
      ...pick(attrs, 'weight', 'ignoreIndex'),
    }),
  bce_with_logits: ([z, t], attrs) =>
    binaryCrossEntropyWithLogits(z!, astype(t!, z!.dtype), {
      ...reduced(attrs),
      ...pick(attrs, 'weight', 'posWeight'),
    }),
  bce_loss: ([p, t], attrs) =>
    binaryCrossEntropy(p!, astype(t!, p!.dtype), { ...reduced(attrs), ...pick(attrs, 'weight') }),
  kl_div: ([q, p], attrs) => klDiv(q!, p!, pick(attrs, 'reduction', 'logTarget')),
};

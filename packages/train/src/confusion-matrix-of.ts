import type { Tensor } from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import type { DataLoader } from '@tikhonov/data';
import { type Examples, sourceOf } from './evaluate.ts';
import { evaluationPass } from './evaluation-pass.ts';
import {
  type ConfusionNormalization,
  checkNormalization,
  confusionCounts,
  normalized,
} from './metrics/confusion.ts';
import type { Model } from './model.ts';

/** Options of `confusionMatrixOf`. */
export interface ConfusionMatrixOfOptions {
  /** Over what entries add up to 1. @defaultValue none: counts, or sums of weights */
  readonly normalize?: ConfusionNormalization;
  /** Rows per chunk; bounds the memory. A data loader has its own. @defaultValue 512 */
  readonly batchSize?: number;
  /** Whether the model runs as a WebAssembly program, which pays for large sets. @defaultValue false */
  readonly compiled?: boolean;
}

/**
 * `confusionMatrix` of a model over a data set, chunk by chunk, with the model in evaluation mode and the
 * rows weighted as the data set says.
 *
 * @param model  gives logits `[n, K]`, or `[n]` of class 1
 * @param examples  a data set, `{ x, y }`, or a data loader, whose present epoch is used
 * @returns `[K, K]` float64; rows are true classes, columns predictions
 * @throws RangeError for no rows, a bad `batchSize` or a label out of range; ShapeError for outputs that are
 * no logits of classes; TypeError for another normalization
 * @example
 * ```ts
 * const model = { forward: (x: Tensor) => x, namedCells: () => ({}) };
 * const y = tensor([0, 1, 1], { dtype: 'int32' });
 * const set = { x: tensor([[2, 0], [0, 1], [1, 0]]), y };
 * train.confusionMatrixOf(model, set).toArray(); // => [[1, 0], [1, 1]]
 * ```
 */
export function confusionMatrixOf(
  model: Model,
  examples: Examples | DataLoader<unknown>,
  options: ConfusionMatrixOfOptions = {},
): Tensor {
  requireOptions('confusionMatrixOf', options, {
    normalize: 'string',
    batchSize: true,
    compiled: 'boolean',
  });
  const { normalize, batchSize, compiled = false } = options;
  checkNormalization('confusionMatrixOf', normalize);
  const confusion = {
    statistics: (output: Tensor, y: Tensor, weights: { readonly sampleWeight?: Tensor } = {}) => ({
      counts: confusionCounts(output, y, weights),
    }),
  };
  const pass = evaluationPass(
    model,
    { means: {}, streams: { confusion } },
    { compiled, batchSize },
  );
  const { statistics } = pass(sourceOf(examples));
  return normalized(statistics.confusion!.counts!, normalize);
}

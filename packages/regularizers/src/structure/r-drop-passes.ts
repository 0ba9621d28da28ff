import { add, concat, mul, random, split, sub, type Tensor, type TensorLike } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { Layer } from '@tikhonov/nn';
import type { StepTerm } from '@tikhonov/train';
import {
  gatedTerm,
  type IgnoredRows,
  meanOverSamples,
  rowWeights,
} from '../objective/per-sample.ts';
import { requireStrength, type Strength } from '../strength.ts';
import { requireRng } from './keep-mask.ts';
import { lossOfPasses, type RDropSettings, rDropNames } from './r-drop-loss.ts';
import { symmetricKl } from './symmetric-kl.ts';

/** Options of `rDrop`. */
export interface RDropOptions extends RDropSettings {
  /** The random key of both passes, which get keys of their own. */
  readonly rng?: Tensor;
  /**
   * Whether running statistics move; of two passes only in the first. @defaultValue true
   */
  readonly updateState?: boolean;
  /**
   * Whether the batch goes through the network once, beside a copy of itself, instead of twice. Noise that the
   * mini-batch shares is then the same for both: masks of weights, `level: 'batch'`, dropped blocks.
   * @defaultValue false
   */
  readonly concatenate?: boolean;
}

const known: OptionNames<RDropOptions> = {
  ...rDropNames,
  rng: true,
  updateState: 'boolean',
  concatenate: 'boolean',
};

/**
 * `rDropLoss` of two passes of a network in training mode, each with masks of its own.
 *
 * @param model  a network with dropout, `[n, ...] -> [n, ..., classes]`
 * @param x  the batch, `[n, ...]`
 * @param labels  integers `[n, ...]`
 * @throws as `rDropLoss`; TypeError without `rng`
 * @see Liang, Wu, Li, Wang, Meng, Qin, Chen, Zhang & Liu, "R-Drop: regularized dropout for neural networks",
 * NeurIPS 2021, arXiv 2106.14448
 * @example
 * ```ts
 * const model = nn.mlp([4, 8, 3], { seed: 0, dropout: 0.3 });
 * const labels = tensor([0, 2], { dtype: 'int32' });
 * const loss = reg.rDrop(model, ones([2, 4]), labels, { alpha: 1, rng: random.key(0) });
 * loss.shape; // => []
 * ```
 */
export function rDrop(
  model: Layer,
  x: Tensor,
  labels: TensorLike,
  options: RDropOptions = {},
): Tensor {
  requireOptions('rDrop', options, known);
  const { rng, updateState = true, concatenate = false, ...settings } = options;
  const key = requireRng('rDrop', rng, 'a second prediction (see rDropLoss)');
  const pass = (rows: Tensor, i: number): Tensor =>
    model.forward(rows, {
      training: true,
      rng: random.foldIn(key, i),
      updateState: updateState && i === 0,
    });
  if (concatenate) {
    const [first, second] = split(pass(concat([x, x]), 0), x.shape[0]!);
    return lossOfPasses('rDrop', first!, second!, labels, settings);
  }
  return lossOfPasses('rDrop', pass(x, 0), pass(x, 1), labels, settings);
}

/** Options of `rDropTerm`. */
export interface RDropTermOptions extends IgnoredRows {
  /** Strength of the divergence, >= 0. @defaultValue 1 */
  readonly alpha?: Strength;
  /** Whether the likelihood terms are added, or averaged. @defaultValue 'sum', as in the paper */
  readonly nll?: 'sum' | 'mean';
}

const knownOfTerm: OptionNames<RDropTermOptions> = { alpha: true, nll: true, ignoreIndex: true };

/**
 * R-Drop, for `penalties` of `train.fit`: the rows of a step go through the network a second time, with other
 * masks. Added are the loss of that pass, whatever loss the training has, and `alpha` times the divergence of the
 * two predictions (`symmetricKl`), a mean over rows with their weights.
 *
 * The data loss that `fit` reports is that of the first pass.
 *
 * @throws RangeError for a negative `alpha`; TypeError for other words
 * @see Liang, Wu, Li, Wang, Meng, Qin, Chen, Zhang & Liu, "R-Drop: regularized dropout for neural networks",
 * NeurIPS 2021, arXiv 2106.14448
 * @example
 * ```ts
 * const model = nn.mlp([2, 8, 2], { seed: 0, dropout: 0.3 });
 * await train.fit(model, {
 *   train: data.moons({ n: 32, seed: 0 }),
 *   optimizer: optim.adam(model),
 *   loss: nn.crossEntropy,
 *   penalties: [reg.rDropTerm({ alpha: 1 })],
 *   epochs: 1,
 *   seed: 0,
 * });
 * ```
 */
export function rDropTerm(options: RDropTermOptions = {}): StepTerm {
  const name = 'rDropTerm';
  requireOptions(name, options, knownOfTerm);
  const { alpha = 1, nll = 'sum', ...ignored } = options;
  if (nll !== 'sum' && nll !== 'mean') {
    throw new TypeError(`${name}: nll must be 'sum' or 'mean', got "${String(nll)}".`);
  }
  requireStrength(`${name}: alpha`, alpha);
  return (context) => {
    const { batch, output, dataLoss, rng } = context;
    const second = context.forward(batch.x, { rng: random.foldIn(rng, 'r-drop') });
    const other = context.loss(second);
    const likelihood = nll === 'sum' ? other : mul(sub(other, dataLoss), 0.5);
    const strength = requireStrength(`${name}: alpha`, alpha);
    const weights = rowWeights(name, context, ignored);
    const divergence = (): Tensor => meanOverSamples(symmetricKl(output, second), weights);
    return add(likelihood, gatedTerm(strength, output.dtype, divergence));
  };
}

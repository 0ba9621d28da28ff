import {
  add,
  astype,
  div,
  greater,
  lessEqual,
  maximum,
  mean,
  mul,
  sub,
  type Tensor,
  where,
} from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import { type GivenGradients, present } from './given-gradients.ts';
import { globalNorm, requireFiniteNorm } from './global-norm.ts';
import { at, mapNamed } from './named.ts';
import { nonNegative, positive, requireNumber, type Scalar } from './scalars.ts';
import { requireThreshold, thresholdOf } from './threshold.ts';
import { type Named, type NoState, stateless, type Transform } from './transform.ts';
import { lengthOf } from './trust-ratio.ts';
import { unitNorms } from './unit-norms.ts';

/** `x min(1, bound / length)`; untouched, bit by bit, where it is short enough. */
function shorten(x: Tensor, length: Tensor, bound: Tensor | number): Tensor {
  const within = lessEqual(length, bound);
  const factor = div(bound, where(within, 1, length));
  return where(within, x, mul(x, astype(factor, x.dtype)));
}

/** Options of clipping by norms. */
export interface NormClipOptions {
  /** Throw if a norm is NaN or infinite, and name the first bad tensor. @defaultValue true */
  readonly errorIfNonfinite?: boolean;
}

const known = { errorIfNonfinite: 'boolean' } as const;

function shortened(name: string, grads: Named, maxNorm: Scalar, finite: boolean): Named {
  const bound = thresholdOf(name, 'maxNorm', maxNorm);
  return mapNamed(grads, (g, key) => {
    const length = lengthOf(g);
    if (finite) requireFiniteNorm(name, length, `the gradient of "${key}"`);
    return shorten(g, length, bound);
  });
}

/**
 * Scales every tensor whose 2-norm is above `maxNorm` down to it, each alone: directions of tensors stay,
 * that of all together does not.
 *
 * @param grads  by name; those that are null are left out
 * @param maxNorm  > 0: a number, or a 0-d cell or tensor
 * @throws RangeError unless `maxNorm` is finite and > 0, and naming the first bad tensor if a gradient is not
 * finite
 * @see Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks", ICML 2013,
 * arXiv 1211.5063
 * @example
 * ```ts
 * const clipped = optim.clipGradsByNorm({ a: tensor([3, 4]), b: tensor([0.5]) }, 1);
 * clipped.a.toArray(); // => [0.6, 0.8]
 * clipped.b.toArray(); // => [0.5]
 * ```
 */
export function clipGradsByNorm(
  grads: GivenGradients,
  maxNorm: Scalar,
  options: NormClipOptions = {},
): Named {
  requireThreshold('clipGradsByNorm', 'maxNorm', maxNorm);
  requireOptions('clipGradsByNorm', options, known);
  const { errorIfNonfinite = true } = options;
  return shortened('clipGradsByNorm', present(grads), maxNorm, errorIfNonfinite);
}

/**
 * `clipGradsByNorm` as a transform.
 *
 * @param maxNorm  > 0: a number, or a 0-d cell or tensor
 * @throws RangeError unless `maxNorm` is finite and > 0; at a step, if a gradient is not finite
 */
export function clipByNorm(maxNorm: Scalar, options: NormClipOptions = {}): Transform<NoState> {
  requireThreshold('clipByNorm', 'maxNorm', maxNorm);
  requireOptions('clipByNorm', options, known);
  const { errorIfNonfinite = true } = options;
  return stateless((updates) => shortened('clipByNorm', updates, maxNorm, errorIfNonfinite));
}

function softened(name: string, grads: Named, gamma: Scalar, options: NormClipOptions): Named {
  const { errorIfNonfinite = true } = options;
  const bound = thresholdOf(name, 'gamma', gamma);
  const factor = div(bound, add(globalNorm(grads, { errorIfNonfinite }), bound));
  return mapNamed(grads, (g) => mul(g, astype(factor, g.dtype)));
}

/**
 * Scales all gradients by `gamma / (n + gamma)`, `n` being the norm of all of them together: a smooth
 * bound, within a factor of 2 of `min(1, gamma / n)`.
 *
 * @param grads  by name; those that are null are left out
 * @param gamma  > 0: a number, or a 0-d cell or tensor
 * @throws RangeError unless `gamma` is finite and > 0, and naming the first bad tensor if a gradient is not
 * finite
 * @see Zhang, He, Sra & Jadbabaie, "Why gradient clipping accelerates training", ICLR 2020, arXiv 1905.11881
 * @example
 * ```ts
 * optim.softClipGrads({ w: tensor([3, 4]) }, 5).w.toArray(); // => [1.5, 2]
 * ```
 */
export function softClipGrads(
  grads: GivenGradients,
  gamma: Scalar,
  options: NormClipOptions = {},
): Named {
  requireThreshold('softClipGrads', 'gamma', gamma);
  requireOptions('softClipGrads', options, known);
  return softened('softClipGrads', present(grads), gamma, options);
}

/**
 * `softClipGrads` as a transform.
 *
 * @param gamma  > 0: a number, or a 0-d cell or tensor
 * @throws RangeError unless `gamma` is finite and > 0; at a step, if a gradient is not finite
 */
export function softClip(gamma: Scalar, options: NormClipOptions = {}): Transform<NoState> {
  requireThreshold('softClip', 'gamma', gamma);
  requireOptions('softClip', options, known);
  return stateless((updates) => softened('softClip', updates, gamma, options));
}

/** Options of `clipAdaptively`. */
export interface AdaptiveClipOptions {
  /** Largest share of the weights' length that a gradient may have, > 0. @defaultValue 0.01 */
  readonly clipping?: number;
  /** Weights shorter than this count as this long, >= 0. @defaultValue 1e-3 */
  readonly eps?: number;
}

/**
 * Adaptive gradient clipping: every output unit's gradient (a slice along axis 0; of vectors, all of it) is
 * at most `clipping max(|w|, eps)` long, `w` being the unit's weights.
 *
 * @throws RangeError for numbers out of range
 * @see Brock, De, Smith & Simonyan, "High-performance large-scale image recognition without normalization",
 * ICML 2021, arXiv 2102.06171
 * @example
 * ```ts
 * const clip = optim.clipAdaptively({ clipping: 0.1 });
 * const w = tensor([[3, 4], [0, 10]]);
 * const g = tensor([[0, 2], [0, 0.5]]);
 * clip.update({ w: g }, [], { w })[0].w.toArray(); // => [[0, 0.5], [0, 0.5]]
 * ```
 */
export function clipAdaptively(options: AdaptiveClipOptions = {}): Transform<NoState> {
  requireOptions('clipAdaptively', options, { clipping: true, eps: true });
  const { clipping = 0.01, eps = 1e-3 } = options;
  requireNumber('clipAdaptively', 'clipping', clipping, positive);
  requireNumber('clipAdaptively', 'eps', eps, nonNegative);
  const lengths = (x: Tensor): Tensor =>
    x.rank < 2 ? lengthOf(x) : unitNorms('clipAdaptively', x, 0);
  return stateless((updates, params) =>
    mapNamed(updates, (g, name) => {
      const bound = mul(maximum(lengths(at(params, name)), eps), clipping);
      const length = lengths(g);
      // Below any bound that is not 0 nothing is divided.
      return where(greater(length, 0), shorten(g, length, bound), g);
    }),
  );
}

/**
 * Gradient centralisation: the mean of every output unit's gradient (a slice along axis 0) is subtracted
 * from it. Vectors and scalars stay, and so do units of one weight, which would never learn.
 *
 * @see Yong, Huang, Hua & Zhang, "Gradient centralization: a new optimization technique for deep neural
 * networks", ECCV 2020, arXiv 2004.01461
 * @example
 * ```ts
 * const g = { w: tensor([[1, 3], [0, 0]]) };
 * optim.centralizeGradients().update(g, [], g)[0].w.toArray(); // => [[-1, 1], [0, 0]]
 * ```
 */
export const centralizeGradients = (): Transform<NoState> =>
  stateless((updates) =>
    mapNamed(updates, (g) => {
      // A slice of one element is its own mean: the gains of weight normalization are such.
      if (g.rank < 2 || g.size === g.shape[0]) return g;
      const axes = g.shape.map((_, i) => i).slice(1);
      return sub(g, mean(g, { axis: axes, keepdims: true }));
    }),
  );

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
import { globalNorm } from './global-norm.ts';
import { at, mapNamed } from './named.ts';
import { requirePlain } from './plain.ts';
import { nonNegative, positive, requireNumber } from './scalars.ts';
import { type NoState, stateless, type Transform } from './transform.ts';
import { lengthOf } from './trust-ratio.ts';
import { unitNorms } from './unit-norms.ts';

/** `x min(1, bound / length)`; untouched, bit by bit, where it is short enough. */
function shorten(x: Tensor, length: Tensor, bound: Tensor | number): Tensor {
  const within = lessEqual(length, bound);
  const factor = div(bound, where(within, 1, length));
  return where(within, x, mul(x, astype(factor, x.dtype)));
}

/**
 * Scales every tensor whose 2-norm is above `maxNorm` down to it, each alone: directions of tensors stay,
 * that of all together does not.
 *
 * @throws RangeError unless `maxNorm` is finite and > 0
 * @see Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks", ICML 2013,
 * arXiv 1211.5063
 * @example
 * ```ts
 * const clip = optim.clipByNorm(1);
 * const g = { a: tensor([3, 4]), b: tensor([0.5]) };
 * const [clipped] = clip.update(g, [], g);
 * clipped.a.toArray(); // => [0.6, 0.8]
 * clipped.b.toArray(); // => [0.5]
 * ```
 */
export function clipByNorm(maxNorm: number): Transform<NoState> {
  requirePlain('clipByNorm', 'maxNorm', maxNorm);
  requireNumber('clipByNorm', 'maxNorm', maxNorm, positive);
  return stateless((updates) => mapNamed(updates, (g) => shorten(g, lengthOf(g), maxNorm)));
}

/**
 * Scales all gradients by `gamma / (n + gamma)`, `n` being the norm of all of them together: a smooth
 * bound, within a factor of 2 of `min(1, gamma / n)`.
 *
 * @throws RangeError unless `gamma` is finite and > 0
 * @see Zhang, He, Sra & Jadbabaie, "Why gradient clipping accelerates training", ICLR 2020, arXiv 1905.11881
 * @example
 * ```ts
 * const g = { w: tensor([3, 4]) };
 * optim.softClip(5).update(g, [], g)[0].w.toArray(); // => [1.5, 2]
 * ```
 */
export function softClip(gamma: number): Transform<NoState> {
  requirePlain('softClip', 'gamma', gamma);
  requireNumber('softClip', 'gamma', gamma, positive);
  return stateless((updates) => {
    const factor = div(gamma, add(globalNorm(updates), gamma));
    return mapNamed(updates, (g) => mul(g, astype(factor, g.dtype)));
  });
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
 * from it. Vectors and scalars stay.
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
      if (g.rank < 2) return g;
      const axes = g.shape.map((_, i) => i).slice(1);
      return sub(g, mean(g, { axis: axes, keepdims: true }));
    }),
  );

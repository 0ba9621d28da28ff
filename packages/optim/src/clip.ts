import { add, astype, Cell, clamp, div, lessEqual, mul, neg, Tensor, where } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { type GivenGradients, present } from './given-gradients.ts';
import { type GlobalNormOptions, globalNorm, requireNormType } from './global-norm.ts';
import { mapNamed } from './named.ts';
import { nonNegative, requireNumber, type Scalar } from './scalars.ts';
import { aboveZero, requireThreshold, thresholdOf } from './threshold.ts';
import { type Named, type NoState, stateless, type Transform } from './transform.ts';

/** Options of clipping by the global norm. */
export interface ClipByGlobalNormOptions {
  /** `p` of the p-norm: any number > 0, or Infinity. @defaultValue 2 */
  readonly normType?: number;
  /** Added to the norm in the divisor. PyTorch uses 1e-6. @defaultValue 0, as optax */
  readonly eps?: number;
  /** Throw if the norm is NaN or infinite, and name the first bad tensor. @defaultValue true */
  readonly errorIfNonfinite?: boolean;
}

/** Clipped gradients, and what was measured before. */
export interface ClippedGradients {
  readonly grads: Named;
  /** The norm of all of them together before clipping, float64 `[]`. */
  readonly totalNorm: Tensor;
}

const isScalar = (x: object | number): x is Scalar =>
  typeof x === 'number' || x instanceof Tensor || x instanceof Cell;

const known: OptionNames<ClipByGlobalNormOptions> = {
  normType: true,
  eps: true,
  errorIfNonfinite: 'boolean',
};

function requireBound(name: string, maxNorm: Scalar, options: ClipByGlobalNormOptions): void {
  requireOptions(name, options, known);
  requireThreshold(name, 'maxNorm', maxNorm, aboveZero);
  requireNumber(name, 'eps', options.eps ?? 0, nonNegative);
  requireNormType(name, options.normType ?? 2);
}

/**
 * Scales all gradients by `min(1, maxNorm / (n + eps))`, `n` being the norm of all of them together: the
 * direction stays, the length is bounded. Below the bound they are returned as they are.
 *
 * @param grads  by name; those that are null are left out
 * @param maxNorm  > 0: a number, or a 0-d cell or tensor
 * @returns the gradients, and `totalNorm`: `n` before clipping, float64 `[]`
 * @throws RangeError if `maxNorm` is not > 0, and naming the first bad tensor if a gradient is not finite
 * @see Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks", ICML 2013,
 * arXiv 1211.5063; Zhang, He, Sra & Jadbabaie, "Why gradient clipping accelerates training", ICLR 2020,
 * arXiv 1905.11881
 * @example
 * ```ts
 * const { grads, totalNorm } = optim.clipGradsByGlobalNorm({ w: tensor([3, 4]) }, 1);
 * totalNorm.item(); // => 5
 * grads.w.toArray(); // => [0.6, 0.8]
 * ```
 */
export function clipGradsByGlobalNorm(
  grads: GivenGradients,
  maxNorm: Scalar,
  options: ClipByGlobalNormOptions = {},
): ClippedGradients {
  requireBound('clipGradsByGlobalNorm', maxNorm, options);
  const { eps = 0, normType = 2, errorIfNonfinite = true } = options;
  const measured: GlobalNormOptions = { normType, errorIfNonfinite };
  const given = present(grads);
  const totalNorm = globalNorm(given, measured);
  const bound = thresholdOf('clipGradsByGlobalNorm', 'maxNorm', maxNorm, aboveZero);
  const padded = add(totalNorm, eps);
  // Chosen, not min(1, ...): a norm of 0 is never divided by, and a factor of 1 changes no bit.
  const within = lessEqual(padded, bound);
  const factor = where(within, 1, div(bound, where(within, 1, padded)));
  return { grads: mapNamed(given, (g) => mul(g, astype(factor, g.dtype))), totalNorm };
}

/**
 * Clipping by the global norm as a transform: put it in front of an optimizer with
 * `adamw(model, { gradients: [clipByGlobalNorm(1)] })`. Given gradients, it clips those now, as
 * `clipGradsByGlobalNorm` does.
 *
 * @param maxNorm  > 0: a number, or a 0-d cell or tensor
 * @throws RangeError if `maxNorm` is not > 0; at a step, if a gradient is not finite
 * @example
 * ```ts
 * const { grads, totalNorm } = optim.clipByGlobalNorm({ w: tensor([3, 4]) }, 1);
 * totalNorm.item(); // => 5
 * grads.w.toArray(); // => [0.6, 0.8]
 * const clip = optim.clipByGlobalNorm(1);
 * clip.update({ w: tensor([3, 4]) }, [], {})[0].w.toArray(); // => [0.6, 0.8]
 * ```
 */
export function clipByGlobalNorm(
  maxNorm: Scalar,
  options?: ClipByGlobalNormOptions,
): Transform<NoState>;
export function clipByGlobalNorm(
  grads: GivenGradients,
  maxNorm: Scalar,
  options?: ClipByGlobalNormOptions,
): ClippedGradients;
export function clipByGlobalNorm(
  first: Scalar | GivenGradients,
  second: Scalar | ClipByGlobalNormOptions = {},
  third: ClipByGlobalNormOptions = {},
): Transform<NoState> | ClippedGradients {
  if (isScalar(second)) return clipGradsByGlobalNorm(first as GivenGradients, second, third);
  const [maxNorm, options] = [first as Scalar, second];
  requireBound('clipByGlobalNorm', maxNorm, options);
  return stateless((updates) => clipGradsByGlobalNorm(updates, maxNorm, options).grads);
}

/** Elements in `[-clipValue, clipValue]`. */
function limited(name: string, grads: Named, clipValue: Scalar): Named {
  const bound = thresholdOf(name, 'clipValue', clipValue);
  if (typeof bound === 'number') {
    return mapNamed(grads, (u) => clamp(u, { min: -bound, max: bound }));
  }
  return mapNamed(grads, (u) => {
    const own = astype(bound, u.dtype);
    return clamp(u, { min: neg(own), max: own });
  });
}

/**
 * Limits every element to `[-clipValue, clipValue]`; unlike clipping by norm this changes the direction.
 * NaN stays, for the optimizer to refuse.
 *
 * @param grads  by name; those that are null are left out
 * @param clipValue  > 0: a number, or a 0-d cell or tensor
 * @throws RangeError unless `clipValue` is finite and > 0
 * @example
 * ```ts
 * optim.clipGradsByValue({ w: tensor([-3, 0.5]) }, 1).w.toArray(); // => [-1, 0.5]
 * ```
 */
export function clipGradsByValue(grads: GivenGradients, clipValue: Scalar): Named {
  requireThreshold('clipGradsByValue', 'clipValue', clipValue);
  return limited('clipGradsByValue', present(grads), clipValue);
}

/**
 * `clipGradsByValue` as a transform.
 *
 * @param clipValue  > 0: a number, or a 0-d cell or tensor
 * @throws RangeError unless `clipValue` is finite and > 0
 * @example
 * ```ts
 * const clip = optim.clipByValue(1);
 * const g = { w: tensor([-3, 0.5]) };
 * clip.update(g, clip.init(g), g)[0].w.toArray(); // => [-1, 0.5]
 * ```
 */
export function clipByValue(clipValue: Scalar): Transform<NoState> {
  requireThreshold('clipByValue', 'clipValue', clipValue);
  return stateless((updates) => limited('clipByValue', updates, clipValue));
}

import { add, astype, clamp, div, lessEqual, mul, type Tensor, where } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { type GlobalNormOptions, globalNorm, requireNormType } from './global-norm.ts';
import { mapNamed } from './named.ts';
import { requirePlain } from './plain.ts';
import { nonNegative, positive, requireNumber } from './scalars.ts';
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

const known: OptionNames<ClipByGlobalNormOptions> = {
  normType: true,
  eps: true,
  errorIfNonfinite: 'boolean',
};

function requireBound(name: string, maxNorm: number, options: ClipByGlobalNormOptions): void {
  requireOptions(name, options, known);
  requirePlain(name, 'maxNorm', maxNorm);
  requireNumber(name, 'maxNorm', maxNorm, {
    test: (x) => x > 0,
    says: '> 0',
  });
  requireNumber(name, 'eps', options.eps ?? 0, nonNegative);
  requireNormType(name, options.normType ?? 2);
}

/**
 * Scales all gradients by `min(1, maxNorm / (n + eps))`, `n` being the norm of all of them together: the
 * direction stays, the length is bounded. Below the bound they are returned as they are.
 *
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
  grads: Named,
  maxNorm: number,
  options: ClipByGlobalNormOptions = {},
): { readonly grads: Named; readonly totalNorm: Tensor } {
  requireBound('clipGradsByGlobalNorm', maxNorm, options);
  const { eps = 0, normType = 2, errorIfNonfinite = true } = options;
  const measured: GlobalNormOptions = { normType, errorIfNonfinite };
  const totalNorm = globalNorm(grads, measured);
  const padded = add(totalNorm, eps);
  // Chosen, not min(1, ...): a norm of 0 is never divided by, and a factor of 1 changes no bit.
  const within = lessEqual(padded, maxNorm);
  const factor = where(within, 1, div(maxNorm, where(within, 1, padded)));
  return { grads: mapNamed(grads, (g) => mul(g, astype(factor, g.dtype))), totalNorm };
}

/**
 * `clipGradsByGlobalNorm` as a transform. Put it in front of an optimizer with
 * `adamw(model, { gradients: [clipByGlobalNorm(1)] })`.
 *
 * @throws RangeError if `maxNorm` is not > 0; at a step, if a gradient is not finite
 */
export function clipByGlobalNorm(
  maxNorm: number,
  options: ClipByGlobalNormOptions = {},
): Transform<NoState> {
  requireBound('clipByGlobalNorm', maxNorm, options);
  return stateless((updates) => clipGradsByGlobalNorm(updates, maxNorm, options).grads);
}

/**
 * Limits every element to `[-clipValue, clipValue]`; unlike clipping by norm this changes the direction.
 *
 * @throws RangeError unless `clipValue` is finite and > 0
 * @example
 * ```ts
 * const clip = optim.clipByValue(1);
 * const g = { w: tensor([-3, 0.5]) };
 * clip.update(g, clip.init(g), g)[0].w.toArray(); // => [-1, 0.5]
 * ```
 */
export function clipByValue(clipValue: number): Transform<NoState> {
  requirePlain('clipByValue', 'clipValue', clipValue);
  requireNumber('clipByValue', 'clipValue', clipValue, positive);
  return stateless((updates) =>
    mapNamed(updates, (u) => clamp(u, { min: -clipValue, max: clipValue })),
  );
}

import { add, astype, div, mul, pow, random, sqrt, type Tensor, tensor } from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import { at, mapNamed } from './named.ts';
import { nonNegative, requireNumber, requireStrength, type Scalar, strength64 } from './scalars.ts';
import type { Named, Transform } from './transform.ts';

/** Options of the noise's strength. */
export interface NoiseStrength {
  /** Variance at the first step, >= 0: a number, or a 0-d cell or tensor. @defaultValue 0.3 */
  readonly eta?: Scalar;
  /** How fast it falls, >= 0. @defaultValue 0.55 */
  readonly gamma?: number;
}

/** Options of `addGradientNoise`. */
export interface GradientNoiseOptions extends NoiseStrength {
  /** One seed gives the same noise everywhere. Either it or a key must be given. */
  readonly seed?: number;
  /** A key instead. */
  readonly key?: Tensor;
}

/** State of `addGradientNoise`. */
export type GradientNoiseState = {
  /** Steps taken, int32 `[]`. */
  readonly count: Tensor;
  /** The key that all noise is drawn from. */
  readonly key: Tensor;
};

/**
 * The standard deviation of the noise at a step: `sqrt(eta / (1 + count)^gamma)`, float64 `[]`.
 *
 * @param count  steps taken so far, int32 `[]`
 * @throws RangeError for numbers out of range
 * @example
 * ```ts
 * const count = tensor(3, { dtype: 'int32' });
 * optim.gradientNoiseScale(count, { eta: 1, gamma: 1 }).item(); // => 0.5
 * ```
 */
export function gradientNoiseScale(count: Tensor, strength: NoiseStrength = {}): Tensor {
  requireOptions('gradientNoiseScale', strength, { eta: true, gamma: true });
  const { eta = 0.3, gamma = 0.55 } = strength;
  requireStrength('gradientNoise', 'eta', eta);
  requireNumber('gradientNoise', 'gamma', gamma, nonNegative);
  const variance = strength64('gradientNoise', 'eta', eta);
  return sqrt(div(variance, pow(add(astype(count, 'float64'), 1), gamma)));
}

/** Options of `gradientNoise`: what is drawn, and when. */
export interface GivenNoiseOptions extends NoiseStrength {
  /** Standard normal numbers of the gradients' shapes and dtypes, by the same names. */
  readonly noise: Named;
  /** Steps taken so far, int32 `[]`. */
  readonly count: Tensor;
}

/**
 * Gradients with the noise of a step added: `g + sqrt(eta / (1 + count)^gamma) noise`, for noise that is
 * given; `addGradientNoise` draws it. A variance of 0 leaves them as they are.
 *
 * @throws RangeError for numbers out of range; TypeError for a gradient without noise
 * @example
 * ```ts
 * const count = tensor(3, { dtype: 'int32' });
 * const noise = { w: tensor([1, -2]) };
 * const noisy = optim.gradientNoise({ w: tensor([5, 5]) }, { noise, count, eta: 1, gamma: 1 });
 * noisy.w.toArray(); // => [5.5, 4]
 * ```
 */
export function gradientNoise(grads: Named, options: GivenNoiseOptions): Named {
  const known = { noise: true, count: true, eta: true, gamma: true } as const;
  requireOptions('gradientNoise', options, known);
  const { noise, count, ...strength } = options;
  const scale = gradientNoiseScale(count, strength);
  if (strength.eta === 0) return grads;
  return mapNamed(grads, (g, name) => add(g, mul(at(noise, name), astype(scale, g.dtype))));
}

/**
 * Adds normal noise of variance `eta / (1 + t)^gamma` to the gradients, `t` being the steps taken. Every
 * parameter and step has noise of its own, which does not depend on the other parameters.
 *
 * @throws RangeError for numbers out of range; TypeError for neither or both of seed and key
 * @see Neelakantan et al., "Adding gradient noise improves learning for very deep networks", 2015,
 * arXiv 1511.06807
 * @example
 * ```ts
 * const w = parameter(tensor([1, 2]));
 * const gradients = [optim.addGradientNoise({ seed: 0, eta: 0.01 })];
 * optim.sgd({ w }, { lr: 0.1, gradients }).minimize(() => mul(w, w).sum()).item(); // => 5
 * ```
 */
export function addGradientNoise(options: GradientNoiseOptions): Transform<GradientNoiseState> {
  const known = { seed: true, key: true, eta: true, gamma: true } as const;
  requireOptions('addGradientNoise', options, known);
  const { seed, key = seed === undefined ? undefined : random.key(seed), ...strength } = options;
  if (key === undefined || (seed !== undefined && options.key !== undefined)) {
    throw new TypeError('addGradientNoise: needs either a seed or a key.\n  Pass { seed: 0 }.');
  }
  gradientNoiseScale(tensor(0, { dtype: 'int32' }), strength);
  return {
    init: () => ({ count: tensor(0, { dtype: 'int32' }), key }),
    update(updates, { count, key: own }) {
      const now = random.foldIn(own, count);
      const noise = mapNamed(updates, (g, name) =>
        random.normal(random.foldIn(now, name), g.shape, { dtype: g.dtype }),
      );
      const next: GradientNoiseState = { count: add(count, 1), key: own };
      return [gradientNoise(updates, { noise, count, ...strength }), next];
    },
  };
}

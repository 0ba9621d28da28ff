import { add, astype, div, mul, pow, random, sqrt, type Tensor, tensor } from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import { mapNamed } from './named.ts';
import { nonNegative, requireNumber } from './scalars.ts';
import type { Named, Transform } from './transform.ts';

/** Options of the noise's strength. */
export interface NoiseStrength {
  /** Variance at the first step, >= 0. @defaultValue 0.3 */
  readonly eta?: number;
  /** How fast it falls, >= 0. @defaultValue 0.55 */
  readonly gamma?: number;
}

/** Options of `addGradientNoise`. */
export interface GradientNoiseOptions extends NoiseStrength {
  /** One seed gives the same noise everywhere. */
  readonly seed: number;
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
  requireNumber('gradientNoise', 'eta', eta, nonNegative);
  requireNumber('gradientNoise', 'gamma', gamma, nonNegative);
  return sqrt(div(eta, pow(add(astype(count, 'float64'), 1), gamma)));
}

/**
 * Adds normal noise of variance `eta / (1 + t)^gamma` to the gradients, `t` being the steps taken. Every
 * parameter and step has noise of its own, which does not depend on the other parameters.
 *
 * @throws RangeError for numbers out of range
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
  requireOptions('addGradientNoise', options, { seed: true, eta: true, gamma: true });
  const { seed, ...strength } = options;
  gradientNoiseScale(tensor(0, { dtype: 'int32' }), strength);
  const key = random.key(seed);
  return {
    init: () => ({ count: tensor(0, { dtype: 'int32' }), key }),
    update(updates, state) {
      const scale = gradientNoiseScale(state.count, strength);
      const now = random.foldIn(state.key, state.count);
      const noisy = (g: Tensor, name: string): Tensor => {
        const noise = random.normal(random.foldIn(now, name), g.shape, { dtype: g.dtype });
        return add(g, mul(noise, astype(scale, g.dtype)));
      };
      const next: GradientNoiseState = { count: add(state.count, 1), key: state.key };
      // A variance of 0 adds exactly nothing.
      const moved: Named = strength.eta === 0 ? updates : mapNamed(updates, noisy);
      return [moved, next];
    },
  };
}

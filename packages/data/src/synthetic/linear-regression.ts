import { ShapeError, type Tensor, tensor } from '@tikhonov/core';
import { kindOf, requireOptions } from '@tikhonov/core/engine';
import type { Dataset } from '../dataset.ts';
import { requireCount } from '../validate.ts';
import {
  addNoise,
  type NoisyOptions,
  noisyNames,
  type Plan,
  planOf,
  requireFiniteNumber,
} from './generate.ts';

/** Options of `linearRegression`. */
export interface LinearRegressionOptions extends NoisyOptions {
  /** Number of inputs. @defaultValue the length of `weight`, or 10 */
  readonly features?: number;
  /** How many of the inputs matter: the first ones; the others have weight 0. @defaultValue all */
  readonly informative?: number;
  /** The true weights, instead of standard normal ones. */
  readonly weight?: readonly number[];
  /** The true intercept. @defaultValue 0 */
  readonly bias?: number;
  /** Correlation of neighbouring inputs, in (-1, 1). @defaultValue 0 */
  readonly correlation?: number;
}

/** A regression problem of which the truth is known. */
export interface LinearProblem {
  /** `x` `[n, features]`, `y` `[n, 1]`. */
  readonly dataset: Dataset;
  /** `[features]`, in the dtype of the data. */
  readonly weight: Tensor;
  /** The intercept. */
  readonly bias: number;
}

/**
 * Linear regression with known weights: `y = x w + bias + noise z`. The inputs are standard normal with
 * the correlation `correlation^|i - j|` between the inputs `i` and `j`, which is how the lasso's paper
 * simulates; `w` is standard normal unless it is given. To draw test rows of the same problem, pass the
 * weights and another seed. Unlike scikit-learn's `make_regression`, whose weights are uniform in
 * [0, 100) and at random places, the informative inputs come first.
 *
 * @param options  see `LinearRegressionOptions`
 * @returns the data set, and the weights and bias that made it
 * @throws RangeError for a number out of range; DTypeError if `dtype` is not floating
 * @throws ShapeError if the weights are not as many as `features`; TypeError for both `weight` and `informative`
 * @see Tibshirani, "Regression shrinkage and selection via the lasso", JRSS-B 58 (1996), section 7
 * @example
 * ```ts
 * const truth = [3, 1.5, 0, 0, 2, 0, 0, 0];
 * const { dataset, weight } = data.linearRegression({ n: 20, weight: truth, correlation: 0.5, noise: 3 });
 * dataset.x.shape; // => [20, 8]
 * dataset.y.shape; // => [20, 1]
 * weight.toArray(); // => [3, 1.5, 0, 0, 2, 0, 0, 0]
 * ```
 */
export function linearRegression(options: LinearRegressionOptions = {}): LinearProblem {
  const names = { features: true, informative: true, weight: true, bias: true } as const;
  requireOptions('linearRegression', options, { ...noisyNames, ...names, correlation: true });
  const { bias = 0, correlation: rho = 0 } = options;
  const features = checkFeatures(options);
  requireFiniteNumber('linearRegression', 'bias', bias);
  if (!(rho > -1 && rho < 1)) {
    throw new RangeError(`linearRegression: correlation must be in (-1, 1), got ${rho}.`);
  }
  const plan = planOf('linearRegression', options, 1);
  const { informative = features } = options;
  const weight = Float64Array.from(options.weight ?? plan.normal('weight', features), (w, i) =>
    options.weight === undefined && i >= informative ? 0 : w,
  );
  const x = inputs(plan, features, rho);
  const y = Float64Array.from({ length: plan.n }, (_, row) => {
    let total = bias;
    for (let j = 0; j < features; j++) total += x[row * features + j]! * weight[j]!;
    return total;
  });
  addNoise(plan, y);
  return {
    dataset: plan.finish(x, y),
    weight: tensor(weight, { dtype: plan.dtype }),
    bias,
  };
}

/** Normal inputs, each `correlation` times the one before and an innovation that keeps the variance 1. */
function inputs(plan: Plan, features: number, correlation: number): Float64Array {
  const x = Float64Array.from(plan.normal('inputs', plan.n * features));
  if (correlation === 0) return x;
  const fresh = Math.sqrt(1 - correlation * correlation);
  for (let i = 0; i < x.length; i++) {
    if (i % features !== 0) x[i] = correlation * x[i - 1]! + fresh * x[i]!;
  }
  return x;
}

function checkFeatures(options: LinearRegressionOptions): number {
  const { weight, features = weight?.length ?? 10, informative } = options;
  requireCount('linearRegression', 'features', features);
  if (informative !== undefined) {
    const isCount = Number.isInteger(informative) && informative >= 0 && informative <= features;
    if (!isCount) {
      throw new RangeError(
        `linearRegression: informative must be an integer in [0, ${features}], got ${informative}.\n  It counts inputs.`,
      );
    }
  }
  if (weight === undefined) return features;
  if (!Array.isArray(weight)) {
    throw new TypeError(`linearRegression: weight must be an array, got ${kindOf(weight)}.`);
  }
  if (informative !== undefined) {
    throw new TypeError(
      'linearRegression: got both weight and informative.\n  Write zeros into weight instead.',
    );
  }
  if (weight.length !== features) {
    throw new ShapeError(
      `linearRegression: ${weight.length} weights for ${features} features.\n  Give one per feature, or leave features out.`,
    );
  }
  for (const value of weight) requireFiniteNumber('linearRegression', 'every weight', value);
  return features;
}

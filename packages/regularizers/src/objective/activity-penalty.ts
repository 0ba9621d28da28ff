import { abs, square, type Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { Module } from '@tikhonov/nn';
import type { StepTerm } from '@tikhonov/train';
import { gated, requireStrength, type Strength, scaled } from '../strength.ts';
import { type ActivationOptions, activationTerm, requireActivations } from './activity-select.ts';
import { meanOverSamples, sumPerSample } from './per-sample.ts';

/** Options of `activityL1` and `activityL2`. */
export interface ActivityOptions {
  /** Strength, >= 0; loss per unit of activation (or of its square) of a sample. */
  readonly lambda: Strength;
  /** Weights of the samples `[n]`: the mean over samples is weighted by them. */
  readonly sampleWeight?: Tensor;
}

const known: OptionNames<ActivityOptions> = { lambda: true, sampleWeight: true };

/** Options of the terms. */
export interface ActivityTermOptions extends ActivationOptions {
  /** Strength, >= 0. */
  readonly lambda: Strength;
}

function activity(
  caller: string,
  size: (h: Tensor) => Tensor,
  activations: Tensor,
  options: ActivityOptions,
): Tensor {
  requireOptions(caller, options, known);
  const lambda = requireStrength(`${caller}: lambda`, options.lambda);
  const h = requireActivations(caller, activations);
  const sizes = sumPerSample(size(gated(lambda, h)));
  return scaled(lambda, meanOverSamples(sizes, options.sampleWeight));
}

function termOf(
  caller: string,
  penalty: (h: Tensor, options: ActivityOptions) => Tensor,
  model: Module,
  options: ActivityTermOptions,
): StepTerm {
  requireOptions(caller, options, { lambda: true, select: 'function' });
  const { lambda, ...rest } = options;
  requireStrength(`${caller}: lambda`, lambda);
  return activationTerm(caller, model, rest, (h, sampleWeight) =>
    penalty(h, sampleWeight === undefined ? { lambda } : { lambda, sampleWeight }),
  );
}

/**
 * L1 penalty of activations, `lambda * mean over samples of sum |h_n|`: it makes units silent. The derivative at
 * 0 is 0.
 *
 * @param h  `[n, ...]`
 * @returns scalar `[]`; exactly 0 with zero gradient if `lambda` is 0
 * @throws RangeError for a bad `lambda`; ShapeError without samples; DTypeError for integers
 * @see Glorot, Bordes & Bengio, "Deep Sparse Rectifier Neural Networks" (2011)
 * @example
 * ```ts
 * reg.activityL1(tensor([[1, -2], [3, 0]]), { lambda: 0.1 }).item(); // => 0.3
 * ```
 */
export const activityL1 = (h: Tensor, options: ActivityOptions): Tensor =>
  activity('activityL1', abs, h, options);

/**
 * L2 penalty of activations, `lambda * mean over samples of sum h_n^2`: it keeps them small.
 *
 * @param h  `[n, ...]`
 * @returns scalar `[]`; exactly 0 with zero gradient if `lambda` is 0
 * @throws as `activityL1`
 * @see Merity, McCann & Socher, "Revisiting Activation Regularization for Language RNNs" (2017)
 * @example
 * ```ts
 * reg.activityL2(tensor([[1, -2], [3, 0]]), { lambda: 0.1 }).item(); // => 0.7
 * ```
 */
export const activityL2 = (h: Tensor, options: ActivityOptions): Tensor =>
  activity('activityL2', square, h, options);

/**
 * `activityL1` of the hidden activations of a step, for `penalties` of `fit`.
 *
 * @throws TypeError if the model has no hidden layer and nothing is selected
 * @example
 * ```ts
 * reg.activityL1Term(nn.mlp([4, 8, 3], { seed: 0 }), { lambda: 1e-3 }).usesActivations; // => true
 * ```
 */
export const activityL1Term = (model: Module, options: ActivityTermOptions): StepTerm =>
  termOf('activityL1Term', activityL1, model, options);

/**
 * `activityL2` of the hidden activations of a step, for `penalties` of `fit`.
 *
 * @throws TypeError if the model has no hidden layer and nothing is selected
 * @example
 * ```ts
 * reg.activityL2Term(nn.mlp([4, 8, 3], { seed: 0 }), { lambda: 1e-3 }).usesActivations; // => true
 * ```
 */
export const activityL2Term = (model: Module, options: ActivityTermOptions): StepTerm =>
  termOf('activityL2Term', activityL2, model, options);

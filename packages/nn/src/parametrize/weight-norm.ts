import {
  DTypeError,
  div,
  isFloating,
  mul,
  norm,
  notEqual,
  type Parameter,
  parameter,
  ShapeError,
  type Tensor,
  type TensorLike,
} from '@tikhonov/core';
import { asTensor, check, requireOptions, showShape } from '@tikhonov/core/engine';
import type { Module } from '../module.ts';
import {
  contextFor,
  layersWithWeight,
  Parametrization,
  type ParametrizeOptions,
  parametrize,
  requireUnparametrized,
} from './parametrized.ts';

/** Options of `weightNorm`. */
export interface WeightNormOptions extends ParametrizeOptions {
  /** The axis that the lengths stay along: output units. @defaultValue 0, as PyTorch */
  readonly dim?: number;
}

/** The axes of a weight but one; a RangeError if there is no such axis. */
export function otherAxes(caller: string, weight: Tensor, dim: number): number[] {
  const { rank } = weight;
  if (rank < 2) {
    throw new ShapeError(
      `${caller}: needs a weight of rank >= 2, got shape ${showShape(weight.shape)}.`,
    );
  }
  if (!Number.isInteger(dim) || dim < -rank || dim >= rank) {
    throw new RangeError(
      `${caller}: dim ${dim} is not an axis of shape ${showShape(weight.shape)}.`,
    );
  }
  const axis = dim < 0 ? dim + rank : dim;
  return weight.shape.map((_, k) => k).filter((k) => k !== axis);
}

/** Lengths along all axes but `dim`, which keep their places. `[out, in] -> [out, 1]`. */
const lengths = (v: Tensor, dim: number): Tensor =>
  norm(v, { axis: otherAxes('normalizedWeight', v, dim), keepdims: true });

/**
 * Weight normalization, `g v / ||v||` of each output unit.
 *
 * @param v  rank >= 2
 * @param g  lengths `[out, 1, ...]`, what broadcasts with `v`
 * @param options  `dim`: the axis of the output units. @defaultValue 0
 * @throws RangeError for a unit that is 0, which has no direction, or a bad `dim`; ShapeError below rank 2
 * @see Salimans & Kingma, "Weight Normalization: A Simple Reparameterization to Accelerate Training of Deep
 *   Neural Networks" (2016)
 * @example
 * ```ts
 * nn.normalizedWeight(tensor([[3, 4]]), tensor([[10]])).toArray(); // => [[6, 8]]
 * ```
 */
export function normalizedWeight(
  v: TensorLike,
  g: TensorLike,
  options: { readonly dim?: number } = {},
): Tensor {
  requireOptions('normalizedWeight', options, { dim: true });
  return normalized('normalizedWeight', v, g, options);
}

function normalized(
  caller: string,
  v: TensorLike,
  g: TensorLike,
  options: { readonly dim?: number },
): Tensor {
  const direction = floatingWeight(caller, v);
  const size = lengths(direction, options.dim ?? 0);
  check(
    notEqual(size, 0),
    (unit) =>
      new RangeError(
        `${caller}: unit ${unit} of a weight ${showShape(direction.shape)} has only weights 0, and so no direction.\n  Start from other weights.`,
      ),
  );
  return mul(direction, div(asTensor(g, caller), size));
}

/** A weight to compute with. */
export function floatingWeight(caller: string, w: TensorLike): Tensor {
  const weight = asTensor(w, caller);
  if (isFloating(weight.dtype)) return weight;
  throw new DTypeError(
    `${caller}: weights must be floating, got ${weight.dtype}.\n  Cast with astype('float32').`,
  );
}

/** Lengths as parameters beside the directions. */
class WeightNorm extends Parametrization {
  readonly dim: number;
  readonly #gain: Parameter;

  constructor(weight: Tensor, dim: number) {
    super();
    this.dim = dim;
    this.#gain = parameter(lengths(weight, dim));
  }

  override get caller(): string {
    return 'weightNorm';
  }

  override get companion(): Parameter {
    return this.#gain;
  }

  forward(v: Tensor): Tensor {
    return normalized('weightNorm', v, this.#gain, { dim: this.dim });
  }

  override rightInverse(weight: Tensor): Tensor {
    this.#gain.write(lengths(weight, this.dim));
    return weight;
  }
}

/**
 * Weight normalization of the layers of a model: each weight becomes `g v / ||v||` per output unit, with the
 * lengths `g` and the directions `v` as parameters of their own, `parametrizations.weight.original0` and
 * `original1`. The layers compute the same as before; what changes is what a gradient step does. It comes before
 * other parametrizations of the same weight, as in PyTorch.
 *
 * @param model  or a single layer; changed in place, and undone by `removeParametrizations`
 * @returns the model
 * @throws TypeError if no layer is selected or a weight is parametrized already; RangeError for a bad `dim`, or
 *   when a unit with weights 0 is used
 * @see Salimans & Kingma, "Weight Normalization: A Simple Reparameterization to Accelerate Training of Deep
 *   Neural Networks" (2016)
 * @example
 * ```ts
 * const layer = nn.weightNorm(new nn.Linear(2, 3, { seed: 0, bias: false }));
 * Object.keys(layer.namedParameters()); // => ['parametrizations.weight.original0', 'parametrizations.weight.original1']
 * layer.weight.shape; // => [3, 2]
 * ```
 */
export function weightNorm<Model extends Module>(
  model: Model,
  options: WeightNormOptions = {},
): Model {
  requireOptions('weightNorm', options, { dim: true, filter: 'function' });
  const { dim = 0 } = options;
  const targets = layersWithWeight('weightNorm', model, options);
  for (const { layer } of targets) otherAxes('weightNorm', asTensor(weightOf(layer)), dim);
  requireUnparametrized('weightNorm', targets);
  const shared = contextFor(model);
  for (const target of targets) {
    parametrize('weightNorm', target, shared, (weight) => new WeightNorm(weight, dim));
  }
  return model;
}

/** The weight of a layer that has one. */
export const weightOf = (layer: Module): Parameter => Reflect.get(layer, 'weight') as Parameter;

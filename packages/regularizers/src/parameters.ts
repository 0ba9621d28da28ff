import {
  add,
  type Cell,
  type Differentiable,
  type DType,
  type Tensor,
  zeros,
} from '@tikhonov/core';
import { asTensor, flattenTree } from '@tikhonov/core/engine';
import { effectiveParameters, Module } from '@tikhonov/nn';

/**
 * What a penalty is taken of: a tensor or cell, a list or tree of them, or a network. Of a network whose weights
 * are reparametrized it is taken of the weights that the layers see, under the layers' names, and not of what
 * they are computed from; to penalize those, pass `model.namedParameters()`.
 */
export type PenaltyTarget = Differentiable | Module;

/** Which parameters a penalty covers; `name` is the path, as in `layers.0.weight`. */
export interface SelectOptions {
  /** @defaultValue all of a tree; of a network those of rank >= 2, so never biases or scales */
  readonly filter?: (name: string, parameter: Tensor | Cell) => boolean;
}

/** A parameter and its path. */
export interface Selected {
  readonly name: string;
  readonly parameter: Tensor | Cell;
}

/** What was selected. */
export interface Selection {
  readonly parameters: readonly Selected[];
  /** Of what there was to select from, so that a sum over nothing fits the loss too. */
  readonly dtype: DType;
}

/**
 * The parameters that a penalty covers, with their paths.
 *
 * @throws TypeError if there is something else than tensors and cells among them
 */
export function selectParameters(
  caller: string,
  params: PenaltyTarget,
  options: SelectOptions,
): Selection {
  const isNetwork = params instanceof Module;
  const tree = flattenTree(isNetwork ? effectiveParameters(params) : params, caller);
  const filter =
    options.filter ??
    (isNetwork ? (_name: string, parameter: Tensor | Cell) => parameter.shape.length >= 2 : null);
  const parameters = tree.leaves
    .map((parameter, i) => ({ name: tree.paths[i]!, parameter }))
    .filter(({ name, parameter }) => filter === null || filter(name, parameter));
  return { parameters, dtype: tree.leaves[0]?.dtype ?? 'float32' };
}

/** The sum of `term` over the selected tensors, read now; 0 if there are none. */
export function sumOver({ parameters, dtype }: Selection, term: (w: Tensor) => Tensor): Tensor {
  const terms = parameters.map(({ parameter }) => term(asTensor(parameter)));
  return terms.length === 0
    ? zeros([], { dtype })
    : terms.reduce((total, next) => add(total, next));
}

/** How many elements the selected tensors have together. */
export const countElements = ({ parameters }: Selection): number =>
  parameters.reduce(
    (total, { parameter }) => total + parameter.shape.reduce((n, d) => n * d, 1),
    0,
  );

import {
  astype,
  DTypeError,
  div,
  greater,
  isFloating,
  mean,
  mul,
  reshape,
  ShapeError,
  sum,
  Tensor,
  where,
} from '@tikhonov/core';
import { kindOf, showShape } from '@tikhonov/core/engine';
import type { Activations, Module } from '@tikhonov/nn';
import { type StepContext, type StepTerm, withActivations } from '@tikhonov/train';
import { gateable } from './l0-gates.ts';

/** Which activations of a step a term looks at. */
export interface ActivationOptions {
  /**
   * Chosen from what the modules took and gave, by their names, each `[n, ...]`. @defaultValue what every linear
   * layer and convolution but the first takes: the hidden activations, behind activation function and dropout
   */
  readonly select?: (activations: Activations) => readonly Tensor[];
}

/**
 * A term that is summed over the selected activations of a step.
 *
 * @throws TypeError if the model has no hidden layer and nothing else is selected
 */
export function activationTerm(
  caller: string,
  model: Module,
  { select }: ActivationOptions,
  term: (h: Tensor, sampleWeight: Tensor | undefined) => Tensor,
): StepTerm {
  const names = gateable(model)
    .slice(1)
    .map(([name]) => name);
  if (select === undefined && names.length === 0) {
    throw new TypeError(
      `${caller}: the model has no hidden layer.\n  Say what to look at with { select: (activations) => [activations['name'].output] }.`,
    );
  }
  const chosen = (context: StepContext): readonly Tensor[] =>
    select === undefined
      ? names.map((name) => inputOf(caller, context, name))
      : select(context.activations);
  return withActivations((context) => {
    const found = chosen(context);
    if (found.length === 0) throw new TypeError(`${caller}: select returned no activations.`);
    return found
      .map((h) => term(h, context.batch.sampleWeight))
      .reduce((total, one) => total.add(one));
  });
}

function inputOf(caller: string, { activations }: StepContext, name: string): Tensor {
  const found = activations[name];
  if (found !== undefined) return found.input;
  throw new Error(
    `${caller}: the step did not call the layer "${name}".\n  Say what to look at with { select }.`,
  );
}

/** Activations `[n, ...]`, `n >= 1`, checked. */
export function requireActivations(caller: string, h: Tensor): Tensor {
  if (!(h instanceof Tensor)) {
    throw new TypeError(`${caller}: the activations must be a Tensor [n, ...], got ${kindOf(h)}.`);
  }
  if (!isFloating(h.dtype)) {
    throw new DTypeError(`${caller}: the activations must be floating, got ${h.dtype}.`);
  }
  if (h.rank === 0 || h.shape[0] === 0) {
    throw new ShapeError(
      `${caller}: the activations must be [n, ...] with at least one sample, got shape ${showShape(h.shape)}.`,
    );
  }
  return h;
}

/** Units along the last axis: `[n, ...] -> [n, d]`. */
export const asUnits = (h: Tensor): Tensor =>
  h.rank === 2
    ? h
    : reshape(h, [h.shape[0]!, h.shape.slice(1).reduce((product, n) => product * n, 1)]);

/** Means of the units over samples, `[n, d] -> [d]`; weighted where the samples have weights `[n]`. */
export function unitMeans(h: Tensor, sampleWeight: Tensor | undefined): Tensor {
  if (sampleWeight === undefined) return mean(h, { axis: 0 });
  const weight = reshape(astype(sampleWeight, h.dtype), [-1, 1]);
  // A row that only fills a batch may hold anything.
  const counted = where(greater(weight, 0), h, 0);
  return div(sum(mul(counted, weight), { axis: 0 }), sum(weight));
}

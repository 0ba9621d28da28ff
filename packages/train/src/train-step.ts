import { abs, isFloating, less, random, stopGradient, type Tensor, tensor } from '@tikhonov/core';
import { check } from '@tikhonov/core/engine';
import { NonFiniteUpdateError } from '@tikhonov/optim';
import { compileStep, isUncompilable } from './compile-step.ts';
import type { MinimizingOptimizer } from './model.ts';
import { firstNonFinite, labelledCells, NonFiniteError, NonFiniteLoss } from './non-finite.ts';
import { type LossParts, lossParts, type ObjectiveSetup, transformed } from './objective.ts';
import type { StepBatch } from './step-context.ts';
import { rehearse, transacted } from './transaction.ts';

/** What every step of a training has in common. */
export interface StepSetup extends ObjectiveSetup {
  readonly optimizer: MinimizingOptimizer;
  /** Of the forward passes; a step folds its number into it. */
  readonly key: Tensor;
  readonly compiled: boolean;
  /** What the optimizer is told about parameters that the loss does not reach, if anything. */
  readonly unreached?: 'error' | 'zeros' | undefined;
}

/** The losses that a step saw before it moved the parameters. */
export interface StepLosses {
  readonly dataLoss: number;
  readonly penalty: number;
}

/** Which step it is, both from 1; `step` counts over the whole training. */
export interface StepPlace {
  readonly epoch: number;
  readonly step: number;
}

/** The same as tensors: in the dtype of the loss, and float64. */
export interface LossTensors {
  readonly dataLoss: Tensor;
  readonly penalty: Tensor;
}

/**
 * Takes one optimizer step. Nothing changes when it throws.
 *
 * @throws NonFiniteError if the loss or an update is not finite
 */
export type TrainStep = (batch: StepBatch, place: StepPlace) => StepLosses;

/** The step of a training: built once, run for every batch. */
export function trainStep(setup: StepSetup): TrainStep {
  const compute = stepFunction(setup);
  const step = setup.compiled
    ? compileStep(compute, { name: 'fit', maxTraces: 8 })
    : transacted(compute);
  return ({ x, y, sampleWeight }, place) => {
    const count = tensor(place.step, { dtype: 'int32' });
    try {
      const { dataLoss, penalty } = step(x, y, count, sampleWeight);
      return { dataLoss: dataLoss.item(), penalty: penalty.item() };
    } catch (error) {
      if (!setup.compiled) throw located(error, place);
      if (isUncompilable(error)) throw error;
      // A program says what failed but knows no values: the plain step, which changes nothing, has them.
      const plain = rehearse(() => compute(x, y, count, sampleWeight));
      throw located(plain === null ? withoutValues(error) : plain.error, place);
    }
  };
}

/**
 * The step as a function of tensors: it reads no element, so that it can be recorded. An optimizer may
 * evaluate the loss more than once (SAM, L-BFGS): the masks stay the same, running state moves at the
 * first evaluation only, and that is the one reported.
 */
export function stepFunction(
  setup: StepSetup,
): (x: Tensor, y: Tensor, count: Tensor, sampleWeight?: Tensor) => LossTensors {
  return (x, y, count, sampleWeight) => {
    const rng = random.foldIn(setup.key, count);
    const batch = transformed(
      setup,
      sampleWeight === undefined ? { x, y } : { x, y, sampleWeight },
      rng,
    );
    let seen: LossTensors | undefined;
    const { unreached } = setup;
    const objective = (): Tensor => {
      const parts = lossParts(setup, batch, { rng, updateState: seen === undefined });
      seen ??= { dataLoss: stopGradient(parts.data), penalty: parts.penalty };
      requireFinite(setup, batch, parts);
      return parts.total;
    };
    if (unreached === undefined) setup.optimizer.minimize(objective);
    else setup.optimizer.minimize(objective, { unreached });
    if (seen === undefined) {
      throw new TypeError('fit: optimizer.minimize(f) returned without calling f.');
    }
    return seen;
  };
}

/** A loss of NaN must not reach the parameters. The error can say where on the way to it NaN began. */
function requireFinite({ model }: StepSetup, { x, y }: StepBatch, parts: LossParts): void {
  const { output, data, penalties, total } = parts;
  if (!isFloating(total.dtype)) return;
  check(less(abs(stopGradient(total)), Infinity), () => {
    const cells = labelledCells(model.namedCells());
    return new NonFiniteLoss(() =>
      firstNonFinite([
        ['input x', x],
        ['target y', y],
        ...cells,
        ['output of the model', output],
        ['loss', data],
        ...penalties.map((term, i) => [`penalties[${i}]`, term] as const),
        ['loss with penalties', total],
      ]),
    );
  });
}

/** For a program that met values which the plain step does not: sums that differ by roundings overflow. */
const withoutValues = (error: unknown): unknown =>
  error instanceof NonFiniteLoss ? new NonFiniteLoss(() => undefined) : error;

/** An error of a step as `fit` reports it. */
function located(error: unknown, place: StepPlace): unknown {
  const unknown = { tensor: 'loss with penalties', value: Number.NaN };
  if (error instanceof NonFiniteLoss) {
    return new NonFiniteError({ ...place, ...(error.find() ?? unknown) });
  }
  if (error instanceof NonFiniteUpdateError) {
    const tensor = `update of ${error.parameter}`;
    return new NonFiniteError({ ...place, tensor, value: Number.NaN });
  }
  return inWordsOfFit(error, place);
}

/** What to do about some errors is another thing in `fit` than where they come from. */
function inWordsOfFit(error: unknown, { epoch, step }: StepPlace): unknown {
  if (!(error instanceof Error)) return error;
  const unreached = /the value does not depend on (".*)\.\n {2}(.*)/.exec(error.message);
  if (unreached !== null) {
    const [, names, hint] = unreached;
    const all = hint!.includes('another model');
    return new Error(
      `fit: the loss does not depend on ${names}, which the optimizer has.\n` +
        (all
          ? '  Those are all: is the optimizer of this model?'
          : "  Make the optimizer for the other parameters only, or pass unreached: 'zeros' to fit."),
      { cause: error },
    );
  }
  if (/weights of this batch's samples sum to 0/.test(error.message)) {
    return new RangeError(
      `fit: no row of the batch in epoch ${epoch}, step ${step} counts for the loss: ${error.message}\n` +
        '  Rows that ignoreIndex leaves out count as 0: take larger batches, leave such rows out of the data,\n' +
        '  or give the rows sampleWeight instead, of which a batch of zeros is passed over.',
      { cause: error },
    );
  }
  return error;
}

import { ShapeError, stopGradient, Tensor } from '@tikhonov/core';
import { showShape } from '@tikhonov/core/engine';
import type { Batch } from '@tikhonov/data';
import { NonFiniteUpdateError } from '@tikhonov/optim';
import { hintFor, kindOf } from './kinds.ts';
import type { Loss, MinimizingOptimizer, Model, PenaltyTerm } from './model.ts';
import { firstNonFinite, labelledCells, NonFiniteError } from './non-finite.ts';
import { restoreSnapshot, takeSnapshot } from './snapshot.ts';

/** What every step of a training has in common. */
export interface StepSetup {
  readonly model: Model;
  readonly optimizer: MinimizingOptimizer;
  readonly loss: Loss;
  readonly penalties: readonly PenaltyTerm[];
}

/** The losses that a step saw before it moved the parameters. */
export interface StepLosses {
  readonly dataLoss: number;
  readonly penalty: number;
}

/** Which step it is, and its randomness. */
export interface StepPlace {
  readonly epoch: number;
  readonly step: number;
  readonly rng: Tensor;
}

/**
 * One optimizer step. An optimizer may evaluate the loss more than once (SAM, L-BFGS): the masks stay
 * the same, running state moves at the first evaluation only, and that is the one reported.
 *
 * @throws NonFiniteError before anything is updated if the loss is not finite; the model is as before
 */
export function trainStep(setup: StepSetup, batch: Batch, place: StepPlace): StepLosses {
  const { model, optimizer } = setup;
  const before = takeSnapshot(model);
  let seen: StepLosses | undefined;
  try {
    optimizer.minimize(() => {
      const isFirst = seen === undefined;
      const parts = lossParts(setup, batch, { rng: place.rng, updateState: isFirst });
      const penalty = parts.penalties.reduce((total, term) => total + term.item(), 0);
      seen ??= { dataLoss: parts.data.item(), penalty };
      if (!Number.isFinite(parts.total.item())) throw nonFinite(setup, batch, parts, place);
      return parts.total;
    });
  } catch (error) {
    if (error instanceof NonFiniteError) restoreSnapshot(model, before);
    if (error instanceof NonFiniteUpdateError) {
      restoreSnapshot(model, before);
      const { epoch, step } = place;
      throw new NonFiniteError({ epoch, step, tensor: `update of ${error.parameter}`, value: NaN });
    }
    throw error;
  }
  if (seen === undefined) {
    throw new TypeError('fit: optimizer.minimize(f) returned without calling f.');
  }
  return seen;
}

interface LossParts {
  readonly output: Tensor;
  readonly data: Tensor;
  readonly penalties: readonly Tensor[];
  readonly total: Tensor;
}

function lossParts(
  { model, loss, penalties }: StepSetup,
  { x, y }: Batch,
  { rng, updateState }: { readonly rng: Tensor; readonly updateState: boolean },
): LossParts {
  const output = model.forward(x, { training: true, rng, updateState });
  const data = requireScalar('loss', loss(output, y));
  const terms = penalties.map((penalty, i) =>
    requireScalar(`penalties[${i}]`, penalty({ updateState })),
  );
  const total = terms.reduce((sum, term) => sum.add(term), data);
  return { output, data, penalties: terms, total };
}

function requireScalar(name: string, value: Tensor): Tensor {
  if (!(value instanceof Tensor)) {
    throw new TypeError(
      `fit: ${name} must return a Tensor, it returned ${kindOf(value)}.${hintFor(value)}`,
    );
  }
  if (value.rank !== 0) {
    throw new ShapeError(
      `fit: ${name} must be a scalar, got shape ${showShape(value.shape)}.\n  Reduce it with mean() or sum().`,
    );
  }
  return value;
}

/** Looks along the way to the loss: what comes in, what it meets, what comes out. */
function nonFinite(
  { model }: StepSetup,
  { x, y }: Batch,
  parts: LossParts,
  { epoch, step }: StepPlace,
): NonFiniteError {
  const found = firstNonFinite([
    ['input x', x],
    ['target y', y],
    ...labelledCells(model.namedCells()),
    ['output of the model', parts.output],
    ['loss', parts.data],
    ...parts.penalties.map((term, i) => [`penalties[${i}]`, term] as const),
    ['loss with penalties', stopGradient(parts.total)],
  ]);
  return new NonFiniteError({ epoch, step, ...found! });
}

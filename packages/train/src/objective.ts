import { add, astype, random, ShapeError, stopGradient, Tensor, tensor } from '@tikhonov/core';
import { showShape } from '@tikhonov/core/engine';
import { activationsOf, Module } from '@tikhonov/nn';
import { hintFor, kindOf } from './kinds.ts';
import type { Loss, Model, PenaltyTerm } from './model.ts';
import { measuredRows } from './row-weights.ts';
import type { BatchTransform, StepBatch, StepContext } from './step-context.ts';

/** What the objective of a training is made of. */
export interface ObjectiveSetup {
  readonly model: Model;
  readonly loss: Loss;
  readonly penalties: readonly PenaltyTerm[];
  /** What is done to the rows first. @defaultValue nothing */
  readonly transforms?: readonly BatchTransform[];
}

/** The objective of one evaluation, and what it is made of. */
export interface LossParts {
  readonly output: Tensor;
  readonly data: Tensor;
  readonly penalties: readonly Tensor[];
  /** Their sum, float64 and constant. */
  readonly penalty: Tensor;
  readonly total: Tensor;
}

/** The rows as the model sees them. */
export function transformed(
  { model, transforms = [] }: ObjectiveSetup,
  batch: StepBatch,
  rng: Tensor,
): StepBatch {
  const key = random.foldIn(rng, 'transforms');
  let rows = batch;
  for (const [i, transform] of transforms.entries()) {
    // Weights stay with their rows unless the transform gives others.
    rows = { ...rows, ...transform(rows, { key: random.foldIn(key, i), model }) };
  }
  return rows;
}

/** Evaluates the objective. */
export function lossParts(
  setup: ObjectiveSetup,
  batch: StepBatch,
  { rng, updateState }: Pick<StepContext, 'rng' | 'updateState'>,
): LossParts {
  const { model, loss, penalties } = setup;
  const lossOf = (other: Tensor, y: Tensor): Tensor =>
    measuredRows('fit: loss', loss, other, y, batch.sampleWeight);
  const forward = (): Tensor => model.forward(batch.x, { training: true, rng, updateState });
  const { result: output, activations } = penalties.some((term) => term.usesActivations === true)
    ? activationsOf(requireModule(model), forward)
    : { result: forward(), activations: null };
  const data = requireScalar('loss', lossOf(output, batch.y));
  const context: StepContext = {
    updateState,
    model,
    batch,
    output,
    dataLoss: data,
    rng,
    forward: (x, { rng: other = rng } = {}) =>
      model.forward(x, { training: true, rng: other, updateState: false }),
    loss: (other, y = batch.y) => lossOf(other, y),
    get activations() {
      return activations ?? noActivations();
    },
  };
  const terms = penalties.map((penalty, i) => requireScalar(`penalties[${i}]`, penalty(context)));
  const total = terms.reduce((sum, term) => sum.add(term), data);
  const none = tensor(0, { dtype: 'float64' });
  const penalty = terms.reduce(
    (sum, term) => add(sum, astype(stopGradient(term), 'float64')),
    none,
  );
  return { output, data, penalties: terms, penalty, total };
}

function requireModule(model: Model): Module {
  if (model instanceof Module) return model;
  throw new TypeError(
    `fit: a penalty looks at activations, which needs a model that is an nn.Module, got ${kindOf(model)}.`,
  );
}

function noActivations(): never {
  throw new Error(
    'fit: the activations are not kept for this penalty.\n  Make it with train.withActivations((context) => ...).',
  );
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

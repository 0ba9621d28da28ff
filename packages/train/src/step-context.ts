import type { Cell, Tensor } from '@tikhonov/core';
import type { Activations } from '@tikhonov/nn';
import type { Model } from './model.ts';

/** The rows of a step as the model sees them: behind the batch transforms. */
export interface StepBatch {
  /** `[b, ...]` */
  readonly x: Tensor;
  /** `[b]` or `[b, ...]` */
  readonly y: Tensor;
  /** Weights of the rows `[b]`, if they have any. */
  readonly sampleWeight?: Tensor;
}

/** What a term of the objective can see of the step that it is part of. */
export interface StepContext {
  /**
   * Whether what the term owns moves on: power-iteration vectors, running averages. False in the further
   * evaluations of a step that has several, as those of SAM.
   */
  readonly updateState: boolean;
  readonly model: Model;
  readonly batch: StepBatch;
  /** What the model made of `batch.x` in training. */
  readonly output: Tensor;
  /** The loss of `output`, without penalties; gradients flow through it. */
  readonly dataLoss: Tensor;
  /** The key of the step's forward pass; fold a name of your own in for further draws. */
  readonly rng: Tensor;
  /**
   * The model in training mode at other inputs: with the masks of the step's own pass unless another key
   * is given, running state used as in training and left alone.
   */
  forward(x: Tensor, options?: { readonly rng?: Tensor }): Tensor;
  /** The loss of another output, or for other targets; `batch.y` if none are given. */
  loss(output: Tensor, y?: Tensor): Tensor;
  /**
   * What every module took and gave in the step's own pass, by its name. Only for terms made by
   * `withActivations`.
   *
   * @throws Error for other terms
   */
  readonly activations: Activations;
}

/** Cells by name, in records that may lie in each other. */
export interface CellTree {
  readonly [name: string]: Cell | CellTree;
}

/** A scalar added to the loss. */
export interface StepTerm {
  (context: StepContext): Tensor;
  /** The cells that it owns and moves, for checkpoints: power-iteration vectors, counts, averages. */
  readonly state?: CellTree;
  /** Whether it looks at `context.activations`. */
  readonly usesActivations?: boolean;
}

/**
 * A term that looks at the activations of the model.
 *
 * @param term  a scalar, such as `reg.deCov(activations['layers.0'].output)`
 * @returns the term, for `penalties` of `fit`
 * @example
 * ```ts
 * const term = train.withActivations(({ activations }) => square(activations['layers.0']!.output).mean());
 * term.usesActivations; // => true
 * ```
 */
export const withActivations = (
  term: (context: StepContext) => Tensor,
): StepTerm & { readonly usesActivations: true } =>
  Object.assign((context: StepContext) => term(context), { usesActivations: true } as const);

/** What a batch transform can see. */
export interface BatchTransformContext {
  /** The transform's own key of this step. */
  readonly key: Tensor;
  readonly model: Model;
}

/**
 * Changes the rows of a training step before the model sees them: noise, flips, mixup. It runs within the
 * compiled step, so it is made of tensor operations, and draws from the key.
 */
export type BatchTransform = (batch: StepBatch, context: BatchTransformContext) => StepBatch;

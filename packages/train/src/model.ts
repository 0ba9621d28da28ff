import type { Cell, Tensor } from '@tikhonov/core';
import type { Layer } from '@tikhonov/nn';
import type { StepTerm } from './step-context.ts';

/** What training needs of a model; every `nn.Module` whose `forward` takes and returns a tensor is one. */
export interface Model extends Layer {
  /** Every cell, parameters included, by name. */
  namedCells(): Record<string, Cell>;
}

/** What training needs of an optimizer; every optimizer of `optim` is one. */
export interface MinimizingOptimizer {
  /**
   * One step down the gradient of the scalar that `f` computes, which is returned. The options come only if
   * `unreached` of `fit` was given.
   */
  minimize(f: () => Tensor, options?: { readonly unreached?: 'error' | 'zeros' }): Tensor;
  /** Its state by name, for checkpoints. */
  stateDict?(): Record<string, Tensor>;
  /** Takes back what `stateDict` gave. */
  loadStateDict?(state: Readonly<Record<string, Tensor>>): void;
}

/** What losses and metrics are told about the rows, if they do not all count the same. */
export interface RowWeights {
  /**
   * Floating `[b]`, finite and >= 0: how much each row counts, relative to the others of the batch. Rows
   * that fill a padded batch have 0.
   */
  readonly sampleWeight?: Tensor;
}

/**
 * Scalar loss of a batch, the mean over its rows. The third argument is given only when rows have
 * weights: the loss must then be the weighted mean `sum(w l) / sum(w)`, as those of `nn` are.
 */
export type Loss = (output: Tensor, y: Tensor, options?: RowWeights) => Tensor;

/**
 * A number per batch, the mean over its rows; evaluation weighs batches by their rows. Weights of rows
 * come as in `Loss`. Compiled evaluations, which are the default of `fit`, take tensors only.
 */
export type Metric = (output: Tensor, y: Tensor, options?: RowWeights) => Tensor | number;

/** A value that is no mean over rows, but follows from sums over them: ECE, R2, macro averages. */
export interface StreamingMetric {
  /**
   * Sums over the rows, of any shapes: those of two batches add up to those of both together, unless
   * `combine` says otherwise.
   */
  statistics(output: Tensor, y: Tensor, options?: RowWeights): Readonly<Record<string, Tensor>>;
  /**
   * What the statistics of all batches make together, where that is not their sum: moments that a sum
   * would cancel, or lists of rows. @defaultValue their sums, in float64
   */
  combine?(parts: readonly Readonly<Record<string, Tensor>>[]): Readonly<Record<string, Tensor>>;
  /** The value that follows from the statistics of all rows: from their sums, which are float64. */
  value(sums: Readonly<Record<string, Tensor>>): number;
}

/**
 * A scalar added to the loss: of the parameters, or of what the step computes. One that owns state
 * advances it unless `updateState` is false. What changes from step to step must be a cell: a compiled step
 * calls the function only when it is built.
 */
export type PenaltyTerm = StepTerm;

import type { Cell, Tensor } from '@tikhonov/core';
import type { Layer } from '@tikhonov/nn';

/** What training needs of a model; every `nn.Module` whose `forward` takes and returns a tensor is one. */
export interface Model extends Layer {
  /** Every cell, parameters included, by name. */
  namedCells(): Record<string, Cell>;
}

/** What training needs of an optimizer; every optimizer of `optim` is one. */
export interface MinimizingOptimizer {
  /** One step down the gradient of the scalar that `f` computes, which is returned. */
  minimize(f: () => Tensor): Tensor;
  /** Its state by name, for checkpoints. */
  stateDict?(): Record<string, Tensor>;
  /** Takes back what `stateDict` gave. */
  loadStateDict?(state: Readonly<Record<string, Tensor>>): void;
}

/** Scalar loss of a batch, the mean over its rows. */
export type Loss = (output: Tensor, y: Tensor) => Tensor;

/**
 * A number per batch, the mean over its rows; evaluation weighs batches by their rows. Compiled
 * evaluations, which are the default of `fit`, take tensors only.
 */
export type Metric = (output: Tensor, y: Tensor) => Tensor | number;

/**
 * A scalar added to the loss. One that owns state advances it unless `updateState` is false. What changes
 * from step to step must be a cell: a compiled step calls the function only when it is built.
 */
export type PenaltyTerm = (options?: { readonly updateState?: boolean }) => Tensor;

import type { Tensor, Tree } from '@tikhonov/core';

/** Tensors by parameter name: parameters, gradients or updates. */
export type Named = Readonly<Record<string, Tensor>>;

/**
 * A gradient transform: a pure pair. What changes from step to step is in `state`, as tensors, so that
 * a step can be recorded. The updates of the last transform of a chain are added to the parameters.
 * Updates may lack names that `params` has; their part of the state stays as it is.
 */
export interface Transform<State extends Tree<Tensor> = Tree<Tensor>> {
  /** The state before the first step. */
  init(params: Named): State;
  /** Updates and the next state, from gradients (or the previous transform's updates). */
  update(updates: Named, state: State, params: Named): readonly [Named, State];
}

/** The state of a transform that has none. */
export type NoState = readonly [];

/** A transform without state. */
export const stateless = (
  update: (updates: Named, params: Named) => Named,
): Transform<NoState> => ({
  init: () => [],
  update: (updates, state, params) => [update(updates, params), state],
});

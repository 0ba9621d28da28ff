import type { Callback } from '../callback.ts';

/**
 * Ends the training with the reason `non-finite` when a loss, an update or a parameter is NaN or infinite,
 * where `fit` would throw: as `onNonFinite: 'stop'` of `fit` does, as a callback. The step that met it changes
 * nothing; `history.nonFinite` names the first tensor on the way to the loss that went bad.
 *
 * @example
 * ```ts
 * const w = parameter(tensor([[1]]));
 * const model = { namedCells: () => ({ w }), forward: (x: Tensor) => x.matmul(w) };
 * const history = await train.fit(model, {
 *   train: { x: tensor([[1], [NaN]]), y: tensor([[2], [4]]) },
 *   epochs: 3,
 *   optimizer: optim.sgd({ w }, { lr: 0.1 }),
 *   loss: nn.mse,
 *   callbacks: [train.terminateOnNaN()],
 * });
 * history.stopReason; // => 'non-finite'
 * history.nonFinite?.tensor; // => 'input x'
 * ```
 */
export const terminateOnNaN = (): Callback => ({ onNonFinite: () => true });

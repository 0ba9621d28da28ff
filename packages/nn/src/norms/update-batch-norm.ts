import { noGrad, random, type Tensor } from '@tikhonov/core';
import { kindOf, requireOptions } from '@tikhonov/core/engine';
import type { ForwardContext } from '../context.ts';
import { Module } from '../module.ts';
import { BatchNorm } from './batch-norm-layers.ts';

/** Options of `updateBatchNorm`. */
export interface UpdateBatchNormOptions {
  /** Of what dropout draws. @defaultValue `random.key(0)` */
  readonly key?: Tensor;
}

/**
 * Computes the running statistics of all batch norms of a network anew: the means over the given batches,
 * each of which goes through the network once, in training mode. For weights that no training step has seen,
 * such as averages; as `update_bn` of PyTorch, every batch counts the same, so give batches of one size,
 * and dropout is on. A network without batch norms stays as it is, and nothing is run.
 *
 * @param model  whose `forward` takes a batch
 * @param batches  inputs, each `[n, ...]` with n >= 2
 * @throws RangeError without batches; TypeError for what is no module; whatever a forward pass throws. The
 *   statistics are then as before
 * @see Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization" (2018), section 3
 * @example
 * ```ts
 * const model = new nn.Sequential(new nn.BatchNorm1d(1));
 * nn.updateBatchNorm(model, [tensor([[1], [3]]), tensor([[5], [7]])]);
 * model.stateDict()['0.running_mean'].toArray(); // => [4]
 * model.stateDict()['0.running_var'].toArray(); // => [2]
 * ```
 */
export function updateBatchNorm(
  model: Module & { forward(x: Tensor, context: ForwardContext): unknown },
  batches: Iterable<Tensor>,
  options: UpdateBatchNormOptions = {},
): void {
  requireOptions('updateBatchNorm', options, { key: true });
  const { key = random.key(0) } = options;
  if (!(model instanceof Module)) {
    throw new TypeError(`updateBatchNorm: needs a module, got ${kindOf(model)}.`);
  }
  const layers = model.modules().filter((module) => module instanceof BatchNorm);
  if (layers.length === 0) return;
  const pass = (): void => {
    let count = 0;
    for (const x of batches) {
      const rng = random.foldIn(key, count++);
      noGrad(() => model.forward(x, { training: true, updateState: true, rng }));
    }
    if (count === 0) {
      throw new RangeError('updateBatchNorm: there are no batches.\n  Pass inputs, such as [x].');
    }
  };
  layers.reduce<() => void>((body, layer) => () => layer.recompute(body), pass)();
}

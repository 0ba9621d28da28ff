import { type Parameter, parameter, type Tensor } from '@tikhonov/core';
import {
  type AdamOptions,
  type AdamwOptions,
  adam,
  adamw,
  type Optimizer,
  type SgdOptions,
  type SgdwOptions,
  sgd,
  sgdw,
} from '@tikhonov/optim';

/** A loss as a function of the only parameter. */
export type LossOf = (p: Parameter) => Tensor;

function run(
  start: Tensor,
  loss: LossOf,
  steps: number,
  make: (target: { readonly w: Parameter }) => Optimizer,
  before: ((w: Tensor) => Tensor) | null,
): Tensor[] {
  const w = parameter(start);
  const optimizer = make({ w });
  return Array.from({ length: steps }, () => {
    if (before !== null) w.write(before(w.read()));
    optimizer.minimize(() => loss(w));
    return w.read().detach();
  });
}

/** The parameter after each step of SGD; `before` changes it ahead of each, as decoupled decay does. */
export const runSgd = (
  start: Tensor,
  loss: LossOf,
  steps: number,
  options: SgdOptions,
  before: ((w: Tensor) => Tensor) | null = null,
): Tensor[] => run(start, loss, steps, (target) => sgd(target, options), before);

/** The parameter after each step of Adam with coupled decay. */
export const runAdam = (
  start: Tensor,
  loss: LossOf,
  steps: number,
  options: AdamOptions,
): Tensor[] => run(start, loss, steps, (target) => adam(target, options), null);

/** The parameter after each step of Adam with decoupled decay. */
export const runAdamw = (
  start: Tensor,
  loss: LossOf,
  steps: number,
  options: AdamwOptions,
): Tensor[] => run(start, loss, steps, (target) => adamw(target, options), null);

/** The parameter after each step of SGD with decoupled decay. */
export const runSgdw = (
  start: Tensor,
  loss: LossOf,
  steps: number,
  options: SgdwOptions,
): Tensor[] => run(start, loss, steps, (target) => sgdw(target, options), null);

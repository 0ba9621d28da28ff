import type { Tensor } from 'tikhonov';
import { crossEntropy, mlp } from 'tikhonov/nn';
import { adam } from 'tikhonov/optim';

// What a page that trains a small classifier loads; `npm run size` bundles it. No data and no compiler.

/** A step of training on a batch. */
export function trainer(seed: number): (x: Tensor, labels: Tensor) => number {
  const model = mlp([64, 128, 10], { seed });
  const optimizer = adam(model, { lr: 1e-3 });
  return (x, labels) => optimizer.minimize(() => crossEntropy(model.forward(x), labels)).item();
}

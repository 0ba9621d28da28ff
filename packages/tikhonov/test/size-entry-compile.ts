import { compile, type Tensor } from 'tikhonov';
import { crossEntropy, mlp } from 'tikhonov/nn';
import { adam } from 'tikhonov/optim';

// As size-entry.ts, with steps that are compiled.

/** A compiled step of training on a batch. */
export function trainer(seed: number): (x: Tensor, labels: Tensor) => number {
  const model = mlp([64, 128, 10], { seed });
  const optimizer = adam(model, { lr: 1e-3 });
  const step = compile((x: Tensor, labels: Tensor) =>
    optimizer.minimize(() => crossEntropy(model.forward(x), labels)),
  );
  return (x, labels) => step(x, labels).item();
}

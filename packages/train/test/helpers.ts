import { type Cell, type Tensor, tensor } from '@tikhonov/core';
import { Dataset, digits } from '@tikhonov/data';
import { crossEntropy, type MLP, mlp } from '@tikhonov/nn';
import { adam } from '@tikhonov/optim';
import type { Callback, FitOptions, Model } from '@tikhonov/train';

const parts = digits({ seed: 0, trainSize: 96, testFraction: 0.1 });
export const small: Dataset = parts.train;
export const held: Dataset = parts.test;

export const network = (dropout = 0): MLP => mlp([64, 12, 10], { seed: 0, dropout });

/** A short training of that network on digits. */
export const plan = (model: MLP, more: Partial<FitOptions> = {}): FitOptions => ({
  train: small,
  validation: held,
  epochs: 3,
  optimizer: adam(model, { lr: 0.01 }),
  loss: crossEntropy,
  seed: 1,
  ...more,
});

/** All values of a model, for exact comparison. */
export const valuesOf = (model: Model): Record<string, number[]> =>
  Object.fromEntries(
    Object.entries(model.namedCells()).map(([name, cell]: [string, Cell]) => [
      name,
      Array.from(cell.read().data()),
    ]),
  );

/** The model's values after every epoch, as a callback that goes before others. */
export function recorder(model: Model): Callback & { readonly after: Record<string, number[]>[] } {
  const after: Record<string, number[]>[] = [];
  return {
    after,
    onEpochEnd() {
      after.push(valuesOf(model));
    },
  };
}

/** One row, for models whose output is prescribed. */
export const oneRow = (y: Tensor = tensor([0])): Dataset => new Dataset({ x: tensor([[1]]), y });

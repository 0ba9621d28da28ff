import { random } from '@tikhonov/core';
import type { Module } from '@tikhonov/nn';
import { configure } from '../configure.ts';
import type { ArgumentValues, Method, Network } from '../method.ts';
import { plainPlan } from '../registry.ts';

/** A residual network of three blocks, the second of which changes the shape, with the recipe of a method. */
export const residualNetwork = (
  method: Method | null,
  values: ArgumentValues,
  seed: number,
): Network => {
  const start = { ...plainPlan, network: { dtype: 'float64' } } as const;
  return configure(method === null ? start : method.recipe(start, values), {
    network: { kind: 'resnet', channels: [2, 3, 3], blocks: 1, norm: 'none' },
    task: { classes: 2, features: 16, imageShape: [1, 4, 4], rows: 3 },
    lr: 0.1,
    seed,
    key: random.key(seed + 1),
  }).model;
};

/** The modules of a class in a network, with their names. */
export const partsOf = <Part extends Module>(
  model: Module,
  kind: abstract new (...args: never) => Part,
): readonly (readonly [string, Part])[] =>
  Object.entries(model.namedModules()).flatMap(([name, part]) =>
    part instanceof kind ? [[name, part] as const] : [],
  );

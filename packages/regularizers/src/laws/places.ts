import { random } from '@tikhonov/core';
import type { Module } from '@tikhonov/nn';
import { configure } from '../configure.ts';
import type { ArgumentValues, Method } from '../method.ts';
import type { NetworkSpec } from '../networks.ts';
import { plainPlan } from '../registry.ts';
import { holds } from './slack.ts';

/** Where in a network layers are to be. */
export interface ExpectedPlaces {
  readonly network: NetworkSpec;
  /** Of the square images that it takes. */
  readonly side: number;
  /** Names of the layers. */
  readonly places: readonly string[];
  /** What a layer was made with; null of other modules. */
  readonly argumentsOf: (layer: Module) => ArgumentValues | null;
}

/** Whether a recipe puts layers with its arguments in these places, and nowhere else: a slack. */
export function putsLayers(
  method: Method,
  values: ArgumentValues,
  seed: number,
  { network, side, places, argumentsOf }: ExpectedPlaces,
): number {
  const { model } = configure(method.recipe(plainPlan, values), {
    network,
    task: { classes: 2, features: side ** 2, imageShape: [1, side, side], rows: 3 },
    lr: 0.1,
    seed,
    key: random.key(seed),
  });
  const found = Object.entries(model.namedModules()).flatMap(([name, part]) => {
    const got = argumentsOf(part);
    return got === null ? [] : [[name, got] as const];
  });
  return holds(JSON.stringify(found) === JSON.stringify(places.map((name) => [name, values])));
}

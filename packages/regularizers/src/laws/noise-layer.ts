import { drawn, type Law, law } from '@tikhonov/check';
import type { Module } from '@tikhonov/nn';
import type { ArgumentValues, Method, NetworkKind } from '../method.ts';
import type { NetworkSpec } from '../networks.ts';
import { layerOfNoiseLaws, type NoiseLayer } from './noise-of-layers.ts';
import { otherArguments } from './other-arguments.ts';
import { putsLayers } from './places.ts';

/** What every layer of elementwise noise promises beside its own laws; its noise has the shape of the input. */
export const noiseLayerLaws = (id: string, layer: NoiseLayer): readonly Law[] =>
  layerOfNoiseLaws(id, layer, {
    samples: 'rows',
    any: (draw) => draw.tensor(draw.shape()),
    batch: (draw) => draw.tensor([draw.integer(1, 4), draw.integer(1, 3)]),
  });

/** Networks for recipes, and where behind their activations noise of units stands in them. */
const networks: Readonly<Record<NetworkKind, readonly [NetworkSpec, readonly string[]]>> = {
  mlp: [{ kind: 'mlp', hidden: [3, 2] }, ['1.1', '3.1']],
  cnn: [{ kind: 'cnn', channels: [2], hidden: [3] }, ['6.1']],
  resnet: [{ kind: 'resnet', channels: [2], blocks: 1 }, ['4.body.2.1']],
};

/**
 * The law that a recipe puts a layer with its arguments behind the hidden activations.
 *
 * @param argumentsOf  what the layer was made with; null of other modules
 */
export const placesLaw = (
  method: Method,
  argumentsOf: (layer: Module, given: ArgumentValues) => ArgumentValues | null,
): Law =>
  law({
    id: `${method.id}/places`,
    statement:
      'The recipe puts the layer with its arguments behind every hidden activation of units, in residual networks within the blocks, and nowhere else.',
    cases: drawn((draw) => ({
      values: otherArguments(draw, method),
      kind: draw.pick(['mlp', 'cnn', 'resnet'] as const),
      seed: draw.integer(0, 100),
    })),
    slack: ({ values, kind, seed }) => {
      const [network, places] = networks[kind];
      return putsLayers(method, values, seed, {
        network,
        side: 2,
        places,
        argumentsOf: (part) => argumentsOf(part, values),
      });
    },
    effort: 0.1,
  });

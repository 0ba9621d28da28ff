import { drawn, type Law, law } from '@tikhonov/check';
import type { Tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import type { Module } from '@tikhonov/nn';
import type { ArgumentValues, Method } from '../method.ts';
import type { NetworkSpec } from '../networks.ts';
import { layerOfNoiseLaws, type NoiseLayer } from './noise-of-layers.ts';
import { otherArguments } from './other-arguments.ts';
import { putsLayers } from './places.ts';

/** Up to three samples of up to three maps, `[n, c, h, w]`. */
export const mapsOf = (draw: CaseDraw, range: { min?: number; distinct?: boolean } = {}): Tensor =>
  draw.tensor(
    [draw.integer(1, 3), draw.integer(1, 3), draw.integer(1, 4), draw.integer(1, 4)],
    range,
  );

/** What layers of maps promise beside their own laws. */
export const mapLayerLaws = (id: string, layer: NoiseLayer): readonly Law[] =>
  layerOfNoiseLaws(id, layer, {
    samples: 'samples',
    any: (draw) => mapsOf(draw),
    batch: (draw) => mapsOf(draw, { min: 0, distinct: true }),
  });

/** Networks for recipes, and where their maps are: behind activations, and of pooling. */
const networks: Readonly<Record<'cnn' | 'resnet', NetworkSpec>> = {
  cnn: { kind: 'cnn', channels: [2, 2], hidden: [3] },
  resnet: { kind: 'resnet', channels: [2], blocks: 2 },
};
const places = {
  activations: { cnn: ['2.1', '5.1'], resnet: ['3.1', '5.1', '7.1'] },
  pooling: { cnn: ['3', '6'], resnet: [] },
} as const;

/**
 * The law that a recipe puts a layer with its arguments behind the activations that are maps, or in place of the
 * pooling.
 *
 * @param argumentsOf  what the layer was made with; null of other modules
 */
export const mapPlacesLaw = (
  method: Method,
  at: keyof typeof places,
  argumentsOf: (layer: Module) => ArgumentValues | null,
): Law =>
  law({
    id: `${method.id}/places`,
    statement: `The recipe puts the layer with its arguments ${at === 'pooling' ? 'in place of every pooling' : 'behind every activation of maps, in residual networks behind the blocks'}, and nowhere else.`,
    cases: drawn((draw) => ({
      values: otherArguments(draw, method),
      kind: draw.pick(['cnn', 'resnet'] as const),
      seed: draw.integer(0, 100),
    })),
    slack: ({ values, kind, seed }) =>
      putsLayers(method, values, seed, {
        network: networks[kind],
        side: 4,
        places: places[at][kind],
        argumentsOf,
      }),
    effort: 0.1,
  });

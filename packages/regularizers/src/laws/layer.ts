import { drawn, type Law, law } from '@tikhonov/check';
import { random, type Tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import type { ForwardContext, Layer, Module } from '@tikhonov/nn';
import { exactly } from './slack.ts';

/** A layer, and the function that it applies. */
export interface LayerOfFunction<Settings extends object> {
  /** Draws settings, none of them the usual one. */
  readonly settings: (draw: CaseDraw) => Settings;
  readonly input: (draw: CaseDraw, settings: Settings) => Tensor;
  readonly layer: (settings: Settings) => Module & Layer;
  readonly apply: (x: Tensor, options: Settings & ForwardContext) => Tensor;
}

/** The law that a layer hands all of its settings to its function. */
export const layerLaw = <Settings extends object>(
  id: string,
  { settings: draws, input, layer, apply }: LayerOfFunction<Settings>,
): Law =>
  law({
    id: `${id}/layer`,
    statement:
      'The layer is the function with its settings and the same key, in training and evaluation, whether state may move or not.',
    cases: drawn((draw) => {
      const settings = draws(draw);
      return {
        settings,
        x: input(draw, settings),
        seed: draw.integer(0, 1000),
        training: draw.pick([true, false]),
        updateState: draw.pick([true, false]),
      };
    }),
    slack: ({ x, settings, seed, training, updateState }) => {
      const context = { training, rng: random.key(seed) };
      const got = layer(settings).forward(x, { ...context, updateState });
      return exactly(got, apply(x, { ...settings, ...context }));
    },
    effort: 0.5,
  });

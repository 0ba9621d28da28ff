import { drawn, type Law, law } from '@tikhonov/check';
import type { Tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { type Layer, type Module, Sequential } from '@tikhonov/nn';
import { evaluationFormOf, missingFormOf } from '@tikhonov/nn/engine';
import { holds, near } from './slack.ts';

/** A layer with a plain form in evaluation. */
export interface LayerWithForm<Settings extends object> {
  readonly settings: (draw: CaseDraw) => Settings;
  readonly input: (draw: CaseDraw, settings: Settings) => Tensor;
  readonly layer: (settings: Settings) => Module & Layer;
  /** Whether there is a form. @defaultValue always */
  readonly hasForm?: (settings: Settings) => boolean;
}

/** The law that what exporters write in the place of a layer computes what the layer does in evaluation. */
export const evaluationFormLaw = <Settings extends object>(
  id: string,
  { settings: draws, input, layer, hasForm = () => true }: LayerWithForm<Settings>,
): Law =>
  law({
    id: `${id}/evaluation-form`,
    statement:
      'The plain layers that stand for it in evaluation compute the same; where there are none it says why.',
    cases: drawn((draw) => {
      const settings = draws(draw);
      return { settings, x: input(draw, settings) };
    }),
    slack: ({ settings, x }) => {
      const made = layer(settings);
      const form = evaluationFormOf(made);
      if (form === null) return holds(!hasForm(settings) && missingFormOf(made) !== null);
      const plain = new Sequential(form).forward(x) as Tensor;
      return Math.min(holds(hasForm(settings)), near(plain, made.forward(x), 1e-13));
    },
    effort: 0.2,
  });

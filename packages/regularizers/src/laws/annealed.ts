import { drawn, type Law, law } from '@tikhonov/check';
import { Cell, random, type Tensor, tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import type { Layer, Module, Strength } from '@tikhonov/nn';
import { real } from './draws.ts';
import { holds, near } from './slack.ts';

/** A layer with a rate that may be annealed. */
export interface AnnealedLayer {
  readonly layer: (rate: Strength) => Module & Layer;
  readonly input: (draw: CaseDraw) => Tensor;
}

/** The law that a layer reads a rate in a cell whenever it is called. */
export const annealedLaw = (id: string, { layer, input }: AnnealedLayer): Law =>
  law({
    id: `${id.includes('/') ? `${id}-` : `${id}/`}annealed`,
    statement:
      'A rate in a cell is read at every call, so that it may be annealed, and belongs to the state of the layer; as a number it does not.',
    cases: drawn((draw) => ({
      x: input(draw),
      from: real(draw, 0, 1),
      to: draw.pick([0, 1, real(draw, 0, 1)]),
      seed: draw.integer(0, 1000),
      training: draw.pick([true, false]),
    })),
    slack: ({ x, from, to, seed, training }) => {
      const cell = new Cell(tensor(from, { dtype: 'float64' }));
      const held = layer(cell);
      const context = { training, rng: random.key(seed) };
      const [before, first] = [held, layer(from)].map((one) => one.forward(x, context));
      cell.write(tensor(to, { dtype: 'float64' }));
      const after = held.forward(x, context);
      const sizeOf = (one: Module): number => Object.keys(one.stateDict()).length;
      return Math.min(
        near(before!, first!, 1e-14),
        near(after, layer(to).forward(x, context), 1e-14),
        holds(sizeOf(held) === sizeOf(layer(from)) + 1),
      );
    },
    effort: 0.2,
  });

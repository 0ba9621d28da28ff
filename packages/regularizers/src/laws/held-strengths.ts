import { drawn, type Law, law } from '@tikhonov/check';
import { Cell, type Tensor, tensor } from '@tikhonov/core';
import type { Strength } from '../strength.ts';
import { real } from './draws.ts';
import { near } from './slack.ts';

/**
 * The law that strengths in cells do what the same numbers do.
 *
 * @param names  what the strengths are called
 * @param values  everything that takes a strength or a step, each > 0
 */
export const heldStrengthsLaw = (
  id: string,
  names: string,
  values: (w: Tensor, strength: Strength, step: Strength) => readonly Tensor[],
): Law =>
  law({
    id: `${id}/strengths-in-cells`,
    statement: `${names} in cells do what the same numbers do.`,
    cases: drawn((draw) => ({
      w: draw.tensor(draw.shape()),
      a: real(draw, 0.1, 2),
      step: real(draw, 0.1, 2),
    })),
    slack: ({ w, a, step }) => {
      const held = (x: number): Cell => new Cell(tensor(x, { dtype: 'float64' }));
      const want = values(w, a, step);
      const got = values(w, held(a), held(step));
      return Math.min(...got.map((value, i) => near(value, want[i]!, 1e-14)));
    },
    effort: 0.5,
  });

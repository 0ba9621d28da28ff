import { drawn, type Law, law } from '@tikhonov/check';
import { Cell, tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { applied, elements, type Gradients, gradientsOf, same } from '../laws/named-gradients.ts';
import { transformLaw } from '../laws/recipe-parts.ts';
import { exactly, holds } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { clipByValue, clipGradsByValue, valueClippingMethod } from './value-clipping.ts';

const problem = (draw: CaseDraw): { grads: Gradients; clipValue: number } => ({
  grads: gradientsOf(draw),
  clipValue: real(draw, 0.05, 3),
});

/** What clipping by value promises. */
export const valueClippingLaws: readonly Law[] = [
  law({
    id: 'value-clipping/elementwise',
    statement: 'Every element becomes the nearest number in [-c, c]; those within are not changed.',
    cases: drawn(problem),
    slack: ({ grads, clipValue: c }) => {
      const want = elements(grads).map((x) => Math.sign(x) * Math.min(Math.abs(x), c));
      return exactly(elements(applied(clipByValue(c), grads)), want);
    },
  }),
  law({
    id: 'value-clipping/idempotent',
    statement: 'Clipping twice is clipping once, bit for bit.',
    cases: drawn(problem),
    slack: ({ grads, clipValue }) => {
      const once = applied(clipByValue(clipValue), grads);
      return same(applied(clipByValue(clipValue), once), once, exactly);
    },
  }),
  law({
    id: 'value-clipping/odd',
    statement: 'Clipping the negative gradients gives the negative of the clipped ones.',
    cases: drawn(problem),
    slack: ({ grads, clipValue }) => {
      const turned = Object.fromEntries(Object.entries(grads).map(([name, g]) => [name, g.neg()]));
      return exactly(
        elements(applied(clipByValue(clipValue), turned)),
        elements(applied(clipByValue(clipValue), grads)).map((x) => -x),
      );
    },
  }),
  law({
    id: 'value-clipping/turns-the-direction',
    statement:
      'Unlike clipping by the norm it turns the direction: of a gradient (x, y) with |x| above c and |y| below only x is shortened.',
    cases: drawn((draw) => ({
      c: real(draw, 0.1, 2),
      long: real(draw, 1.1, 4),
      short: real(draw, 0.1, 0.9),
    })),
    slack: ({ c, long, short }) => {
      const w = tensor(Float64Array.of(-long * c, short * c));
      const [x, y] = elements(applied(clipByValue(c), { w }));
      return Math.min(exactly([x!, y!], [-c, short * c]), holds(x! / y! !== -long / short));
    },
  }),
  law({
    id: 'value-clipping/transform-is-function',
    statement:
      'The function gives what the transform gives, with the bound in a cell too; parameters without a gradient are left out. The recipe has a bound of 0.01.',
    cases: drawn(problem),
    slack: ({ grads, clipValue }) => {
      const want = clipGradsByValue({ none: null, ...grads }, clipValue);
      const bound = new Cell(tensor(clipValue, { dtype: 'float64' }));
      return Math.min(
        recipeTakes(valueClippingMethod, { clipValue: 0.01 }),
        holds(!('none' in want)),
        same(applied(clipByValue(clipValue), grads), want, exactly),
        same(applied(clipByValue(bound), grads), want, exactly),
      );
    },
  }),
  transformLaw(valueClippingMethod, 'gradients', ({ clipValue }) => clipByValue(clipValue!)),
  law({
    id: 'value-clipping/refused-cells',
    statement: 'A bound in a cell that is 0 or negative is refused when it is used.',
    cases: drawn((draw) => ({ w: draw.tensor([2]), bound: draw.pick([0, -0.5]) })),
    slack: ({ w, bound }) => {
      const cell = new Cell(tensor(bound, { dtype: 'float64' }));
      return holds(thrown(() => applied(clipByValue(cell), { w })) instanceof RangeError);
    },
    effort: 0.1,
  }),
];

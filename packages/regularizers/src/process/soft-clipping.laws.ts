import { drawn, type Law, law } from '@tikhonov/check';
import { Cell, sum, tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { applied, type Gradients, gradientsOf, lengthOf, same } from '../laws/named-gradients.ts';
import { transformLaw } from '../laws/recipe-parts.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { clipGradsByGlobalNorm } from './gradient-clipping.ts';
import { softClip, softClipGrads, softClippingMethod } from './soft-clipping.ts';

const problem = (draw: CaseDraw): { grads: Gradients; gamma: number } => ({
  grads: gradientsOf(draw),
  gamma: real(draw, 0.05, 6),
});

/** What soft clipping promises. */
export const softClippingLaws: readonly Law[] = [
  law({
    id: 'soft-clipping/factor',
    statement: 'All gradients are scaled by gamma / (n + gamma), n being their norm together.',
    cases: drawn(problem),
    slack: ({ grads, gamma }) => {
      const factor = gamma / (lengthOf(grads) + gamma);
      return same(applied(softClip(gamma), grads), grads, (x, g) => near(x, g.mul(factor), 1e-14));
    },
  }),
  law({
    id: 'soft-clipping/soft-and-hard',
    statement:
      'The soft factor lies between half the hard factor min(1, c / n) and the factor itself: 1/2 min(1, c/n) <= c / (n + c) < min(1, c/n).',
    cases: drawn((draw) => ({
      g: draw.tensor([draw.integer(1, 5)], { avoid: [0] }),
      gamma: real(draw, 0.05, 6),
    })),
    slack: ({ g, gamma }) => {
      const hard = lengthOf(clipGradsByGlobalNorm({ g }, gamma).grads);
      const soft = lengthOf(applied(softClip(gamma), { g }));
      return Math.min(atMost(hard / 2, soft, 1e-12), holds(soft < hard));
    },
  }),
  law({
    id: 'soft-clipping/bounded-and-growing',
    statement:
      'The norm after it is always below gamma, and grows with the norm before: long gradients stay the longer ones.',
    cases: drawn((draw) => ({
      g: draw.tensor([draw.integer(1, 5)], { avoid: [0] }),
      gamma: real(draw, 0.05, 6),
      factor: real(draw, 1.01, 20),
    })),
    slack: ({ g, gamma, factor }) => {
      const short = lengthOf(applied(softClip(gamma), { g }));
      const long = lengthOf(applied(softClip(gamma), { g: g.mul(factor) }));
      return holds(short < long && long < gamma);
    },
  }),
  law({
    id: 'soft-clipping/transform-is-function',
    statement:
      'As a transform in front of an optimizer it gives the same gradients, with the bound in a cell too; the recipe has a bound of 1.',
    cases: drawn(problem),
    slack: ({ grads, gamma }) => {
      const want = softClipGrads({ none: null, ...grads }, gamma);
      const bound = new Cell(tensor(gamma, { dtype: 'float64' }));
      return Math.min(
        recipeTakes(softClippingMethod, { gamma: 1 }),
        holds(!('none' in want)),
        same(applied(softClip(gamma), grads), want, exactly),
        same(applied(softClip(bound), grads), want, exactly),
      );
    },
  }),
  law({
    id: 'soft-clipping/not-finite',
    statement:
      'A gradient that is not finite is an error that names its parameter, unless the caller asks for none.',
    cases: drawn((draw) => ({ ...problem(draw), bad: draw.pick([NaN, Infinity]) })),
    slack: ({ grads, gamma, bad }) => {
      const broken = { ...grads, culprit: sum(Object.values(grads)[0]!).mul(0).add(bad) };
      const error = thrown(() => applied(softClip(gamma), broken));
      const { culprit } = softClipGrads(broken, gamma, { errorIfNonfinite: false });
      return Math.min(
        holds(error instanceof RangeError && error.message.includes('"culprit"')),
        holds(Number.isNaN(culprit!.item())),
      );
    },
  }),
  transformLaw(softClippingMethod, 'gradients', ({ gamma }) => softClip(gamma!)),
];

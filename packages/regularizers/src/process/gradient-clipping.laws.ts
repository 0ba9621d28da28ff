import { drawn, type Law, law } from '@tikhonov/check';
import { Cell, sum, tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import {
  applied,
  elements,
  type Gradients,
  gradientsOf,
  lengthOf,
  same,
} from '../laws/named-gradients.ts';
import { transformLaw } from '../laws/recipe-parts.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import {
  clipByGlobalNorm,
  clipByNorm,
  clipGradsByGlobalNorm,
  clipGradsByNorm,
  globalNorm,
  gradientClippingMethod,
} from './gradient-clipping.ts';
import { relaxedSmoothnessLaws } from './relaxed-smoothness.laws.ts';

const problem = (draw: CaseDraw): { grads: Gradients; maxNorm: number } => ({
  grads: gradientsOf(draw),
  maxNorm: real(draw, 0.05, 6),
});

/** `(sum |g|^p)^(1/p)` written out. */
const powerNorm = (grads: Gradients, p: number): number => {
  const sizes = elements(grads).map(Math.abs);
  if (p === Infinity) return Math.max(0, ...sizes);
  return sizes.reduce((total, x) => total + x ** p, 0) ** (1 / p);
};

/** What clipping by the global norm promises. */
export const gradientClippingLaws: readonly Law[] = [
  law({
    id: 'gradient-clipping/norm-bound',
    statement: 'After clipping, the norm of all gradients together is min(norm, maxNorm).',
    cases: drawn(problem),
    slack: ({ grads, maxNorm }) => {
      const { grads: clipped, totalNorm } = clipGradsByGlobalNorm(grads, maxNorm);
      return Math.min(
        near(totalNorm, lengthOf(grads), 1e-14),
        near(globalNorm(clipped), Math.min(lengthOf(grads), maxNorm), 1e-14),
      );
    },
  }),
  law({
    id: 'gradient-clipping/keeps-direction',
    statement: 'The direction stays: <g, clip(g)> = ||g|| ||clip(g)||, a cosine of 1.',
    cases: drawn(problem),
    slack: ({ grads, maxNorm }) => {
      const { grads: clipped } = clipGradsByGlobalNorm(grads, maxNorm);
      const inner = Object.keys(grads).reduce(
        (total, name) => total + sum(grads[name]!.mul(clipped[name]!)).item(),
        0,
      );
      return near(inner, lengthOf(grads) * lengthOf(clipped), 1e-13);
    },
  }),
  law({
    id: 'gradient-clipping/identity-below',
    statement: 'Gradients whose norm is at most maxNorm are not changed by a bit.',
    cases: drawn((draw) => ({ grads: gradientsOf(draw), room: real(draw, 0, 2) })),
    slack: ({ grads, room }) => {
      const maxNorm = lengthOf(grads) * (1 + 1e-12 + room) + 1e-9;
      return same(clipGradsByGlobalNorm(grads, maxNorm).grads, grads, exactly);
    },
  }),
  law({
    id: 'gradient-clipping/idempotent',
    statement: 'Clipping twice is clipping once (with eps = 0), up to the rounding of the norm.',
    cases: drawn(problem),
    slack: ({ grads, maxNorm }) => {
      const once = clipGradsByGlobalNorm(grads, maxNorm).grads;
      const twice = clipGradsByGlobalNorm(once, maxNorm).grads;
      return same(twice, once, (x, y) => near(x, y, 1e-15));
    },
  }),
  law({
    id: 'gradient-clipping/eps-is-not-idempotent',
    statement:
      "With PyTorch's eps = 1e-6 clipped gradients are a little shorter than maxNorm, and clipping them once more shortens them again.",
    cases: drawn((draw) => ({
      grads: { w: draw.tensor([draw.integer(1, 4)], { avoid: [0] }) },
      share: real(draw, 0.1, 0.9),
    })),
    slack: ({ grads, share }) => {
      const maxNorm = lengthOf(grads) * share;
      const again = clipGradsByGlobalNorm(grads, maxNorm, { eps: 1e-6 });
      const twice = clipGradsByGlobalNorm(again.grads, maxNorm, { eps: 1e-6 });
      const n = lengthOf(grads);
      return Math.min(
        near(again.totalNorm, n, 1e-14),
        near(lengthOf(again.grads), (n * maxNorm) / (n + 1e-6), 1e-14),
        holds(lengthOf(twice.grads) < lengthOf(again.grads)),
      );
    },
  }),
  law({
    id: 'gradient-clipping/any-norm',
    statement:
      'With normType p all is as with 2: totalNorm is the p-norm of all elements, and the factor min(1, maxNorm / totalNorm).',
    cases: drawn((draw) => ({ ...problem(draw), p: draw.pick([0.5, 1, 2, 3, Infinity]) })),
    slack: ({ grads, maxNorm, p }) => {
      const got = clipGradsByGlobalNorm(grads, maxNorm, { normType: p });
      const n = powerNorm(grads, p);
      const factor = n > maxNorm ? maxNorm / n : 1;
      return Math.min(
        near(got.totalNorm, n, 1e-12),
        same(got.grads, grads, (x, g) => near(x, g.mul(factor), 1e-12)),
      );
    },
  }),
  law({
    id: 'gradient-clipping/per-tensor',
    statement:
      'Clipping every tensor by itself is clipping it as if it were all there is, and shortens none that is short enough.',
    cases: drawn(problem),
    slack: ({ grads, maxNorm }) => {
      const clipped = applied(clipByNorm(maxNorm), grads);
      const alone = Object.entries(grads).map(([name, g]) => {
        const want = clipGradsByGlobalNorm({ g }, maxNorm).grads.g!;
        return Math.min(
          near(clipped[name]!, want, 1e-14),
          lengthOf({ g }) < maxNorm ? exactly(clipped[name]!, g) : 1,
        );
      });
      return Math.min(1, ...alone);
    },
  }),
  law({
    id: 'gradient-clipping/not-finite',
    statement:
      'A gradient that is not finite is an error that names its parameter, unless the caller asks for none.',
    cases: drawn((draw) => ({ grads: gradientsOf(draw), bad: draw.pick([NaN, Infinity]) })),
    slack: ({ grads, bad }) => {
      const broken = { ...grads, culprit: sum(Object.values(grads)[0]!).mul(0).add(bad) };
      const transforms = [clipByGlobalNorm, clipByNorm].map(
        (make) => (grads: Gradients, maxNorm: number) => applied(make(maxNorm), grads),
      );
      const named = [clipGradsByGlobalNorm, clipGradsByNorm, ...transforms].map((clip) => {
        const error = thrown(() => clip(broken, 1));
        return holds(error instanceof RangeError && error.message.includes('"culprit"'));
      });
      const { totalNorm } = clipGradsByGlobalNorm(broken, 1, { errorIfNonfinite: false });
      const { culprit } = clipGradsByNorm(broken, 1, { errorIfNonfinite: false });
      const seen = !Number.isFinite(totalNorm.item()) && Number.isNaN(culprit!.item());
      return Math.min(
        ...named,
        holds(seen),
        holds(Object.is(globalNorm(broken).item(), totalNorm.item())),
      );
    },
  }),
  law({
    id: 'gradient-clipping/transform-is-function',
    statement:
      'As a transform in front of an optimizer it gives the same gradients; the recipe has a bound of 1.',
    cases: drawn(problem),
    slack: ({ grads, maxNorm }) => {
      const updates = applied(clipByGlobalNorm(maxNorm), grads);
      return Math.min(
        recipeTakes(gradientClippingMethod, { maxNorm: 1 }),
        same(updates, clipGradsByGlobalNorm(grads, maxNorm).grads, exactly),
        same(applied(clipByNorm(maxNorm), grads), clipGradsByNorm(grads, maxNorm), exactly),
      );
    },
  }),
  law({
    id: 'gradient-clipping/cell',
    statement: 'A bound in a cell holds from the moment on that it is written.',
    cases: drawn(problem),
    slack: ({ grads, maxNorm }) => {
      const bound = new Cell(tensor(2 * maxNorm, { dtype: 'float64' }));
      const clips = [clipByGlobalNorm, clipByNorm].map((make) => [make, make(bound)] as const);
      const alike = (c: number): number[] =>
        clips.map(([make, clip]) => same(applied(clip, grads), applied(make(c), grads), exactly));
      const wide = alike(2 * maxNorm);
      bound.write(tensor(maxNorm, { dtype: 'float64' }));
      return Math.min(...wide, ...alike(maxNorm));
    },
  }),
  law({
    id: 'gradient-clipping/missing',
    statement: 'Parameters without a gradient are left out, and count as if there were none.',
    cases: drawn(problem),
    slack: ({ grads, maxNorm }) => {
      const some = { none: null, ...grads };
      const got = clipGradsByGlobalNorm(some, maxNorm);
      const want = clipGradsByGlobalNorm(grads, maxNorm);
      const alone = clipGradsByNorm(some, maxNorm);
      return Math.min(
        holds(!('none' in got.grads) && !('none' in alone)),
        exactly(got.totalNorm, want.totalNorm),
        same(got.grads, want.grads, exactly),
        same(alone, clipGradsByNorm(grads, maxNorm), exactly),
      );
    },
  }),
  ...relaxedSmoothnessLaws,
  transformLaw(gradientClippingMethod, 'gradients', ({ maxNorm }) => clipByGlobalNorm(maxNorm!)),
  law({
    id: 'gradient-clipping/options-of-the-transform',
    statement: 'The transform clips as the function does with the same options.',
    cases: drawn((draw) => ({ w: draw.tensor([2, 2]), normType: draw.pick([1, 2, 3, Infinity]) })),
    slack: ({ w, normType }) =>
      exactly(
        applied(clipByGlobalNorm(0.5, { normType, eps: 0.1 }), { w }).w!,
        clipGradsByGlobalNorm({ w }, 0.5, { normType, eps: 0.1 }).grads.w!,
      ),
    effort: 0.2,
  }),
];

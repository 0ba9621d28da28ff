import { drawn, type Law, law } from '@tikhonov/check';
import { sum, type Tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { parametersOf, real } from '../laws/draws.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { clipByGlobalNorm, clipGradsByGlobalNorm, globalNorm } from './gradient-clipping.ts';

type Gradients = Readonly<Record<string, Tensor>>;

const gradientsOf = (draw: CaseDraw): Gradients =>
  Object.fromEntries(parametersOf(draw).map((g, i) => [`w${i}`, g]));

const problem = (draw: CaseDraw): { grads: Gradients; maxNorm: number } => ({
  grads: gradientsOf(draw),
  maxNorm: real(draw, 0.05, 6),
});

/** `sqrt(sum g^2)` written out, independently of the optimizers' norm. */
const lengthOf = (grads: Gradients): number =>
  Math.sqrt(
    Object.values(grads)
      .flatMap((g) => Array.from(g.data()))
      .reduce((total, x) => total + x * x, 0),
  );

const same = (a: Gradients, b: Gradients, compare: (x: Tensor, y: Tensor) => number): number =>
  Math.min(1, ...Object.keys(b).map((name) => compare(a[name]!, b[name]!)));

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
    id: 'gradient-clipping/transform-is-function',
    statement: 'As a transform in front of an optimizer it gives the same gradients.',
    cases: drawn(problem),
    slack: ({ grads, maxNorm }) => {
      const clip = clipByGlobalNorm(maxNorm);
      const [updates] = clip.update(grads, clip.init(grads), grads);
      return same(updates, clipGradsByGlobalNorm(grads, maxNorm).grads, exactly);
    },
  }),
  law({
    id: 'gradient-clipping/soft-and-hard',
    statement:
      'The soft factor c / (n + c) lies between half the hard factor min(1, c / n) and the factor itself: 1/2 min(1, c/n) <= c / (n + c) < min(1, c/n).',
    cases: drawn((draw) => ({
      g: draw.tensor([draw.integer(1, 5)], { avoid: [0] }),
      maxNorm: real(draw, 0.05, 6),
    })),
    slack: ({ g, maxNorm }) => {
      const { grads, totalNorm } = clipGradsByGlobalNorm({ g }, maxNorm);
      const hard = lengthOf(grads) / lengthOf({ g });
      const soft = maxNorm / (totalNorm.item() + maxNorm);
      return Math.min(atMost(hard / 2, soft, 1e-12), holds(soft < hard));
    },
  }),
];

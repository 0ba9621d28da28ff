import { drawn, type Law, law } from '@tikhonov/check';
import { type Tensor, tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { applied } from '../laws/named-gradients.ts';
import { transformLaw } from '../laws/recipe-parts.ts';
import { atMost, exactly, near } from '../laws/slack.ts';
import { adaptiveGradientClippingMethod, clipAdaptively } from './adaptive-gradient-clipping.ts';

interface Units {
  readonly w: Tensor;
  readonly g: Tensor;
  readonly clipping: number;
}

/** Weights `[out, ...]`, some of them 0; or a vector, which is one unit. */
const units = (draw: CaseDraw): Units => {
  const shape = draw.pick([[3, 2], [2, 2, 2], [1, 3], [4]]);
  const size = draw.pick([0, 1e-4, 1]);
  return {
    w: draw.tensor(shape).mul(size),
    g: draw.tensor(shape),
    clipping: real(draw, 0.01, 2),
  };
};

/** The elements of every unit. */
const rows = (x: Tensor): number[][] => {
  const data = Array.from(x.data());
  const count = x.rank < 2 ? 1 : x.shape[0]!;
  const size = data.length / count;
  return Array.from({ length: count }, (_, i) => data.slice(i * size, (i + 1) * size));
};

const clipped = ({ w, g, clipping }: Units, eps = 1e-3): Tensor =>
  applied(clipAdaptively({ clipping, eps }), { w: g }, { w }).w!;

/** What adaptive clipping promises. */
export const adaptiveGradientClippingLaws: readonly Law[] = [
  law({
    id: 'adaptive-gradient-clipping/by-definition',
    statement:
      'The gradient of every unit, a slice along axis 0 or a whole vector, is scaled by min(1, c max(|w|, eps) / |g|).',
    cases: drawn(units),
    slack: (given) => {
      const weights = rows(given.w);
      const want = rows(given.g).flatMap((g, i) => {
        const bound = given.clipping * Math.max(Math.hypot(...weights[i]!), 1e-3);
        const n = Math.hypot(...g);
        return n > bound ? g.map((x) => (x * bound) / n) : g;
      });
      return near(clipped(given), want, 1e-14);
    },
  }),
  law({
    id: 'adaptive-gradient-clipping/bound',
    statement:
      "Afterwards no unit's gradient is longer than c max(|w|, eps), also where its weights are 0, and clipping again changes nothing.",
    cases: drawn(units),
    slack: (given) => {
      const once = clipped(given);
      const weights = rows(given.w);
      const bounds = weights.map((w) => given.clipping * Math.max(Math.hypot(...w), 1e-3));
      const lengths = rows(once).map((g) => Math.hypot(...g));
      return Math.min(atMost(lengths, bounds), near(clipped({ ...given, g: once }), once, 1e-15));
    },
  }),
  law({
    id: 'adaptive-gradient-clipping/identity-below',
    statement:
      'A unit whose gradient is short enough is not changed by a bit, whatever the others are.',
    cases: drawn((draw) => ({ long: draw.tensor([2], { avoid: [0] }), room: real(draw, 1.01, 3) })),
    slack: ({ long, room }) => {
      const short = long.div(room);
      const g = tensor(Float64Array.of(...long.mul(room).data(), ...short.data()), {
        shape: [2, 2],
      });
      const w = tensor(Float64Array.of(...long.data(), ...long.data()), { shape: [2, 2] });
      return exactly(rows(clipped({ w, g, clipping: 1 }))[1]!, short);
    },
  }),
  law({
    id: 'adaptive-gradient-clipping/relative',
    statement:
      'It looks at the ratio of gradient and weights only: both in another unit of length give the same in that unit (eps = 0).',
    cases: drawn((draw) => ({ ...units(draw), scale: draw.pick([0.125, 4, 1024]) })),
    slack: ({ scale, ...given }) => {
      const { w, g, clipping } = given;
      const other = clipped({ w: w.mul(scale), g: g.mul(scale), clipping }, 0);
      return near(other, clipped(given, 0).mul(scale), 1e-14);
    },
  }),
  law({
    id: 'adaptive-gradient-clipping/defaults',
    statement: 'Left out, c is 0.01 and eps 1e-3, as in the paper; the recipe takes a c of 0.1.',
    cases: drawn(units),
    slack: ({ w, g }) =>
      Math.min(
        exactly(applied(clipAdaptively(), { w: g }, { w }).w!, clipped({ w, g, clipping: 0.01 })),
        recipeTakes(adaptiveGradientClippingMethod, { clipping: 0.1, eps: 1e-3 }),
      ),
    effort: 0.3,
  }),
  transformLaw(adaptiveGradientClippingMethod, 'gradients', ({ clipping, eps }) =>
    clipAdaptively({ clipping: clipping!, eps: eps! }),
  ),
];

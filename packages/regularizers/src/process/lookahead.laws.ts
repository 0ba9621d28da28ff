import { drawn, type Law, law } from '@tikhonov/check';
import { parameter, type Tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { sgd } from '@tikhonov/optim';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { near } from '../laws/slack.ts';
import { type LookaheadOptions, lookahead, lookaheadMethod } from './lookahead.ts';

interface Run {
  readonly start: Tensor;
  readonly grads: readonly Tensor[];
  readonly lr: number;
}

const run = (draw: CaseDraw): Run => {
  const n = draw.integer(1, 3);
  return {
    start: draw.tensor([n]),
    grads: Array.from({ length: draw.integer(1, 8) }, () => draw.tensor([n])),
    lr: real(draw, 0.01, 0.5),
  };
};

/** The parameter after each step of SGD with momentum 0.5; its speed must survive synchronisations. */
function path({ start, grads, lr }: Run, options: LookaheadOptions | null): Tensor[] {
  const w = parameter(start);
  const updates = () => (options === null ? [] : [lookahead(options)]);
  const optimizer = sgd({ w }, { lr, momentum: 0.5, updates });
  return grads.map((g) => {
    optimizer.apply({ w: g });
    return w.read();
  });
}

const least = (got: readonly Tensor[], want: readonly Tensor[], tolerance: number): number =>
  Math.min(1, ...got.map((x, i) => near(x, want[i]!, tolerance)));

/** What Lookahead promises. */
export const lookaheadLaws: readonly Law[] = [
  law({
    id: 'lookahead/by-definition',
    statement:
      'After every k-th step the slow weights go alpha of the way to the fast ones, which start again from there; in between the optimizer is left alone.',
    cases: drawn((draw) => ({
      ...run(draw),
      alpha: real(draw, 0.05, 1),
      syncPeriod: draw.integer(1, 4),
    })),
    slack: ({ alpha, syncPeriod, ...given }) => {
      let [slow, fast, speed] = [given.start, given.start, given.start.mul(0)];
      const want = given.grads.map((g, i) => {
        speed = speed.mul(0.5).add(g);
        fast = fast.sub(speed.mul(given.lr));
        if ((i + 1) % syncPeriod === 0) {
          slow = slow.add(fast.sub(slow).mul(alpha));
          fast = slow;
        }
        return fast;
      });
      return least(path(given, { alpha, syncPeriod }), want, 1e-13);
    },
  }),
  law({
    id: 'lookahead/all-the-way',
    statement: 'With alpha = 1 it is the optimizer itself.',
    cases: drawn((draw) => ({ ...run(draw), syncPeriod: draw.integer(1, 4) })),
    slack: ({ syncPeriod, ...given }) =>
      least(path(given, { alpha: 1, syncPeriod }), path(given, null), 1e-13),
  }),
  law({
    id: 'lookahead/every-step',
    statement: 'With a synchronisation after every step, each step is alpha times as long.',
    cases: drawn((draw) => ({ ...run(draw), alpha: real(draw, 0.05, 1) })),
    slack: ({ alpha, ...given }) =>
      least(
        path(given, { alpha, syncPeriod: 1 }),
        path({ ...given, lr: given.lr * alpha }, null),
        1e-13,
      ),
  }),
  law({
    id: 'lookahead/later',
    statement: 'Before the first synchronisation nothing is changed, bit for bit.',
    cases: drawn(run),
    slack: (given) =>
      least(path(given, { syncPeriod: given.grads.length + 1 }), path(given, null), 1e-300),
  }),
  law({
    id: 'lookahead/defaults',
    statement: 'Left out, alpha is 0.5 and the period 5, in the recipe as well.',
    cases: drawn((draw) => ({
      ...run(draw),
      grads: Array.from({ length: 6 }, () => draw.tensor([], { avoid: [0] })),
      start: draw.tensor([]),
    })),
    slack: (given) =>
      Math.min(
        least(path(given, {}), path(given, { alpha: 0.5, syncPeriod: 5 }), 1e-300),
        recipeTakes(lookaheadMethod, { alpha: 0.5, syncPeriod: 5 }),
      ),
    effort: 0.3,
  }),
];

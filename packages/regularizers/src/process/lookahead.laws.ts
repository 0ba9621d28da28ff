import { drawn, type Law, law } from '@tikhonov/check';
import { Cell, parameter, type Tensor, tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { sgd } from '@tikhonov/optim';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { transformLaw } from '../laws/recipe-parts.ts';
import { holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
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
    id: 'lookahead/alpha-in-a-cell',
    statement:
      'An alpha in a cell counts as it is at each synchronisation, and is refused outside (0, 1]: a number at once, a cell at the step.',
    cases: drawn((draw) => ({
      start: draw.tensor([2]),
      grads: Array.from({ length: draw.integer(1, 5) }, () => draw.tensor([2])),
      shares: draw.pick([[1, 0.25], [0.5], [real(draw, 0.05, 1), real(draw, 0.05, 1)]]),
      wrong: draw.pick([0, -0.5, 1 + 1e-9, Number.NaN]),
    })),
    slack: ({ start, grads, shares, wrong }) => {
      const alpha = new Cell(tensor(1, { dtype: 'float64' }));
      const w = parameter(start);
      const updates = () => [lookahead({ alpha, syncPeriod: 1 })];
      const optimizer = sgd({ w }, { lr: 0.1, updates });
      let want = start;
      for (const [k, g] of grads.entries()) {
        const share = shares[k % shares.length]!;
        alpha.write(tensor(share, { dtype: 'float64' }));
        optimizer.apply({ w: g });
        want = want.sub(g.mul(0.1 * share));
      }
      const reached = near(w.read(), want, 1e-13);
      alpha.write(tensor(wrong, { dtype: 'float64' }));
      return Math.min(
        reached,
        holds(thrown(() => optimizer.apply({ w: grads[0]! })) instanceof RangeError),
        holds(thrown(() => lookahead({ alpha: wrong })) instanceof RangeError),
      );
    },
    effort: 0.5,
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
  transformLaw(lookaheadMethod, 'updates', ({ alpha, syncPeriod }) =>
    lookahead({ alpha: alpha!, syncPeriod: syncPeriod! }),
  ),
];

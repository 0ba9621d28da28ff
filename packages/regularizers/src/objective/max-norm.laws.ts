import { drawn, type Law, law } from '@tikhonov/check';
import {
  Cell,
  mul,
  norm,
  parameter,
  permute,
  reshape,
  sub,
  sum,
  type Tensor,
  tensor,
  zerosLike,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { maxNorm, NonFiniteUpdateError, project, sgd } from '@tikhonov/optim';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { transformLaw } from '../laws/recipe-parts.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { maxNormMethod } from './max-norm.ts';

const matrixOf = (draw: CaseDraw): Tensor => draw.tensor([draw.integer(1, 4), draw.integer(1, 4)]);

const lengthsOf = (w: Tensor): number[] =>
  (w.toArray() as number[][]).map((row) => Math.hypot(...row));

/** What the max-norm constraint promises. */
export const maxNormLaws: readonly Law[] = [
  law({
    id: 'max-norm/value',
    statement:
      'Every row becomes w min(1, c / ||w||): shorter ones stay to the last bit, longer ones get length c and keep their direction.',
    cases: drawn((draw) => ({ w: matrixOf(draw), c: real(draw, 0.1, 4) })),
    slack: ({ w, c }) => {
      const got = maxNorm(c)(w).toArray() as number[][];
      const lengths = lengthsOf(w);
      return Math.min(
        ...(w.toArray() as number[][]).map((row, i) =>
          lengths[i]! < c * (1 - 1e-14)
            ? exactly(got[i]!, row)
            : near(
                got[i]!,
                row.map((x) => (x / lengths[i]!) * c),
                1e-14,
              ),
        ),
      );
    },
  }),
  law({
    id: 'max-norm/constraint',
    statement:
      'Afterwards no row is longer than c, and doing it again changes nothing but rounding.',
    cases: drawn((draw) => ({ w: matrixOf(draw), c: real(draw, 0.1, 4) })),
    slack: ({ w, c }) => {
      const once = maxNorm(c)(w);
      return Math.min(
        atMost(Math.max(...lengthsOf(once)), c, 1e-14),
        near(maxNorm(c)(once), once, 1e-15),
      );
    },
  }),
  law({
    id: 'max-norm/nearest',
    statement: 'It is the nearest allowed point: no other one is nearer to w.',
    cases: drawn((draw) => {
      const w = matrixOf(draw);
      return { w, other: draw.tensor(w.shape), c: real(draw, 0.1, 4) };
    }),
    slack: ({ w, other, c }) => {
      const projection = maxNorm(c);
      return atMost(norm(sub(projection(w), w)), norm(sub(projection(other), w)), 1e-12);
    },
  }),
  law({
    id: 'max-norm/non-expansive',
    statement: 'It brings points no further apart: ||P(a) - P(b)|| <= ||a - b||.',
    cases: drawn((draw) => {
      const a = matrixOf(draw);
      return { a, b: draw.tensor(a.shape), c: real(draw, 0.1, 4) };
    }),
    slack: ({ a, b, c }) => {
      const projection = maxNorm(c);
      // Points that are alike to rounding: on the scale of their own size.
      const rounding = 1e-14 * (1 + norm(a).item());
      return atMost(norm(sub(projection(a), projection(b))), norm(sub(a, b)).item() + rounding);
    },
  }),
  law({
    id: 'max-norm/axis',
    statement:
      'A unit is an index of axis 0, or of the axis that is named: of a kernel all weights of a filter together.',
    cases: drawn((draw) => ({
      kernel: draw.tensor([2, 3, 1, 2]),
      axis: draw.pick([undefined, 0, 1, -1]),
      c: real(draw, 0.1, 4),
    })),
    slack: ({ kernel, axis, c }) => {
      const unit = ((axis ?? 0) + 4) % 4;
      const order = [unit, ...[0, 1, 2, 3].filter((k) => k !== unit)];
      const rows = (x: Tensor): Tensor => reshape(permute(x, order), [kernel.shape[unit]!, -1]);
      const got = maxNorm(c, axis === undefined ? {} : { axis })(kernel);
      return near(rows(got), maxNorm(c)(rows(kernel)), 1e-15);
    },
  }),
  law({
    id: 'max-norm/after-every-step',
    statement:
      'Behind an optimizer it holds after every step: the step itself, then the projection; vectors such as biases are free.',
    cases: drawn((draw) => {
      const [n, m] = [draw.integer(1, 3), draw.integer(1, 3)];
      return {
        w: draw.tensor([n, m]),
        b: draw.tensor([n]),
        pull: draw.tensor([n, m]),
        c: real(draw, 0.1, 2),
        lr: real(draw, 0.1, 1),
      };
    }),
    slack: ({ w, b, pull, c, lr }) => {
      const parameters = { w: parameter(w), b: parameter(b) };
      const optimizer = sgd(parameters, { lr, updates: () => [project(maxNorm(c))] });
      const losses = Array.from({ length: 3 }, () => {
        const before = parameters.w.read();
        optimizer.minimize(() => sum(mul(parameters.w, pull)).add(sum(parameters.b)));
        return near(parameters.w.read(), maxNorm(c)(sub(before, pull.mul(lr))), 1e-14);
      });
      return Math.min(...losses, near(parameters.b.read(), b.sub(3 * lr), 1e-14));
    },
  }),
  law({
    id: 'max-norm/cell',
    statement:
      'A bound in a cell holds from the moment on that it is written. That of the recipe is 1.5.',
    cases: drawn((draw) => ({ w: matrixOf(draw), c: real(draw, 0.1, 4) })),
    slack: ({ w, c }) => {
      const bound = new Cell(tensor(2 * c, { dtype: 'float64' }));
      const projection = maxNorm(bound);
      const wide = exactly(projection(w), maxNorm(2 * c)(w));
      bound.write(tensor(c, { dtype: 'float64' }));
      return Math.min(
        recipeTakes(maxNormMethod, { maxValue: 1.5 }),
        wide,
        exactly(projection(w), maxNorm(c)(w)),
      );
    },
  }),
  law({
    id: 'max-norm/hides-nothing',
    statement: 'A step that is not finite is refused, the weights stay: no projection hides it.',
    cases: drawn((draw) => ({
      w: draw.tensor([2, 2]),
      bad: draw.pick([Infinity, -Infinity, Number.NaN]),
    })),
    slack: ({ w, bad }) => {
      const cell = parameter(w);
      // It would put anything back into its set.
      const anywhere = (x: Tensor): Tensor => zerosLike(x);
      return Math.min(
        ...[maxNorm(1), anywhere].map((projection) => {
          const optimizer = sgd({ w: cell }, { lr: 1, updates: () => [project(projection)] });
          const error = thrown(() => optimizer.apply({ w: w.mul(0).add(bad) }));
          return Math.min(holds(error instanceof NonFiniteUpdateError), exactly(cell.read(), w));
        }),
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'max-norm/selected',
    statement: 'Where the caller selects parameters, those and no others are projected.',
    cases: drawn((draw) => ({
      w: draw.tensor([2, 2], { min: 1, max: 2 }),
      b: draw.tensor([2], { min: 1, max: 2 }),
      chosen: draw.pick(['w', 'b']),
    })),
    slack: ({ w, b, chosen }) => {
      const parameters = { w: parameter(w), b: parameter(b) };
      const select = (name: string): boolean => name === chosen;
      sgd(parameters, { lr: 1, updates: () => [project(maxNorm(0.5), { select })] }).apply({
        w: zerosLike(w),
        b: zerosLike(b),
      });
      const want = { w, b, [chosen]: maxNorm(0.5)(chosen === 'w' ? w : b) };
      return Math.min(
        near(parameters.w.read(), want.w, 1e-15),
        near(parameters.b.read(), want.b, 1e-15),
      );
    },
    effort: 0.2,
  }),
  transformLaw(maxNormMethod, 'updates', ({ maxValue }) => project(maxNorm(maxValue!))),
];

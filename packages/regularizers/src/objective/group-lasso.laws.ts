import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  concat,
  grad,
  mul,
  norm,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  where,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { proxGroupLasso } from '@tikhonov/optim';
import { real } from '../laws/draws.ts';
import { filterLaw } from '../laws/filter.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { zeroStrengthLaw } from '../laws/zero-strength.ts';
import { groupLasso, groupLassoMethod } from './group-lasso.ts';
import { l1 } from './l1.ts';

/** A matrix, some of whose rows are 0, as an array of rows too. */
const matrixOf = (draw: CaseDraw) => {
  const [n, m] = [draw.integer(1, 4), draw.integer(1, 4)];
  const w = where(draw.booleans([n, 1]), draw.tensor([n, m]), 0);
  return { w, rows: w.toArray() as number[][] };
};

/** What the group lasso promises. */
export const groupLassoLaws: readonly Law[] = [
  law({
    id: 'group-lasso/value',
    statement:
      'The value is lambda times the sum of the lengths of the slices along the axis, each times the root of its size if weighted, which is the default.',
    cases: drawn((draw) => {
      const [n, a, b] = [draw.integer(1, 3), draw.integer(1, 3), draw.integer(1, 2)];
      return {
        w: draw.tensor([n, a, b]),
        axis: draw.pick([0, 1, 2, -1, null, undefined]),
        weighted: draw.pick([true, false, undefined]),
        lambda: real(draw, 0, 2),
      };
    }),
    slack: ({ w, axis, weighted, lambda }) => {
      const groups = new Map<number, number[]>();
      const values = w.data();
      const [, a, b] = w.shape as [number, number, number];
      for (const [i, x] of values.entries()) {
        const at = [Math.floor(i / (a * b)), Math.floor(i / b) % a, i % b];
        const group = axis === null ? 0 : at.at(axis ?? 0)!;
        groups.set(group, [...(groups.get(group) ?? []), x]);
      }
      const want = [...groups.values()].reduce(
        (total, group) =>
          total + Math.hypot(...group) * (weighted === false ? 1 : Math.sqrt(group.length)),
        0,
      );
      const options = {
        ...(axis === undefined ? {} : { axis }),
        ...(weighted === undefined ? {} : { weighted }),
      };
      return near(groupLasso(w, { lambda, ...options }), lambda * want, 1e-13);
    },
  }),
  law({
    id: 'group-lasso/gradient',
    statement:
      'The gradient of a group is lambda sqrt(|g|) w_g / ||w_g||, and 0 if the group is 0.',
    cases: drawn((draw) => ({ ...matrixOf(draw), lambda: real(draw, 0.1, 2) })),
    slack: ({ w, rows, lambda }) => {
      const slope = grad((x: Tensor) => groupLasso(x, { lambda }))(w);
      const want = rows.flatMap((row) => {
        const length = Math.hypot(...row);
        const factor = lambda * Math.sqrt(row.length);
        return row.map((x) => (length === 0 ? 0 : (x / length) * factor));
      });
      return near(slope, want, 1e-13);
    },
  }),
  law({
    id: 'group-lasso/between-norms',
    statement:
      'Groups of one element are L1, one group of all is the Frobenius norm, and what is between lies between: ||W||_F <= sum of lengths <= ||W||_1.',
    cases: drawn((draw) => ({ w: matrixOf(draw).w })),
    slack: ({ w }) => {
      const lengths = groupLasso(w, { lambda: 1, weighted: false });
      const one = l1(w, { lambda: 1 });
      return Math.min(
        near(groupLasso(w.reshape([-1]), { lambda: 1 }), one, 1e-14),
        near(groupLasso(w, { lambda: 1, axis: null, weighted: false }), norm(w), 1e-14),
        atMost(norm(w), lengths),
        atMost(lengths, one),
      );
    },
  }),
  law({
    id: 'group-lasso/rotation',
    statement: 'Rotating the elements of a group among themselves does not change it.',
    cases: drawn((draw) => ({ w: draw.tensor([draw.integer(1, 4), 2]), angle: real(draw, 0, 6) })),
    slack: ({ w, angle }) => {
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      const turned = w.matmul(tensor(Float64Array.of(c, s, -s, c), { shape: [2, 2] }));
      return near(groupLasso(turned, { lambda: 1 }), groupLasso(w, { lambda: 1 }), 1e-14);
    },
  }),
  law({
    id: 'group-lasso/proximal-map-kills-groups',
    statement:
      'The proximal map sets a group to exactly 0 if its length is at most step lambda sqrt(|g|), else keeps its direction and shortens it by that.',
    cases: drawn((draw) => ({
      ...matrixOf(draw),
      lambda: real(draw, 0, 2),
      step: real(draw, 0.01, 1),
    })),
    slack: ({ w, rows, lambda, step }) => {
      const prox = proxGroupLasso(lambda, { weighted: true });
      const got = prox(w, tensor(step, { dtype: 'float64' })).toArray() as number[][];
      return Math.min(
        ...rows.map((row, i) => {
          const length = Math.hypot(...row);
          const left = length - step * lambda * Math.sqrt(row.length);
          // At the edge rounding decides which of both is taken, and both are about 0.
          if (Math.abs(left) < 1e-12)
            return near(
              got[i]!,
              row.map(() => 0),
              1e-11,
            );
          return left < 0
            ? exactly(
                got[i]!,
                row.map(() => 0),
              )
            : near(
                got[i]!,
                row.map((x) => (x * left) / length),
                1e-12,
              );
        }),
      );
    },
  }),
  law({
    id: 'group-lasso/proximal-map-minimises',
    statement:
      'The proximal map minimises ||u - v||^2 / 2 + step times the penalty: no point near it or drawn does better.',
    cases: drawn((draw) => {
      const { w } = matrixOf(draw);
      return {
        w,
        others: [0.001, 0.1, 1].map((size) => draw.tensor(w.shape).mul(size)),
        lambda: real(draw, 0, 2),
        step: real(draw, 0.01, 1),
      };
    }),
    slack: ({ w, others, lambda, step }) => {
      const objective = (u: Tensor): Tensor =>
        add(mul(sum(square(sub(u, w))), 0.5), mul(groupLasso(u, { lambda }), step));
      const prox = proxGroupLasso(lambda, { weighted: true });
      const best = prox(w, tensor(step, { dtype: 'float64' }));
      return Math.min(
        ...others.map((other) => atMost(objective(best), objective(best.add(other)), 1e-12)),
        atMost(objective(best), objective(w), 1e-12),
      );
    },
  }),
  zeroStrengthLaw('group-lasso', (ws, lambda) => groupLasso(ws, { lambda, axis: null })),
  recipeLaw(groupLassoMethod, (model, { lambda }) => groupLasso(model, { lambda: lambda! })),
  filterLaw('group-lasso', (params, options) => groupLasso(params, { ...options, lambda: 2 })),
  law({
    id: 'group-lasso/hides-nothing',
    statement: 'A group that holds NaN is NaN behind the proximal map, and leaves others alone.',
    cases: drawn((draw) => ({ w: draw.tensor([1, 2]), lambda: real(draw, 0.1, 2) })),
    slack: ({ w, lambda }) => {
      const one = tensor(1, { dtype: 'float64' });
      const prox = proxGroupLasso(lambda);
      const got = prox(concat([w.mul(Number.NaN), w], { axis: 0 }), one).toArray() as number[][];
      return Math.min(holds(got[0]!.every((x) => Number.isNaN(x))), exactly(got[1]!, prox(w, one)));
    },
    effort: 0.1,
  }),
];

import { mul, norm, ShapeError, sum, type Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import {
  type PenaltyTarget,
  type SelectOptions,
  selectParameters,
  sumOver,
} from '../parameters.ts';
import { gated, requireStrength, type Strength, scaled } from '../strength.ts';

export {
  type GroupLassoOptions as ProxGroupLassoOptions,
  proxGroupLasso,
} from '@tikhonov/optim';

/** Options of `groupLasso`. */
export interface GroupLassoOptions extends SelectOptions {
  /** Strength, >= 0; loss per unit of a group's length (times the root of its size). */
  readonly lambda: Strength;
  /**
   * Every index along this axis is one group: 0 for what enters an output unit, 1 for what leaves an input;
   * `null` makes each tensor one group. @defaultValue 0
   */
  readonly axis?: number | null;
  /**
   * Multiply each group's length by the root of its size, as the paper does. @defaultValue true; the operator
   * `proxGroupLasso`, made for plain sums of lengths, defaults to false, so give both the same when they shall
   * belong together
   */
  readonly weighted?: boolean;
}

const known: OptionNames<GroupLassoOptions> = {
  lambda: true,
  axis: true,
  weighted: 'boolean',
  filter: true,
};

/**
 * Group lasso, `lambda sum_g sqrt(|g|) ||w_g||_2` with the groups' sizes `|g|`: the L1 norm of the groups'
 * lengths. What it makes small it makes small as a whole: all weights of a unit, a filter, an input. The
 * gradient is `lambda sqrt(|g|) w_g / ||w_g||`, and 0 for a group that is 0. Groups that are exactly 0 come
 * from `proxGroupLasso(lambda, { weighted: true })`.
 *
 * @param params  tensors of any shapes `[...s]` that have the axis, or a network (its weights, not its biases)
 * @returns scalar `[]`, dtype of the parameters; exactly 0 with zero gradient if `lambda` is 0
 * @throws RangeError if `lambda` is negative or not finite; ShapeError for a tensor without the axis
 * @see Yuan & Lin, "Model Selection and Estimation in Regression with Grouped Variables" (2006)
 * @example
 * ```ts
 * const w = tensor([[3, 4], [0, 0]]);
 * reg.groupLasso(w, { lambda: 0.1, weighted: false }).item(); // => 0.5
 * reg.groupLasso(w, { lambda: 0.1 }).item(); // => 0.5 * Math.SQRT2
 * ```
 */
export function groupLasso(params: PenaltyTarget, options: GroupLassoOptions): Tensor {
  requireOptions('groupLasso', options, known);
  const lambda = requireStrength('groupLasso: lambda', options.lambda);
  const { axis = 0, weighted = true } = options;
  const selected = selectParameters('groupLasso', params, options);
  const total = sumOver(selected, (w) => {
    const others = axesWithin(w, axis);
    const size = others.reduce((n, k) => n * w.shape[k]!, 1);
    const lengths = sum(norm(gated(lambda, w), { axis: others }));
    return weighted ? mul(lengths, Math.sqrt(size)) : lengths;
  });
  return scaled(lambda, total);
}

/** The axes along which a group extends. */
function axesWithin(w: Tensor, axis: number | null): number[] {
  const all = w.shape.map((_, k) => k);
  if (axis === null) return all;
  if (!Number.isInteger(axis) || axis < -w.rank || axis >= w.rank) {
    throw new ShapeError(
      `groupLasso: there is no axis ${axis} in shape ${showShape(w.shape)}.\n  Choose another axis, null for one group, or other tensors with { filter }.`,
    );
  }
  return all.filter((k) => k !== (axis < 0 ? axis + w.rank : axis));
}

const settings = [
  {
    name: 'lambda',
    description: "strength, loss per unit of a unit's length, times the root of its fan-in",
    default: 5e-4,
    source: 'ours, for small networks trained with Adam',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of the group lasso. */
export const groupLassoMethod: Method = {
  id: 'group-lasso',
  section: 'relative',
  title: 'Group lasso',
  family: 'objective',
  statement: String.raw`\min_w L(w) + \lambda \sum_g \sqrt{|g|} \, \lVert w_g \rVert_2`,
  reference: {
    authors: 'M. Yuan, Y. Lin',
    title: 'Model Selection and Estimation in Regression with Grouped Variables',
    venue: 'Journal of the Royal Statistical Society B 68(1)',
    year: 2006,
    doi: '10.1111/j.1467-9868.2005.00532.x',
  },
  arguments: settings,
  notes: [
    'The recipe makes one group of all weights that enter a unit; what leaves it, or a bias, is not part of it.',
    'Gradient steps make groups small, not zero; proxGroupLasso with optim.proximal sets whole groups to exactly 0.',
    'The penalty weights each group by the root of its size, as the paper does; the proximal map only if told so.',
  ],
  recipe: (plan, values) => {
    const { lambda } = resolveArguments('group-lasso', settings, values);
    return {
      ...plan,
      penalties: [...plan.penalties, (model) => () => groupLasso(model, { lambda })],
    };
  },
  gradientCases: (draw) => {
    const lambda = draw.pick([0, 0.7]);
    const weighted = draw.pick([true, false]);
    const shape = draw.shape({ minSize: 1, minRank: 1 });
    const axis = draw.pick([0, -1, null]);
    return {
      f: (w) => groupLasso(w!, { lambda, weighted, axis }),
      args: [draw.tensor(shape, { min: 0.2, avoid: [0] })],
    };
  },
};

import { clamp, div, mul, neg, sub, sum, type Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import {
  type PenaltyTarget,
  type SelectOptions,
  selectParameters,
  sumOver,
} from '../parameters.ts';
import { gated, inDType, requireStrength, type Strength, scaled } from '../strength.ts';

/** Options of `huberPenalty`. */
export interface HuberPenaltyOptions extends SelectOptions {
  /** Strength, >= 0. */
  readonly lambda: Strength;
  /** Where the parabola passes into lines, > 0. @defaultValue 1 */
  readonly delta?: Strength;
}

const known: OptionNames<HuberPenaltyOptions> = { lambda: true, delta: true, filter: true };

/**
 * Huber penalty, `lambda * sum h(w)` with `h(w) = w^2 / 2` up to `|w| = delta` and `delta (|w| - delta / 2)`
 * beyond: L2 for small weights, L1 for large ones. The gradient is `lambda clip(w, -delta, delta)`, without a
 * kink at 0; the second derivative jumps at `|w| = delta`, where it is that of the parabola.
 *
 * @param params  tensors of any shapes `[...s]`, or a network (its weights, not its biases)
 * @returns scalar `[]`, dtype of the parameters; exactly 0 with zero gradient if `lambda` is 0
 * @throws RangeError if `lambda` is negative, `delta` not > 0, or one is not finite
 * @see Huber, "Robust Estimation of a Location Parameter" (1964)
 * @example
 * ```ts
 * reg.huberPenalty(tensor([0.5, -3]), { lambda: 1 }).item(); // => 2.625
 * ```
 */
export function huberPenalty(params: PenaltyTarget, options: HuberPenaltyOptions): Tensor {
  requireOptions('huberPenalty', options, known);
  const lambda = requireStrength('huberPenalty: lambda', options.lambda);
  const delta = requireStrength('huberPenalty: delta', options.delta ?? 1, 'positive');
  const selected = selectParameters('huberPenalty', params, options);
  return scaled(
    lambda,
    sumOver(selected, (w) => sum(huberOf(gated(lambda, w), inDType(delta, w.dtype)))),
  );
}

/** With `c = clip(w, -delta, delta)` both cases are `c (w - c / 2)`. */
function huberOf(w: Tensor, delta: number | Tensor): Tensor {
  const least = typeof delta === 'number' ? -delta : neg(delta);
  const clipped = clamp(w, { min: least, max: delta });
  return mul(clipped, sub(w, mul(clipped, 0.5)));
}

/** Options of `smoothL1Penalty`. */
export interface SmoothL1PenaltyOptions extends SelectOptions {
  /** Strength, >= 0; loss per unit of a large weight. */
  readonly lambda: Strength;
  /** Half the width of the parabola, > 0. @defaultValue 1 */
  readonly beta?: Strength;
}

const knownSmooth: OptionNames<SmoothL1PenaltyOptions> = { lambda: true, beta: true, filter: true };

/**
 * Smooth L1 penalty: the Huber penalty with `delta = beta`, divided by `beta`, so that its slope far from 0 is
 * that of L1. It is below `lambda sum |w|` by at most `lambda beta / 2` per weight, and L1 in the limit
 * of small `beta`.
 *
 * @param params  tensors of any shapes `[...s]`, or a network (its weights, not its biases)
 * @returns scalar `[]`, dtype of the parameters
 * @throws RangeError if `lambda` is negative, `beta` not > 0, or one is not finite
 * @example
 * ```ts
 * reg.smoothL1Penalty(tensor([3, -4]), { lambda: 1, beta: 0.5 }).item(); // => 6.5
 * ```
 */
export function smoothL1Penalty(params: PenaltyTarget, options: SmoothL1PenaltyOptions): Tensor {
  requireOptions('smoothL1Penalty', options, knownSmooth);
  const lambda = requireStrength('smoothL1Penalty: lambda', options.lambda);
  const beta = requireStrength('smoothL1Penalty: beta', options.beta ?? 1, 'positive');
  const selected = selectParameters('smoothL1Penalty', params, options);
  return scaled(
    lambda,
    sumOver(selected, (w) => {
      const width = inDType(beta, w.dtype);
      return div(sum(huberOf(gated(lambda, w), width)), width);
    }),
  );
}

const settings = [
  {
    name: 'lambda',
    description: 'strength, loss per squared small weight, twice',
    default: 1e-2,
    source: 'ours, for small networks trained with Adam',
    min: 0,
  },
  {
    name: 'delta',
    description: 'size of a weight from which on the penalty is linear',
    default: 0.1,
    source: 'ours, a usual size of the weights of small networks',
    min: 0,
    open: 'min',
  },
] as const satisfies readonly Argument[];

/** Registry entry of the Huber penalty. */
export const huberPenaltyMethod: Method = {
  id: 'huber-penalty',
  section: 'relative',
  title: 'Huber penalty (smooth L1)',
  family: 'objective',
  statement: String.raw`\min_w L(w) + \lambda \sum_i h_\delta(w_i), \quad h_\delta(w) = \begin{cases} w^2 / 2 & |w| \le \delta \\ \delta (|w| - \delta / 2) & |w| > \delta \end{cases}`,
  reference: {
    authors: 'P. J. Huber',
    title: 'Robust Estimation of a Location Parameter',
    venue: 'Annals of Mathematical Statistics 35(1)',
    year: 1964,
    doi: '10.1214/aoms/1177703732',
  },
  arguments: settings,
  notes: [
    'Huber made it for residuals; as a penalty of weights it spares large ones that L2 would shrink most.',
    'Two scalings are in use: huberPenalty has curvature 1 at 0, smoothL1Penalty has slope 1 far from it; PyTorch has both, as losses.',
    'It has no kink, so unlike L1 it makes no weight exactly 0.',
  ],
  recipe: (plan, values) => {
    const options = resolveArguments('huber-penalty', settings, values);
    return {
      ...plan,
      penalties: [...plan.penalties, (model) => () => huberPenalty(model, options)],
    };
  },
  gradientCases: (draw) => {
    const lambda = draw.pick([0, 0.7]);
    const delta = draw.pick([0.5, 1]);
    const args = [draw.shape(), draw.shape()].map((shape) =>
      draw.tensor(shape, { avoid: [-delta, delta] }),
    );
    const smooth = draw.pick([true, false]);
    return {
      f: (...tensors) =>
        smooth
          ? smoothL1Penalty(tensors, { lambda, beta: delta })
          : huberPenalty(tensors, { lambda, delta }),
      args,
    };
  },
};

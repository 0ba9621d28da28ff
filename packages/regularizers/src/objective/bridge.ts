import { add, square, sum, type Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import {
  type PenaltyTarget,
  type SelectOptions,
  selectParameters,
  sumOver,
} from '../parameters.ts';
import { gated, requireStrength, type Strength, scaled } from '../strength.ts';
import { positivePower, powers } from './powers.ts';

/** Options of `bridge`. */
export interface BridgeOptions extends SelectOptions {
  /** Strength, >= 0; loss per power of a weight. */
  readonly lambda: Strength;
  /** The exponent, > 0: 1 is L1, 2 is L2, below 1 the penalty is not convex. */
  readonly p: number;
  /** Rounds off the kink at 0: `(w^2 + eps^2)^(p / 2)`, with a finite slope everywhere. @defaultValue 0 */
  readonly eps?: number;
}

const known: OptionNames<BridgeOptions> = { lambda: true, p: true, eps: true, filter: true };

/**
 * Bridge penalty, `lambda * sum |w|^p` for any `p > 0`: the bridge between counting weights (`p` near 0),
 * L1 and L2. For `p < 1` it prefers fewer and larger weights than L1 does, but is not convex. The gradient is
 * `lambda p |w|^(p - 1) sign(w)`, and 0 at `w = 0`, although for `p < 1` the slope grows without bound near
 * it; `eps` bounds it by about `p eps^(p - 1)`.
 *
 * @param params  tensors of any shapes `[...s]`, or a network (its weights, not its biases)
 * @returns scalar `[]`, dtype of the parameters; exactly 0 with zero gradient if `lambda` is 0 (and `eps` too)
 * @throws RangeError if `lambda` is negative or not finite, `p` not finite and > 0, or `eps` not finite and >= 0
 * @see Frank & Friedman, "A Statistical View of Some Chemometrics Regression Tools" (1993); Fu, "Penalized
 *   Regressions: The Bridge versus the Lasso" (1998)
 * @example
 * ```ts
 * reg.bridge(tensor([4, -9]), { lambda: 0.1, p: 0.5 }).item(); // => 0.5
 * reg.bridge(tensor([4, -9]), { lambda: 0.1, p: 1 }).item(); // => 1.3
 * ```
 */
export function bridge(params: PenaltyTarget, options: BridgeOptions): Tensor {
  requireOptions('bridge', options, known);
  const lambda = requireStrength('bridge: lambda', options.lambda);
  const { p, eps = 0 } = options;
  if (!(p > 0 && p < Infinity)) {
    throw new RangeError(
      `bridge: p must be finite and > 0, got ${p}.\n  To count weights there is the L0 penalty.`,
    );
  }
  if (!(eps >= 0 && eps < Infinity)) {
    throw new RangeError(`bridge: eps must be finite and >= 0, got ${eps}.`);
  }
  const selected = selectParameters('bridge', params, options);
  const term = (w: Tensor): Tensor =>
    eps > 0 ? positivePower(add(square(w), eps ** 2), p / 2) : powers(w, p);
  return scaled(
    lambda,
    sumOver(selected, (w) => sum(term(gated(lambda, w)))),
  );
}

const settings = [
  {
    name: 'lambda',
    description: 'strength, loss per power of a weight',
    default: 5e-4,
    source: 'ours, for small networks trained with Adam',
    min: 0,
  },
  {
    name: 'p',
    description: 'exponent, 1 for L1 and 2 for L2',
    default: 0.5,
    source: 'ours, to show what L1 and L2 do not; the papers choose it by cross-validation',
    min: 0,
    open: 'min',
  },
] as const satisfies readonly Argument[];

/** Rounds off the recipe's penalty where weights of small networks are as good as 0. */
const eps = 1e-3;

/** Registry entry of the bridge penalty. */
export const bridgeMethod: Method = {
  id: 'bridge',
  section: 'relative',
  title: 'Bridge penalty (Lp)',
  family: 'objective',
  statement: String.raw`\min_w L(w) + \lambda \sum_i |w_i|^p`,
  reference: {
    authors: 'I. E. Frank, J. H. Friedman',
    title: 'A Statistical View of Some Chemometrics Regression Tools',
    venue: 'Technometrics 35(2)',
    year: 1993,
    doi: '10.1080/00401706.1993.10485033',
  },
  arguments: settings,
  notes: [
    'For p < 1 the slope at 0 is infinite; it counts as 0 exactly there, so a weight that is 0 stays free.',
    'The recipe rounds the kink off with eps = 0.001, since an unbounded slope makes Adam forget the data.',
    'For p < 1 the penalty is not convex: what is found depends on where the search began.',
  ],
  recipe: (plan, values) => {
    const { lambda, p } = resolveArguments('bridge', settings, values);
    return {
      ...plan,
      penalties: [...plan.penalties, (model) => () => bridge(model, { lambda, p, eps })],
    };
  },
  gradientCases: (draw) => {
    const options = {
      lambda: draw.pick([0, 0.7]),
      p: draw.pick([0.5, 1, 1.5, 2, 3, 4]),
      eps: draw.pick([0, 0.5]),
    };
    const args = [draw.shape(), draw.shape()].map((shape) =>
      // Away from 0, near which high derivatives are large.
      draw.tensor(shape, { min: 0.3, avoid: [0] }).mul(draw.pick([1, -1])),
    );
    return { f: (...tensors) => bridge(tensors, options), args };
  },
};

import {
  abs,
  add,
  type Cell,
  div,
  equal,
  less,
  log,
  logicalOr,
  max,
  maximum,
  mul,
  norm,
  notEqual,
  sqrt,
  square,
  stopGradient,
  sum,
  type Tensor,
  where,
} from '@tikhonov/core';
import { check, type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import {
  type PenaltyTarget,
  type SelectOptions,
  selectParameters,
  sumOver,
} from '../parameters.ts';
import { gated, requireStrength, type Strength, scaled } from '../strength.ts';
import { eitherOf } from './two-strengths.ts';

/** Options of `weissi`. */
export interface WeissiOptions extends SelectOptions {
  /** Strength of the logarithms of the norms, >= 0. */
  readonly lambda1: Strength;
  /** Strength of `||W||_1 / ||W||_F`, >= 0: sparsity of directions. @defaultValue 0 */
  readonly lambda2?: Strength;
  /**
   * Bounds the penalty below, as `log(sqrt(||W||^2 + eps^2))`; the invariance is approximate then.
   * @defaultValue 0
   */
  readonly eps?: number;
}

const known: OptionNames<WeissiOptions> = { lambda1: true, lambda2: true, eps: true, filter: true };

/**
 * Weight scale shift invariant regularization (WEISSI), `lambda1 sum_l log ||W_l||_F`, which is `lambda1`
 * times the logarithm of the product of the layers' Frobenius norms, plus `lambda2 sum_l ||W_l||_1 /
 * ||W_l||_F`. Scaling one layer of a ReLU network up and another down by the same factor changes neither
 * the network nor this penalty; L2 it does change. The gradient of the first part is
 * `lambda1 W / ||W||_F^2`.
 *
 * It has no lower bound as a weight vanishes, and its gradient grows like `1 / ||W||`: use it beside a
 * data loss.
 *
 * @param params  tensors of any shapes `[...s]`, one layer each, or a network (its weights, not its biases)
 * @returns scalar `[]`, dtype of the parameters; it can be negative; exactly 0 with zero gradient if both
 *   strengths are 0
 * @throws RangeError if a tensor is zero while `eps` is 0, or for a bad strength or `eps`
 * @see Liu, Cui & Chan, "Improve Generalization and Robustness of Neural Networks via Weight Scale
 *   Shifting Invariant Regularizations" (2020)
 * @example
 * ```ts
 * const layers = [tensor([[3, 4]]), tensor([[2]])];
 * reg.weissi(layers, { lambda1: 1 }).item(); // => Math.log(10)
 * const shifted = [layers[0]!.mul(8), layers[1]!.div(8)];
 * reg.weissi(shifted, { lambda1: 1 }).item(); // => Math.log(10)
 * ```
 */
export function weissi(params: PenaltyTarget, options: WeissiOptions): Tensor {
  requireOptions('weissi', options, known);
  const lambda1 = requireStrength('weissi: lambda1', options.lambda1);
  const lambda2 = requireStrength('weissi: lambda2', options.lambda2 ?? 0);
  const { eps = 0 } = options;
  if (!(eps >= 0 && eps < Infinity)) {
    throw new RangeError(`weissi: eps must be finite and >= 0, got ${eps}.`);
  }
  const selected = selectParameters('weissi', params, options);
  if (eps > 0 && selected.dtype === 'float32' && Math.fround(eps) === 0) {
    throw new RangeError(`weissi: eps is 0 in float32, got ${eps}.\n  Use at least 1e-45.`);
  }
  const either = eitherOf(lambda1, lambda2, selected.dtype);
  if (eps === 0 && either !== 0) {
    for (const { name, parameter } of selected.parameters) {
      const present = notEqual(norm(parameter), 0);
      check(logicalOr(present, equal(either, 0)), () => new RangeError(vanished(name, parameter)));
    }
  }
  const logarithms = sumOver(selected, (w) => log(lengthOf(gated(lambda1, w), eps)));
  const value = scaled(lambda1, logarithms);
  if (lambda2 === 0) return value;
  const directions = sumOver(selected, (weight) => {
    const w = gated(lambda2, weight);
    return div(sum(abs(w)), lengthOf(w, eps));
  });
  return add(value, scaled(lambda2, directions));
}

/** `sqrt(||w||^2 + eps^2)`; 1 for zeros where there is no `eps`, which are those of a closed gate. */
function lengthOf(w: Tensor, eps: number): Tensor {
  if (eps > 0) {
    if (w.size === 0) return add(sum(w), eps);
    // Divided first: squares of small numbers, eps among them, would be lost.
    const largest = maximum(max(abs(stopGradient(w))), eps);
    const unit = where(less(largest, Infinity), largest, 1);
    return mul(sqrt(add(sum(square(div(w, unit))), square(div(eps, unit)))), unit);
  }
  const length = norm(w);
  return where(notEqual(length, 0), length, 1);
}

const vanished = (name: string, w: Tensor | Cell): string =>
  `weissi: ${name === '' ? 'the tensor' : `"${name}"`} of shape ${showShape(w.shape)} is zero, and the logarithm of its norm is -Infinity.\n  Start from other weights, leave it out with { filter }, or give { eps }.`;

const settings = [
  {
    name: 'lambda1',
    description: 'strength, loss per logarithm of a norm',
    default: 0.2,
    source: 'ours, for small networks',
    min: 0,
  },
  {
    name: 'lambda2',
    description: "strength of the L1 norm of each layer's direction",
    default: 0,
    source: 'the survey, as an option',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of WEISSI. */
export const weissiMethod: Method = {
  id: 'weissi',
  section: '1.7',
  title: 'Weight scale shift invariant regularization (WEISSI)',
  family: 'objective',
  statement: String.raw`\min_w L(w) + \lambda_1 \sum_l \log \lVert W_l \rVert_F + \lambda_2 \sum_l \frac{\lVert W_l \rVert_1}{\lVert W_l \rVert_F}`,
  reference: {
    authors: 'Z. Liu, Y. Cui, A. B. Chan',
    title:
      'Improve Generalization and Robustness of Neural Networks via Weight Scale Shifting Invariant Regularizations',
    venue: 'arXiv',
    year: 2020,
    arxiv: '2008.02965',
  },
  arguments: settings,
  notes: [
    'The survey writes the norms as it writes spectral norms elsewhere; they are Frobenius norms, one per layer.',
    "A post that the survey links prints the least L2 penalty of a network's rescalings as a sum; it is L (prod ||W_l||_F)^(2/L).",
    'Its rule b_l = gamma_l b~_l for the biases changes the network; the right one multiplies b_l by all gamma_k with k <= l. The survey inherits the slip in its equivalent parameters.',
    'The penalty is unbounded below at W = 0, where it throws unless eps bounds it. Twice the default strength lets some networks collapse on small data: the pull grows as the weights shrink.',
  ],
  recipe: (plan, values) => {
    const strengths = resolveArguments('weissi', settings, values);
    return {
      ...plan,
      penalties: [...plan.penalties, (model) => () => weissi(model, strengths)],
    };
  },
  gradientCases: (draw) => {
    const strengths = {
      lambda1: draw.pick([0, 0.7]),
      lambda2: draw.pick([0, 0.3]),
      eps: draw.pick([0, 0.5]),
    };
    const shape = draw.shape({ minSize: 1 });
    // Away from 0: the norm's own scale is at least that of a weight.
    const args = [shape, [2]].map((each) => draw.tensor(each, { min: 0.3, avoid: [0] }));
    return { f: (...tensors) => weissi(tensors, strengths), args };
  },
};

import {
  add,
  clamp,
  greater,
  less,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  mul,
  neg,
  reshape,
  sub,
  sum,
  type Tensor,
} from '@tikhonov/core';
import { check, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { Module } from '@tikhonov/nn';
import type { StepTerm } from '@tikhonov/train';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { requireStrength, type Strength } from '../strength.ts';
import {
  type ActivationOptions,
  activationTerm,
  asUnits,
  requireActivations,
  unitMeans,
} from './activity-select.ts';
import { gatedTerm } from './per-sample.ts';

/** What all forms of KL sparsity take. */
interface SparsitySettings {
  /** Wanted mean activation, inside (0, 1). @defaultValue 0.05 */
  readonly rho?: number;
  /** Mean activations are kept this far from 0 and 1, where the divergence is infinite. @defaultValue 1e-7 */
  readonly eps?: number;
}

/** Options of `klSparsity`. */
export interface KlSparsityOptions extends SparsitySettings {
  /** Strength, >= 0; loss per nat. @defaultValue 1 */
  readonly lambda?: Strength;
  /** Weights of the samples `[n]`: means over samples are weighted by them. */
  readonly sampleWeight?: Tensor;
}

const known: OptionNames<KlSparsityOptions> = {
  lambda: true,
  rho: true,
  eps: true,
  sampleWeight: true,
};

function requireSettings(
  caller: string,
  { rho = 0.05, eps = 1e-7 }: SparsitySettings,
): {
  readonly rho: number;
  readonly eps: number;
} {
  if (!(typeof rho === 'number' && rho > 0 && rho < 1)) {
    throw new RangeError(`${caller}: rho must lie inside (0, 1), got ${String(rho)}.`);
  }
  if (!(typeof eps === 'number' && eps >= 0 && eps < 0.5)) {
    throw new RangeError(`${caller}: eps must lie in [0, 0.5), got ${String(eps)}.`);
  }
  return { rho, eps };
}

/**
 * KL sparsity, `lambda * sum over units of KL[rho || mean over samples of h]` of Bernoulli distributions in nats:
 * each unit shall be active for a share `rho` of the samples.
 *
 * @param h  `[n, ...]` in [0, 1], such as what a sigmoid gives; all axes but the first count as units
 * @returns scalar `[]`; exactly 0 with zero gradient if `lambda` is 0
 * @throws RangeError for activations outside [0, 1] or a bad `rho`, `eps` or `lambda`; ShapeError without
 *   samples; DTypeError for integers
 * @see Lee, Ekanadham & Ng, "Sparse deep belief net model for visual area V2" (2008)
 * @example
 * ```ts
 * reg.klSparsity(tensor([[0, 0.5], [1, 0.5]]), { rho: 0.5 }).item(); // => 0
 * reg.klSparsity(tensor([[0.2], [0.3]]), { rho: 0.5 }).item(); // => 0.5 * Math.log(4 / 3)
 * ```
 */
export function klSparsity(h: Tensor, options: KlSparsityOptions = {}): Tensor {
  requireOptions('klSparsity', options, known);
  const { lambda: strength = 1, sampleWeight } = options;
  const lambda = requireStrength('klSparsity: lambda', strength);
  const { rho, eps } = requireSettings('klSparsity', options);
  const units = asUnits(requireActivations('klSparsity', h));
  return gatedTerm(lambda, units.dtype, () => {
    const outside = logicalOr(less(units, 0), greater(units, 1));
    // Samples of weight 0 may hold anything. NaN stays NaN.
    const counted =
      sampleWeight === undefined
        ? outside
        : logicalAnd(outside, greater(reshape(sampleWeight, [-1, 1]), 0));
    check(
      logicalNot(counted),
      () =>
        new RangeError(
          `klSparsity: activations must lie in [0, 1], got ${String(units)}.\n  Use it behind a sigmoid.`,
        ),
    );
    const shares = unitMeans(units, sampleWeight);
    const mean = eps === 0 ? shares : clamp(shares, { min: eps, max: 1 - eps });
    const cross = add(mul(log(mean), rho), mul(log(add(neg(mean), 1)), 1 - rho));
    const entropy = rho * Math.log(rho) + (1 - rho) * Math.log(1 - rho);
    return sum(sub(entropy, cross));
  });
}

/** Options of `klSparsityTerm`. */
export interface KlSparsityTermOptions extends ActivationOptions, SparsitySettings {
  /** Strength, >= 0. */
  readonly lambda: Strength;
}

/**
 * `klSparsity` of the hidden activations of a step, for `penalties` of `fit`.
 *
 * @throws TypeError if the model has no hidden layer and nothing is selected; RangeError for a bad `rho`
 * @example
 * ```ts
 * const model = nn.mlp([4, 8, 3], { seed: 0, activation: 'sigmoid' });
 * reg.klSparsityTerm(model, { lambda: 0.1, rho: 0.1 }).usesActivations; // => true
 * ```
 */
export function klSparsityTerm(model: Module, options: KlSparsityTermOptions): StepTerm {
  const caller = 'klSparsityTerm';
  requireOptions(caller, options, { lambda: true, rho: true, eps: true, select: 'function' });
  const { lambda, rho: _rho, eps: _eps, ...rest } = options;
  requireStrength(`${caller}: lambda`, lambda);
  const settings = requireSettings(caller, options);
  return activationTerm(caller, model, rest, (h, sampleWeight) =>
    klSparsity(h, { lambda, ...settings, ...(sampleWeight === undefined ? {} : { sampleWeight }) }),
  );
}

const settings = [
  {
    name: 'lambda',
    description: 'strength, loss per nat of a unit',
    default: 1e-2,
    source: 'ours, for small networks',
    min: 0,
  },
  {
    name: 'rho',
    description: 'wanted mean activation of a unit',
    default: 0.05,
    source: 'lecture notes on sparse autoencoders (A. Ng)',
    min: 0,
    max: 1,
    open: 'both',
  },
] as const satisfies readonly Argument[];

/** Registry entry of KL sparsity. */
export const klSparsityMethod: Method = {
  id: 'kl-sparsity',
  section: 'relative',
  title: 'KL sparsity of activations',
  family: 'objective',
  statement: String.raw`\min_w L(w) + \lambda \sum_j \left(\rho \log \frac{\rho}{\hat\rho_j} + (1 - \rho) \log \frac{1 - \rho}{1 - \hat\rho_j}\right), \quad \hat\rho_j = \frac1N \sum_n h_{nj}`,
  reference: {
    authors: 'H. Lee, C. Ekanadham, A. Y. Ng',
    title: 'Sparse deep belief net model for visual area V2',
    venue: 'NIPS',
    year: 2008,
  },
  arguments: settings,
  notes: [
    'Activations must lie in [0, 1]: the recipe makes the hidden units sigmoids.',
    'The mean is over the mini-batch; over the whole set it would be steadier.',
    'Means are kept 1e-7 from 0 and 1, where the divergence is infinite; beyond that there is no gradient.',
    'The divergence is that of sparse autoencoders; the paper penalizes the squared difference of the means.',
  ],
  recipe: (plan, values) => {
    const options = resolveArguments('kl-sparsity', settings, values);
    return {
      ...plan,
      network: { ...plan.network, activation: 'sigmoid' },
      penalties: [...plan.penalties, (model) => klSparsityTerm(model, options)],
    };
  },
  gradientCases: (draw) => {
    const options = { lambda: draw.pick([0, 0.3]), rho: draw.pick([0.05, 0.5]) };
    const shape = [draw.integer(1, 3), draw.integer(1, 3)];
    return {
      f: (h) => klSparsity(h!, options),
      args: [draw.tensor(shape, { min: 0.2, max: 0.8 })],
    };
  },
};

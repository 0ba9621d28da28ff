import {
  diagonal,
  greater,
  matmul,
  mul,
  reshape,
  square,
  sub,
  sum,
  type Tensor,
  transpose,
  where,
} from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { Module } from '@tikhonov/nn';
import type { StepTerm } from '@tikhonov/train';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { gated, requireStrength, type Strength, scaled } from '../strength.ts';
import {
  type ActivationOptions,
  activationTerm,
  asUnits,
  requireActivations,
  unitMeans,
} from './activity-select.ts';

/** Options of `deCov`. */
export interface DeCovOptions {
  /** Strength, >= 0. @defaultValue 1 */
  readonly lambda?: Strength;
  /** Weights of the samples `[n]`: means over samples are weighted by them. */
  readonly sampleWeight?: Tensor;
}

const known: OptionNames<DeCovOptions> = { lambda: true, sampleWeight: true };

/**
 * DeCov, `lambda / 2 * (||C||_F^2 - ||diag C||^2)` with the covariance `C` of the activations over the batch
 * (divided by `n`): the sum of squared covariances of all pairs of units. It is 0 for uncorrelated units.
 *
 * @param h  `[n, ...]`; all axes but the first count as units
 * @returns scalar `[]`; exactly 0 with zero gradient if `lambda` is 0
 * @throws RangeError for a bad `lambda`; ShapeError without samples; DTypeError for integers
 * @see Cogswell, Ahmed, Girshick, Zitnick & Batra, "Reducing Overfitting in Deep Networks by Decorrelating
 *   Representations" (2016)
 * @example
 * ```ts
 * reg.deCov(tensor([[1, 2], [-1, -2]])).item(); // => 4
 * reg.deCov(tensor([[1, 1], [1, -1], [-1, 1], [-1, -1]])).item(); // => 0
 * ```
 */
export function deCov(h: Tensor, options: DeCovOptions = {}): Tensor {
  requireOptions('deCov', options, known);
  const { lambda: strength = 1, sampleWeight } = options;
  const lambda = requireStrength('deCov: lambda', strength);
  const units = gated(lambda, asUnits(requireActivations('deCov', h)));
  const c = covariance(units, sampleWeight);
  return scaled(lambda, mul(sub(sum(square(c)), sum(square(diagonal(c)))), 0.5));
}

/** `[n, d] -> [d, d]`, divided by the number or the weight of the samples. */
function covariance(h: Tensor, sampleWeight: Tensor | undefined): Tensor {
  const centered = sub(h, unitMeans(h, sampleWeight));
  if (sampleWeight === undefined) {
    return matmul(transpose(centered), centered).div(h.shape[0]!);
  }
  const weight = reshape(sampleWeight.astype(h.dtype), [-1, 1]);
  const counted = where(greater(weight, 0), centered, 0);
  const share = weight.div(sum(weight));
  return matmul(transpose(counted.mul(share)), counted);
}

/** Options of `deCovTerm`. */
export interface DeCovTermOptions extends ActivationOptions {
  /** Strength, >= 0. */
  readonly lambda: Strength;
}

/**
 * `deCov` of each hidden layer's activations in a step, for `penalties` of `fit`.
 *
 * @throws TypeError if the model has no hidden layer and nothing is selected
 * @example
 * ```ts
 * reg.deCovTerm(nn.mlp([4, 8, 3], { seed: 0 }), { lambda: 0.1 }).usesActivations; // => true
 * ```
 */
export function deCovTerm(model: Module, options: DeCovTermOptions): StepTerm {
  requireOptions('deCovTerm', options, { lambda: true, select: 'function' });
  const { lambda, ...rest } = options;
  requireStrength('deCovTerm: lambda', lambda);
  return activationTerm('deCovTerm', model, rest, (h, sampleWeight) =>
    deCov(h, sampleWeight === undefined ? { lambda } : { lambda, sampleWeight }),
  );
}

const settings = [
  {
    name: 'lambda',
    description: 'strength, loss per squared covariance of a pair of units',
    default: 0.1,
    source: 'ours, for small networks; the paper has 0.1 for large ones',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of DeCov. */
export const deCovMethod: Method = {
  id: 'decov',
  section: 'relative',
  title: 'DeCov: decorrelated activations',
  family: 'objective',
  statement: String.raw`\min_w L(w) + \frac{\lambda}{2} \left(\lVert C \rVert_F^2 - \lVert \mathrm{diag}\, C \rVert_2^2\right), \quad C_{ij} = \frac1N \sum_n (h_{ni} - \bar h_i)(h_{nj} - \bar h_j)`,
  reference: {
    authors: 'M. Cogswell, F. Ahmed, R. Girshick, L. Zitnick, D. Batra',
    title: 'Reducing Overfitting in Deep Networks by Decorrelating Representations',
    venue: 'ICLR',
    year: 2016,
    arxiv: '1511.06068',
  },
  arguments: settings,
  notes: [
    'The covariance is divided by the batch size N, not by N - 1.',
    'Variances are not penalized; but covariances shrink with them, so the penalty also makes activations small.',
    'The recipe looks at what every linear layer but the first takes: the hidden activations behind activation function and dropout.',
  ],
  recipe: (plan, values) => {
    const options = resolveArguments('decov', settings, values);
    return { ...plan, penalties: [...plan.penalties, (model) => deCovTerm(model, options)] };
  },
  gradientCases: (draw) => {
    const lambda = draw.pick([0, 0.3]);
    return {
      f: (h) => deCov(h!, { lambda }),
      args: [draw.tensor([draw.integer(1, 3), draw.integer(1, 3)])],
    };
  },
};

import { add, div, mul, sub, type Tensor, type TensorLike } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import type { PenaltyTarget, SelectOptions } from '../parameters.ts';
import { requireShare } from '../share.ts';
import { inDType, requireStrength, type Strength } from '../strength.ts';
import { l1, proxL1 } from './l1.ts';
import { l2, shrink } from './l2.ts';

/** One strength for each norm. */
export interface TwoStrengths {
  /** Strength of `sum |w|`, >= 0. */
  readonly lambda1: Strength;
  /** Strength of `sum w^2`, >= 0. */
  readonly lambda2: Strength;
}

/** One strength and how it is shared out, as scikit-learn has it. */
export interface StrengthAndRatio {
  /** Strength, >= 0. */
  readonly alpha: Strength;
  /** Share of the L1 norm, in [0, 1]. @defaultValue 0.5, scikit-learn's */
  readonly l1Ratio?: Strength;
}

/** Options of `elasticNet`. */
export type ElasticNetOptions = (TwoStrengths | StrengthAndRatio) & SelectOptions;

type AnyStrengths = Partial<TwoStrengths & StrengthAndRatio> & SelectOptions;

const known: OptionNames<AnyStrengths> = {
  lambda1: true,
  lambda2: true,
  alpha: true,
  l1Ratio: true,
  filter: 'function',
};

/**
 * Elastic net, `lambda1 * sum |w| + lambda2 * sum w^2`, or in the second parametrisation
 * `alpha * (l1Ratio * sum |w| + (1 - l1Ratio) / 2 * sum w^2)`. The gradient is
 * `lambda1 sign(w) + 2 lambda2 w`, with sign(0) = 0.
 *
 * It is what the paper calls the *naive* elastic net; its estimator rescales the solution by
 * `1 + lambda2` afterwards, which a penalty cannot do.
 *
 * @param params  tensors of any shapes `[...s]`, or a network (its weights, not its biases)
 * @returns scalar `[]`, dtype of the parameters; a part whose strength is 0 contributes nothing
 * @throws RangeError if a strength is negative or not finite, or `l1Ratio` is outside [0, 1]; TypeError for
 *   options of both parametrisations
 * @see Zou & Hastie, "Regularization and Variable Selection via the Elastic Net" (2005)
 * @example
 * ```ts
 * reg.elasticNet(tensor([1, -2]), { lambda1: 0.1, lambda2: 0.2 }).item(); // => 1.3
 * reg.elasticNet(tensor([1, -2]), { alpha: 0.1 }).item(); // => 0.275
 * ```
 */
export function elasticNet(params: PenaltyTarget, options: ElasticNetOptions): Tensor {
  const { lambda1, lambda2 } = strengthsOf(options);
  const filter = options.filter === undefined ? {} : { filter: options.filter };
  return add(
    l1(params, { ...filter, lambda: lambda1 }),
    l2(params, { ...filter, lambda: lambda2 }),
  );
}

function strengthsOf(options: ElasticNetOptions): Record<'lambda1' | 'lambda2', number | Tensor> {
  requireOptions<AnyStrengths>('elasticNet', options, known);
  if ('alpha' in options) {
    if ('lambda1' in options || 'lambda2' in options) {
      throw new TypeError(
        'elasticNet: got both { alpha } and { lambda1, lambda2 }.\n  Choose one parametrisation.',
      );
    }
    const alpha = requireStrength('elasticNet: alpha', options.alpha);
    const l1Ratio = requireShare('elasticNet: l1Ratio', options.l1Ratio ?? 0.5);
    if (typeof l1Ratio === 'number') {
      const part = (share: number): number | Tensor =>
        typeof alpha === 'number' ? alpha * share : mul(alpha, share);
      return { lambda1: part(l1Ratio), lambda2: part((1 - l1Ratio) / 2) };
    }
    const strength = inDType(alpha, l1Ratio.dtype);
    return {
      lambda1: mul(strength, l1Ratio),
      lambda2: mul(strength, div(sub(1, l1Ratio), 2)),
    };
  }
  if ('l1Ratio' in options) {
    throw new TypeError(
      'elasticNet: l1Ratio shares out alpha, and there is none.\n  Pass { alpha, l1Ratio } or { lambda1, lambda2 }.',
    );
  }
  return {
    lambda1: requireStrength('elasticNet: lambda1', options.lambda1),
    lambda2: requireStrength('elasticNet: lambda2', options.lambda2),
  };
}

/**
 * The proximal map of `lambda1 * sum |w| + lambda2 * sum w^2`, soft threshold then shrinkage:
 * `softThreshold(v, step lambda1) / (1 + 2 step lambda2)`. `[...s] -> [...s]`.
 * `optim.proxElasticNet({ lambda1, lambda2 })` is the operator for `proximal`, which brings the step.
 *
 * @throws RangeError if an option is negative or not finite
 * @see Parikh & Boyd, "Proximal Algorithms" (2014)
 * @example
 * ```ts
 * reg.proxElasticNet(tensor([3, 0.5]), { lambda1: 1, lambda2: 0.5, step: 1 }).toArray(); // => [1, 0]
 * ```
 */
export function proxElasticNet(
  v: TensorLike,
  options: TwoStrengths & { readonly step: Strength },
): Tensor {
  requireOptions('proxElasticNet', options, { lambda1: true, lambda2: true, step: true });
  const lambda2 = requireStrength('proxElasticNet: lambda2', options.lambda2);
  const step = requireStrength('proxElasticNet: step', options.step);
  return shrink(proxL1(v, { lambda: options.lambda1, step }), lambda2, step);
}

const settings = [
  {
    name: 'lambda1',
    description: 'strength of the L1 norm, loss per unit of weight',
    default: 2e-4,
    source: 'ours, for small networks trained with Adam; Keras has 0.01',
    min: 0,
  },
  {
    name: 'lambda2',
    description: 'strength of the squared L2 norm, loss per squared weight',
    default: 1.5e-3,
    source: 'ours, for small networks trained with Adam; Keras has 0.01',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of the elastic net. */
export const elasticNetMethod: Method = {
  id: 'elastic-net',
  section: '1.3',
  title: 'Elastic net',
  family: 'objective',
  statement: String.raw`\min_w L(w) + \lambda_1 \sum_i |w_i| + \lambda_2 \sum_i w_i^2`,
  reference: {
    authors: 'H. Zou, T. Hastie',
    title: 'Regularization and Variable Selection via the Elastic Net',
    venue: 'Journal of the Royal Statistical Society B 67(2)',
    year: 2005,
    doi: '10.1111/j.1467-9868.2005.00503.x',
  },
  arguments: settings,
  notes: [
    "The survey's penalty is the paper's naive elastic net; the paper then rescales the solution by 1 + lambda2, which is left out here.",
    'scikit-learn writes alpha and l1Ratio: lambda1 = alpha l1Ratio and lambda2 = alpha (1 - l1Ratio) / 2. Both forms are accepted.',
  ],
  recipe: (plan, values) => {
    const { lambda1, lambda2 } = resolveArguments('elastic-net', settings, values);
    return {
      ...plan,
      penalties: [...plan.penalties, (model) => () => elasticNet(model, { lambda1, lambda2 })],
    };
  },
  gradientCases: (draw) => {
    const strengths = draw.pick([
      { lambda1: 0.3, lambda2: 0.2 },
      { lambda1: 0, lambda2: 0.2 },
      { alpha: 0.4, l1Ratio: 0.3 },
    ]);
    const args = [draw.shape(), draw.shape()].map((shape) => draw.tensor(shape, { avoid: [0] }));
    return { f: (...tensors) => elasticNet(tensors, strengths), args };
  },
};

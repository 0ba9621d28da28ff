import { add, arange, eye, mul, type Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { nuclearNorm as sumOfSingularValues } from '@tikhonov/core/linalg';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import {
  type PenaltyTarget,
  type SelectOptions,
  selectParameters,
  sumOver,
} from '../parameters.ts';
import { gated, requireStrength, type Strength, scaled } from '../strength.ts';
import { lazily } from './lazily.ts';
import { asMatrix } from './power-iteration.ts';

export { proxNuclear } from '@tikhonov/optim';

/** Options of `nuclearNorm`. */
export interface NuclearNormOptions extends SelectOptions {
  /** Strength, >= 0; loss per unit of a singular value. */
  readonly lambda: Strength;
  /** The output axis, moved to the front before the others are flattened. @defaultValue 0 */
  readonly dim?: number;
}

const known: OptionNames<NuclearNormOptions> = { lambda: true, dim: true, filter: true };

/**
 * Nuclear norm, `lambda` times the sum of the singular values of each weight: the L1 norm of the spectrum,
 * which favours matrices of low rank. The gradient is `lambda U V^T`, over the singular values that are not
 * 0: one of the subgradients at a matrix of lower rank. Exactly low ranks come from `proxNuclear`.
 *
 * Each call decomposes every weight, which takes tens of milliseconds for a matrix of 256 x 64; see
 * `lazily`.
 *
 * @param params  weights of rank >= 2; of a network all its weights, not its biases
 * @returns scalar `[]`, dtype of the parameters; exactly 0 with zero gradient if `lambda` is 0
 * @throws ShapeError below rank 2; RangeError if `lambda` is negative or not finite, or a weight is not finite
 * @see Fazel, "Matrix Rank Minimization with Applications" (2002)
 * @example
 * ```ts
 * reg.nuclearNorm(tensor([[3, 0], [0, -4]]), { lambda: 0.1 }).item(); // => 0.7
 * ```
 */
export function nuclearNorm(params: PenaltyTarget, options: NuclearNormOptions): Tensor {
  requireOptions('nuclearNorm', options, known);
  const lambda = requireStrength('nuclearNorm: lambda', options.lambda);
  const { dim = 0 } = options;
  const selected = selectParameters('nuclearNorm', params, options);
  const total = sumOver(selected, (w) =>
    sumOfSingularValues(gated(lambda, asMatrix('nuclearNorm', w, dim))),
  );
  return scaled(lambda, total);
}

const settings = [
  {
    name: 'lambda',
    description: 'strength, loss per unit of a singular value',
    default: 1e-2,
    source: 'ours, for small networks trained with Adam',
    min: 0,
  },
  {
    name: 'every',
    description: 'steps from one decomposition to the next, with that multiple of the strength',
    default: 10,
    source: 'ours: a decomposition takes longer than a step',
    min: 1,
    integer: true,
  },
] as const satisfies readonly Argument[];

/** Registry entry of the nuclear norm. */
export const nuclearNormMethod: Method = {
  id: 'nuclear-norm',
  section: 'relative',
  title: 'Nuclear norm',
  family: 'objective',
  statement: String.raw`\min_w L(w) + \lambda \sum_l \lVert W_l \rVert_*, \quad \lVert W \rVert_* = \sum_i \sigma_i(W)`,
  reference: {
    authors: 'M. Fazel',
    title: 'Matrix Rank Minimization with Applications',
    venue: 'PhD thesis, Stanford University',
    year: 2002,
  },
  arguments: settings,
  notes: [
    'The gradient U V^T is unique at full rank; where singular values vanish, their pairs are left out of it.',
    'Gradient steps make singular values small, not zero; proxNuclear with optim.proximal sets them to exactly 0.',
    'The recipe decomposes the weights in every tenth step only, with ten times the strength.',
  ],
  recipe: (plan, values) => {
    const { lambda, every } = resolveArguments('nuclear-norm', settings, values);
    return {
      ...plan,
      penalties: [
        ...plan.penalties,
        (model) => lazily(() => nuclearNorm(model, { lambda }), every),
      ],
    };
  },
  gradientCases: (draw) => {
    const n = draw.integer(1, 3);
    const lambda = draw.pick([0, 0.7]);
    // Singular values near 1.5, 3 and 4.5: apart from each other and from 0.
    const sigmas = arange(1, n + 1, { dtype: 'float64' });
    const diagonal = mul(mul(eye(n, { dtype: 'float64' }), sigmas), draw.pick([1.5, -1.5]));
    return {
      f: (w) => nuclearNorm(w!, { lambda }),
      args: [add(diagonal, draw.tensor([n, n], { min: -0.1, max: 0.1 }))],
    };
  },
};

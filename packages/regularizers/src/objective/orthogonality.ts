import { add, arange, eye, mul, type Tensor } from '@tikhonov/core';
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
import {
  deviationOf,
  type OrthogonalityForm,
  type OrthogonalVectors,
  requireForm,
} from './orthogonality-forms.ts';
import { asMatrix } from './power-iteration.ts';

/** Options of `orthogonality`. */
export interface OrthogonalityOptions extends SelectOptions {
  /** Strength, >= 0. */
  readonly lambda: Strength;
  /** What is measured; see `orthogonality`. @defaultValue 'so' */
  readonly form?: OrthogonalityForm;
  /**
   * Which vectors should be orthogonal; 'fewer' means the rows unless there are more rows than columns,
   * the side that can be. Not for 'dso'. @defaultValue 'columns'; 'rows' for 'off-diagonal' and 'cosine'
   */
  readonly vectors?: OrthogonalVectors;
  /** The output axis, moved to the front before the others are flattened. @defaultValue 0 */
  readonly dim?: number;
}

const known: OptionNames<OrthogonalityOptions> = {
  lambda: true,
  form: true,
  vectors: true,
  dim: true,
  filter: true,
};

/**
 * Orthogonal regularization: how far the columns (or rows) of each weight are from orthonormal ones, with
 * `E = W^T W - I` (`W W^T - I` for rows), by one of the forms
 *
 * - 'so', soft orthogonality, `||E||_F^2`;
 * - 'dso', double soft orthogonality, that of the columns plus that of the rows;
 * - 'mc', mutual coherence, the largest `|E_ij|`;
 * - 'srip', spectral restricted isometry, the largest singular value of `E`;
 * - 'off-diagonal', `||E||_F^2` without its diagonal: the lengths are free;
 * - 'cosine', the mean `|cos|` of two different vectors, Keras' `OrthogonalRegularizer`.
 *
 * For 'so' rows and columns are the same but for a constant. Where a form has a kink: ties of 'mc' share the
 * gradient, 'srip' takes one pair of singular vectors, `|cos|` has slope 0 at 0, and vectors that are 0 have
 * cosine 0 without gradient.
 *
 * @param params  weights of rank >= 2; of a network all its weights, not its biases
 * @returns scalar `[]`, dtype of the parameters; 0 with zero gradient if `lambda` is 0
 * @throws ShapeError below rank 2; RangeError if `lambda` is negative or not finite; TypeError for an unknown
 *   form or vectors
 * @see Bansal, Chen & Wang, "Can We Gain More from Orthogonality Regularizations in Training Deep CNNs?"
 *   (2018); Brock et al., "Neural Photo Editing with Introspective Adversarial Networks" (2017)
 * @example
 * ```ts
 * const w = tensor([[1, 0], [1, 1]]);
 * reg.orthogonality(w, { lambda: 1 }).item(); // => 3
 * reg.orthogonality(w, { lambda: 1, form: 'mc' }).item(); // => 1
 * reg.orthogonality(w, { lambda: 1, form: 'cosine' }).item(); // => Math.SQRT1_2
 * ```
 */
export function orthogonality(params: PenaltyTarget, options: OrthogonalityOptions): Tensor {
  requireOptions('orthogonality', options, known);
  const lambda = requireStrength('orthogonality: lambda', options.lambda);
  const { form = 'so', vectors, dim = 0 } = options;
  requireForm(form, vectors);
  const selected = selectParameters('orthogonality', params, options);
  const total = sumOver(selected, (w) =>
    deviationOf(gated(lambda, asMatrix('orthogonality', w, dim)), form, vectors),
  );
  return scaled(lambda, total);
}

const settings = [
  {
    name: 'lambda',
    description: 'strength, loss per squared deviation from orthonormal vectors',
    default: 3e-4,
    source: "ours, for small networks trained with Adam; 0.01 and Keras' alias 0.01 elsewhere",
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of orthogonal regularization. */
export const orthogonalityMethod: Method = {
  id: 'orthogonality',
  section: 'relative',
  title: 'Orthogonal regularization',
  family: 'objective',
  statement: String.raw`\min_w L(w) + \lambda \sum_l \lVert W_l^T W_l - I \rVert_F^2`,
  reference: {
    authors: 'N. Bansal, X. Chen, Z. Wang',
    title: 'Can We Gain More from Orthogonality Regularizations in Training Deep CNNs?',
    venue: 'NeurIPS',
    year: 2018,
    arxiv: '1810.09102',
  },
  arguments: settings,
  notes: [
    'Only as many vectors as they have elements can be orthogonal: for a wide matrix the columns cannot, for a tall one the rows. The recipe takes the fewer of both (vectors: fewer); soft orthogonality is the same for both but for a constant.',
    'The paper estimates the spectral norm of its SRIP form by two rounds of power iteration; here it is exact.',
    "Keras' OrthogonalRegularizer is the form cosine: it leaves the lengths alone and takes the mean over pairs.",
  ],
  recipe: (plan, values) => {
    const { lambda } = resolveArguments('orthogonality', settings, values);
    return {
      ...plan,
      penalties: [
        ...plan.penalties,
        (model) => () => orthogonality(model, { lambda, vectors: 'fewer' }),
      ],
    };
  },
  gradientCases: (draw) => {
    const n = draw.integer(1, 3);
    const lambda = draw.pick([0, 0.7]);
    const form = draw.pick(['so', 'dso', 'mc', 'srip', 'off-diagonal', 'cosine'] as const);
    const vectors = draw.pick(['rows', 'columns', 'fewer'] as const);
    // Lengths near 1.5, 3 and 4.5 and positive products: no ties, and no cosine is 0.
    const lengths = mul(arange(1, n + 1, { dtype: 'float64' }), 1.5);
    const diagonal = mul(eye(n, { dtype: 'float64' }), lengths);
    return {
      f: (w) => orthogonality(w!, { lambda, form, ...(form === 'dso' ? {} : { vectors }) }),
      args: [add(diagonal, draw.tensor([n, n], { min: 0.05, max: 0.15 }))],
    };
  },
};

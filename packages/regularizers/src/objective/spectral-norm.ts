import {
  Cell,
  norm,
  random,
  singularValues,
  stopGradient,
  type Tensor,
  type TensorLike,
  zerosLike,
} from '@tikhonov/core';
import { asTensor, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method, Penalty } from '../method.ts';
import {
  type PenaltyTarget,
  type SelectOptions,
  selectParameters,
  sumOver,
} from '../parameters.ts';
import { requireStrength } from '../strength.ts';
import { asMatrix, powerIteration, soundPair } from './power-iteration.ts';
import {
  iterationSettings,
  spectralNormPenalty,
  type ValueOptions,
} from './spectral-norm-penalty.ts';

/** Options of `spectralNorm`. */
export interface SpectralNormOptions extends ValueOptions, SelectOptions {
  /** Random key of the first vectors; each weight folds in its name. @defaultValue from `seed` */
  readonly key?: Tensor;
  /** Seed of the key. @defaultValue 0 */
  readonly seed?: number;
}

const known: OptionNames<SpectralNormOptions> = {
  lambda: true,
  nPowerIterations: true,
  eps: true,
  dim: true,
  half: 'boolean',
  exact: 'boolean',
  filter: true,
  key: true,
  seed: true,
};

/** A penalty with the power-iteration vectors that it keeps, by the name of the weight; none if exact. */
export interface SpectralNormPenalty extends Penalty {
  readonly state: Readonly<Record<string, { readonly u: Cell; readonly v: Cell }>>;
}

/** Rounds before the first use, as PyTorch's parametrisation does. */
const warmUp = 15;

/**
 * Spectral norm regularization, `lambda * sum over weights of sigma(W)^2`, with the largest singular
 * value `sigma` by power iteration. It bounds how much the network can stretch differences of its
 * inputs: the Lipschitz constant of a ReLU network is at most the product of the norms.
 *
 * Returns the penalty as a function to call once per step. It keeps vectors `u [out]` and `v [rest]`
 * per weight in cells (`state`), drawn at random and warmed up by 15 rounds; every call goes on from
 * them, so one round suffices. They are constants in the gradient, `2 lambda sigma u v^T`. With
 * `{ updateState: false }` the vectors are used as they are, and stay. With `exact` there is no state:
 * sigma comes from a decomposition in every step, which is slow for all but small layers.
 *
 * @param params  weights of rank >= 2; of a network all its weights, not its biases
 * @returns `({ updateState = true }) => scalar []`; 0 for an empty list
 * @throws ShapeError for a tensor below rank 2; RangeError for a bad strength, count, `eps` or `dim`
 * @see Yoshida & Miyato, "Spectral Norm Regularization for Improving the Generalizability of Deep
 *   Learning" (2017); they write lambda / 2, which is `half: true`
 * @example
 * ```ts
 * const w = parameter(tensor([[3, 0], [0, 1]]));
 * const penalty = reg.spectralNorm(w, { lambda: 0.1, seed: 1 });
 * penalty().item(); // => 0.9
 * ```
 */
export function spectralNorm(
  params: PenaltyTarget,
  options: SpectralNormOptions,
): SpectralNormPenalty {
  requireOptions('spectralNorm', options, known);
  const { nPowerIterations, eps } = iterationSettings('spectralNorm', options);
  const { dim = 0, half = false, exact = false, key = random.key(options.seed ?? 0) } = options;
  requireStrength('spectralNorm: lambda', options.lambda);
  const { parameters, dtype } = selectParameters('spectralNorm', params, options);
  if (exact) {
    const sizes = { lambda: options.lambda, exact, dim, half };
    for (const { parameter } of parameters) asMatrix('spectralNorm', asTensor(parameter), dim);
    const penalty: Penalty = () =>
      sumOver({ parameters, dtype }, (w) => spectralNormPenalty(w, sizes).loss);
    return Object.assign(penalty, { state: {} });
  }
  const weights = parameters.map((selected) => {
    const matrix = stopGradient(asMatrix('spectralNorm', asTensor(selected.parameter), dim));
    const named = random.foldIn(key, selected.name);
    const [start, restart] = ['start', 'restart'].map((purpose) => {
      const drawn = random.normal(random.foldIn(named, purpose), [matrix.shape[0]!], {
        dtype: matrix.dtype,
      });
      return drawn.div(norm(drawn));
    });
    const warm = powerIteration(matrix, start!, {
      nPowerIterations: warmUp,
      eps,
      restart: restart!,
    });
    const first = soundPair(warm, { u: start!, v: zerosLike(warm.v) });
    const cells = {
      u: new Cell(first.u, { name: `spectralNorm.${selected.name}.u` }),
      v: new Cell(first.v, { name: `spectralNorm.${selected.name}.v` }),
    };
    return { selected, cells, restart: restart! };
  });
  const penalty: Penalty = ({ updateState = true } = {}) => {
    const terms = weights.map(({ selected, cells, restart }) => {
      const result = spectralNormPenalty(selected.parameter, {
        lambda: options.lambda,
        u: cells.u.read(),
        v: cells.v.read(),
        nPowerIterations: updateState ? nPowerIterations : 0,
        eps,
        restart,
        dim,
        half,
      });
      if (updateState) {
        const next = soundPair(result, { u: cells.u.read(), v: cells.v.read() });
        cells.u.write(next.u);
        cells.v.write(next.v);
      }
      return { name: selected.name, parameter: result.loss };
    });
    return sumOver({ parameters: terms, dtype }, (term) => term);
  };
  const state = Object.fromEntries(weights.map(({ selected, cells }) => [selected.name, cells]));
  return Object.assign(penalty, { state });
}

/**
 * The spectral norm itself, from all singular values: a metric for reports and tests, exact to
 * rounding. It is a number, so nothing can be differentiated through it.
 *
 * @param w  rank >= 2
 * @param options  `dim` @defaultValue 0
 * @throws ShapeError below rank 2
 * @example
 * ```ts
 * reg.spectralNormValue(tensor([[0, 2], [0, 0]])); // => 2
 * ```
 */
export function spectralNormValue(w: TensorLike, options: { readonly dim?: number } = {}): number {
  requireOptions('spectralNormValue', options, { dim: true });
  return singularValues(asMatrix('spectralNormValue', asTensor(w), options.dim ?? 0))[0] ?? 0;
}

const settings = [
  {
    name: 'lambda',
    description: 'strength, loss per squared spectral norm',
    default: 3e-2,
    source: "ours, for small networks; 0.01 in the paper's experiments, as far as known",
    min: 0,
  },
  {
    name: 'nPowerIterations',
    description: 'rounds of power iteration per step',
    default: 1,
    source: 'the paper, and PyTorch',
    min: 1,
    integer: true,
  },
] as const satisfies readonly Argument[];

/** Registry entry of spectral norm regularization. */
export const spectralNormMethod: Method = {
  id: 'spectral-norm',
  section: '1.5',
  title: 'Spectral norm regularization',
  family: 'objective',
  statement: String.raw`\min_w L(w) + \lambda \sum_l \sigma(W_l)^2, \quad \sigma(W) = \max_{x \ne 0} \frac{\lVert W x \rVert_2}{\lVert x \rVert_2}`,
  reference: {
    authors: 'Y. Yoshida, T. Miyato',
    title: 'Spectral Norm Regularization for Improving the Generalizability of Deep Learning',
    venue: 'arXiv',
    year: 2017,
    arxiv: '1705.10941',
  },
  arguments: settings,
  notes: [
    'The paper halves the penalty (half: true); the survey does not.',
    'A start of all ones can be orthogonal to the range of the weight, as for [[1, -1], [-1, 1]], and then never moves; the start is random here, and redrawn if that happens.',
    'The spectral norm of a square matrix is its largest singular value, not the largest absolute eigenvalue: for [[0, 1], [0, 0]] they are 1 and 0.',
    'The vectors are constants in the gradient; differentiating through the iteration is another, costlier method.',
    'Spectral normalization divides a weight by its norm, not by the square of it, as a post that the survey links has it.',
  ],
  recipe: (plan, values) => {
    const options = resolveArguments('spectral-norm', settings, values);
    return {
      ...plan,
      penalties: [...plan.penalties, (model, { key }) => spectralNorm(model, { ...options, key })],
    };
  },
  gradientCases: (draw) => {
    const [out, rest] = [draw.integer(1, 4), draw.integer(1, 4)];
    const w = draw.tensor([out, rest]);
    // With fixed u and v the penalty is a quadratic form; that is what training sees.
    const [u, v] = [draw.tensor([out]), draw.tensor([rest])];
    const half = draw.pick([true, false]);
    const lambda = draw.pick([0, 0.3]);
    if (draw.pick([true, false])) {
      return {
        f: (x) => spectralNormPenalty(x!, { lambda, u, v, nPowerIterations: 0, half }).loss,
        args: [w],
      };
    }
    // The first singular value is near 2 sqrt(out rest), the others are below 0.3 sqrt(out rest).
    const near = draw.tensor([out, rest], { min: -0.3, max: 0.3 });
    return {
      f: (x) => spectralNormPenalty(x!, { lambda, half, exact: true }).loss,
      args: [near.add(2)],
    };
  },
};

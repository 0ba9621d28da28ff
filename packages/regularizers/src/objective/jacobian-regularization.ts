import {
  abs,
  add,
  expandDims,
  lessEqual,
  matmul,
  mul,
  random,
  reshape,
  ShapeError,
  square,
  sub,
  type Tensor,
  tanh,
  unbind,
} from '@tikhonov/core';
import { check, type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import type { StepTerm } from '@tikhonov/train';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { requireStrength, type Strength } from '../strength.ts';
import {
  type BatchFunction,
  frobeniusPerSample,
  type Outputs,
  outputsOf,
} from './jacobian-rows.ts';
import {
  gatedTerm,
  meanOverSamples,
  normPerSample,
  requireBatch,
  sumPerSample,
  unitPerSample,
} from './per-sample.ts';

/** Options of `jacobianPenalty`. */
export interface JacobianPenaltyOptions {
  /** Strength, >= 0; it is halved. */
  readonly lambda: Strength;
  /**
   * Random projections that the Frobenius norm is estimated by, without bias; 0 computes it from all outputs.
   * @defaultValue 0, exact; the paper takes 1
   */
  readonly projections?: number;
  /** Random key of the projections; it or `v` is needed for them. */
  readonly key?: Tensor;
  /** The projections themselves, of length 1 per sample: `[n, ...outputs]`, or several, `[p, n, ...outputs]`. */
  readonly v?: Tensor;
  /** Weights of the samples, `[n]`, >= 0. @defaultValue all 1 */
  readonly sampleWeight?: Tensor;
}

const known: OptionNames<JacobianPenaltyOptions> = {
  lambda: true,
  projections: true,
  key: true,
  v: true,
  sampleWeight: true,
};

/**
 * Jacobian regularization, `lambda / 2 * mean over samples of ||J_n||_F^2` with `J_n` the derivative of the
 * outputs with respect to the input: small changes of an input shall change no output much, whatever the
 * labels are. With `projections`, the norm is estimated as `K ||v^T J||^2` for `K` outputs and `v` uniform
 * on the unit sphere, which costs one pullback each instead of `K`; the mean over `v` is the norm.
 *
 * A model that mixes samples, as batch normalization in training, adds cross terms.
 *
 * @param f  `[n, ...] -> [n, ...]`, such as the logits
 * @param x  `[n, ...]`, floating
 * @returns scalar `[]`; exactly 0 with zero gradient if `lambda` is 0
 * @throws RangeError for a bad `lambda` or count, or projections of another length or number; TypeError for projections without `key` or `v`; ShapeError
 *   for outputs or projections that do not fit
 * @see Hoffman, Roberts & Yaida, "Robust Learning with Jacobian Regularization" (2019)
 * @see Sokolic, Giryes, Sapiro & Rodrigues, "Robust Large Margin Deep Neural Networks" (2017)
 * @example
 * ```ts
 * const linear = (x: Tensor) => x.matmul(tensor([[1, 2], [0, 3]]));
 * reg.jacobianPenalty(linear, ones([5, 2]), { lambda: 2 }).item(); // => 14
 * const v = tensor([[1, 0]]);
 * reg.jacobianPenalty(linear, ones([1, 2]), { lambda: 2, v }).item(); // => 2
 * ```
 */
export function jacobianPenalty(
  f: BatchFunction,
  x: Tensor,
  options: JacobianPenaltyOptions,
): Tensor {
  const caller = 'jacobianPenalty';
  requireOptions(caller, options, known);
  const lambda = requireStrength(`${caller}: lambda`, options.lambda);
  const projections = requireProjections(caller, options);
  requireBatch(caller, x);
  return gatedTerm(lambda, x.dtype, () => {
    const outputs = outputsOf(caller, f, x);
    const squares =
      options.v === undefined && projections === 0
        ? frobeniusPerSample(outputs)
        : projected(outputs, directions(caller, outputs, projections, options));
    return mul(meanOverSamples(squares, options.sampleWeight), 0.5);
  });
}

/** `K ||v^T J||^2` of each sample, the mean over the projections. */
function projected({ count, pullback }: Outputs, vs: readonly Tensor[]): Tensor {
  const squares = vs.map((v) => sumPerSample(square(pullback(v))));
  return mul(
    squares.reduce((a, b) => add(a, b)),
    count / vs.length,
  );
}

function directions(
  caller: string,
  { output, count }: Outputs,
  projections: number,
  { v, key, projections: given }: JacobianPenaltyOptions,
): readonly Tensor[] {
  if (v === undefined) {
    const drawn = random.normal(key!, [projections, ...output.shape], { dtype: output.dtype });
    return unbind(drawn).map((each) => unitPerSample(reshape(each, output.shape)));
  }
  const all = v.rank === output.rank ? expandDims(v, 0) : v;
  if (all.rank !== output.rank + 1 || all.size !== all.shape[0]! * output.shape[0]! * count) {
    throw new ShapeError(
      `${caller}: v must have the shape of the outputs, ${showShape(output.shape)}, or several of them along a first axis, got ${showShape(v.shape)}.`,
    );
  }
  if (given !== undefined && given !== all.shape[0]) {
    throw new RangeError(
      `${caller}: v holds ${all.shape[0]} projections, but projections is ${given}.\n  Leave one of the two out.`,
    );
  }
  return unbind(all).map((each) => requireUnit(caller, each));
}

/** Any other length would scale the penalty by its square. */
function requireUnit(caller: string, v: Tensor): Tensor {
  const lengths = normPerSample(v);
  check(
    lessEqual(abs(sub(lengths, 1)), v.dtype === 'float64' ? 1e-6 : 1e-3),
    () =>
      new RangeError(
        `${caller}: every row of v must have length 1, got lengths ${String(lengths)}.\n  Divide each by its norm.`,
      ),
  );
  return v;
}

function requireProjections(
  caller: string,
  { projections = 0, key, v }: JacobianPenaltyOptions,
): number {
  if (!Number.isInteger(projections) || projections < 0) {
    throw new RangeError(
      `${caller}: projections must be an integer >= 0, got ${String(projections)}.`,
    );
  }
  if (projections > 0 && key === undefined && v === undefined) {
    throw new TypeError(
      `${caller}: random projections need a key, or v itself.\n  { projections: ${projections}, key: rng }`,
    );
  }
  return projections;
}

/**
 * Jacobian regularization of the model's outputs at the rows of each step, for `penalties` of `train.fit`:
 * with the masks of the step and other projections in each, running statistics left alone.
 *
 * @throws as `jacobianPenalty`
 * @example
 * ```ts
 * const term = reg.jacobianTerm({ lambda: 0.01, projections: 1 });
 * typeof term; // => 'function'
 * ```
 */
export function jacobianTerm(
  options: Pick<JacobianPenaltyOptions, 'lambda' | 'projections'>,
): StepTerm {
  const { lambda, projections = 0 } = options;
  requireOptions('jacobianTerm', options, { lambda: true, projections: true });
  requireStrength('jacobianTerm: lambda', lambda);
  return ({ batch, forward, rng }) =>
    jacobianPenalty((x) => forward(x), batch.x, {
      lambda,
      projections,
      key: random.foldIn(rng, 'jacobian-regularization'),
      ...(batch.sampleWeight === undefined ? {} : { sampleWeight: batch.sampleWeight }),
    });
}

const settings = [
  {
    name: 'lambda',
    description: 'strength, loss per half squared Frobenius norm of a Jacobian of the logits',
    default: 0.01,
    source: 'section 3.1 of the paper, as far as known',
    min: 0,
  },
  {
    name: 'projections',
    description: 'random projections per step; 0 takes all outputs',
    default: 1,
    source: 'the paper',
    min: 0,
    integer: true,
  },
] as const satisfies readonly Argument[];

/** Registry entry of Jacobian regularization. */
export const jacobianRegularizationMethod: Method = {
  id: 'jacobian-regularization',
  section: 'relative',
  title: 'Jacobian regularization',
  family: 'objective',
  statement: String.raw`\min_\theta L(\theta) + \frac{\lambda}{2 N} \sum_n \lVert J_n \rVert_F^2, \quad J_n = \frac{\partial f(x_n)}{\partial x_n}`,
  reference: {
    authors: 'J. Hoffman, D. A. Roberts, S. Yaida',
    title: 'Robust Learning with Jacobian Regularization',
    venue: 'arXiv',
    year: 2019,
    arxiv: '1908.02729',
  },
  arguments: settings,
  notes: [
    'The Jacobian is that of the logits, not of the loss: labels play no part, so unlabelled rows would do.',
    'One projection per step is an unbiased estimate of the exact penalty; it is noisier, and cheaper by the number of outputs.',
    'lambda / 2 times the mean is half the Dirichlet energy of the network on the batch.',
  ],
  recipe: (plan, values) => {
    const options = resolveArguments('jacobian-regularization', settings, values);
    return { ...plan, penalties: [...plan.penalties, () => jacobianTerm(options)] };
  },
  gradientCases: (draw) => {
    const [n, inputs, outputs] = [draw.integer(1, 3), draw.integer(1, 3), draw.integer(1, 3)];
    const lambda = draw.pick([0, 0.3]);
    const v = unitPerSample(draw.tensor([n, outputs], { avoid: [0] }));
    const projections = draw.pick([{}, { v }]);
    return {
      f: (x, w) =>
        jacobianPenalty((rows) => tanh(matmul(rows, w!)), x!, { lambda, ...projections }),
      args: [draw.tensor([n, inputs]), draw.tensor([inputs, outputs])],
    };
  },
};

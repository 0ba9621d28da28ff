import { type Cell, linalg, max, mul, ShapeError, type Tensor, tensor } from '@tikhonov/core';
import { asTensor, requireOptions, showShape } from '@tikhonov/core/engine';
import { Linear, Module, MultiheadAttention, Residual } from '@tikhonov/nn';
import { type BatchFunction, jacobians } from './jacobian-rows.ts';
import { requireBatch } from './per-sample.ts';

/** Bounds of a function's Lipschitz constant, scalars. */
export interface LipschitzEstimate {
  /** The largest spectral norm of the Jacobians at the samples: no constant below it will do. */
  readonly lower: Tensor;
  /** The product of the spectral norms of the weights: this one will do. */
  readonly upper: Tensor;
}

/** Options of `lipschitzEstimate`. */
export interface LipschitzEstimateOptions {
  /** The matrices of the layers `[out, in]`. @defaultValue those of the model's `nn.Linear` layers */
  readonly weights?: readonly (Tensor | Cell)[];
}

/**
 * From both sides, how much a network can stretch a difference of inputs, in Euclidean norms. The upper
 * bound holds for a chain of linear layers whose activations have slopes of at most 1, as relu, tanh,
 * sigmoid, softplus, leaky relu; not for gelu or silu, whose slopes reach 1.13 and 1.10, for residual
 * connections, attention, or normalization layers. The lower one is the norm of the gradient for a scalar
 * function, and holds for whatever can be differentiated.
 *
 * @param f  a network of linear layers, looked at as in evaluation, or a function `[n, ...] -> [n, ...]`
 * @param x  samples `[n, ...]`, floating
 * @returns scalars, which can be recorded in a compiled function
 * @throws ShapeError for weights that are no matrices (of a convolution the matrix is another one); TypeError
 *   for a function without `weights`, a model without linear layers, or one with other layers that have
 *   parameters, branches or gates
 * @see Szegedy et al., "Intriguing properties of neural networks" (2014), section 4.3
 * @example
 * ```ts
 * const model = nn.mlp([4, 8, 3], { seed: 0 });
 * const { lower, upper } = reg.lipschitzEstimate(model, random.normal(random.key(1), [20, 4]));
 * lower.item() > 0 && lower.item() <= upper.item(); // => true
 * ```
 */
export function lipschitzEstimate(
  f: (Module & { forward(x: Tensor): Tensor }) | BatchFunction,
  x: Tensor,
  options: LipschitzEstimateOptions = {},
): LipschitzEstimate {
  requireOptions('lipschitzEstimate', options, { weights: true });
  requireBatch('lipschitzEstimate', x);
  const forward: BatchFunction = f instanceof Module ? (rows) => f.forward(rows) : f;
  const norms = weightsOf(f, options).map((weight) => linalg.spectralNorm(requireMatrix(weight)));
  const jacobian = jacobians('lipschitzEstimate', forward, x);
  const one = tensor(1, { dtype: x.dtype });
  return {
    lower: max(linalg.spectralNorm(jacobian)),
    upper: norms.reduce((product, norm) => mul(product, norm), one),
  };
}

function weightsOf(
  f: Module | BatchFunction,
  { weights }: LipschitzEstimateOptions,
): readonly (Tensor | Cell)[] {
  const found = weights ?? (f instanceof Module ? linearWeights(f) : []);
  if (found.length > 0) return found;
  throw new TypeError(
    'lipschitzEstimate: found no weights to bound the function by.\n  Pass { weights: [...] }, the matrices of its layers, or a network of nn.Linear layers.',
  );
}

/** The matrices of a network that consists of linear layers and functions without parameters. */
function linearWeights(model: Module): readonly Cell[] {
  return Object.entries(model.namedModules()).flatMap(([name, module]) => {
    if (module instanceof Linear) return [module.weight];
    // What a linear layer computes its weight from is in the weight already.
    const isPart = name.split('.').includes('parametrizations');
    const own = Object.keys(module.namedParameters()).filter((path) => !path.includes('.'));
    const branches = module instanceof Residual || module instanceof MultiheadAttention;
    if (isPart || (own.length === 0 && !branches)) return [];
    throw new TypeError(
      `lipschitzEstimate: the product of the linear layers does not bound ${module.describe()}, "${name}".\n  Pass { weights: [...] }: for every layer a matrix whose norm bounds it.`,
    );
  });
}

function requireMatrix(weight: Tensor | Cell): Tensor {
  const matrix = asTensor(weight);
  if (matrix.rank === 2) return matrix;
  throw new ShapeError(
    `lipschitzEstimate: weights must be matrices [out, in], got shape ${showShape(matrix.shape)}.\n  The norm of a convolution is not that of its kernel as a matrix.`,
  );
}

import {
  add,
  type Cell,
  div,
  greater,
  jacobian,
  linalg,
  matmul,
  mul,
  reshape,
  ShapeError,
  square,
  sum,
  Tensor,
  valueAndGrad,
  where,
  zeros,
} from '@tikhonov/core';
import {
  asTensor,
  kindOf,
  type OptionNames,
  requireOptions,
  showShape,
} from '@tikhonov/core/engine';
import { type ActivationFunction, Dropout, Linear, MLP } from '@tikhonov/nn';

/** A layer `h -> activation(W h + b)` of the network that `geometricOccam` looks at. */
export interface OccamLayer {
  /** `[out, in]` */
  readonly weight: Tensor | Cell;
  /** `[out]`. @defaultValue none, as one of zeros */
  readonly bias?: Tensor | Cell | null;
  /** @defaultValue none */
  readonly activation?: ActivationFunction;
}

/** Options of `geometricOccam`. */
export interface GeometricOccamOptions {
  /** What makes a scalar of the last layer's output. @defaultValue the output itself, if it is one number */
  readonly head?: (output: Tensor) => Tensor;
  /** Which norms of weights and Jacobians; the spectral ones give the tightest bounds. @defaultValue 'spectral' */
  readonly norm?: 'spectral' | 'frobenius';
}

/** Both sides of the inequality for a layer, scalars. */
export interface OccamBound {
  /** `||grad_x f||^2 ||h||^2 / (||W||^2 ||dh/dx||^2)`, at most `weightGradNormSq`; 0 for a denominator of 0. */
  readonly lhs: Tensor;
  /** `||grad_W f||_F^2` */
  readonly weightGradNormSq: Tensor;
  /** `||grad_x f||^2 / (||W||^2 ||dh/dx||^2)`, at most `biasGradNormSq`. */
  readonly biasLhs: Tensor;
  /** `||grad_b f||^2` */
  readonly biasGradNormSq: Tensor;
}

/** What `geometricOccam` found; all tensors are scalars. */
export interface GeometricOccam {
  /** `f(x)` */
  readonly value: Tensor;
  /** `||grad_x f||^2` */
  readonly inputGradNormSq: Tensor;
  /** From the first layer to the last. */
  readonly layers: readonly OccamBound[];
  /** Sum of both left sides over the layers, at most `gradNormSq`. */
  readonly lhsTotal: Tensor;
  /** `||grad_theta f||^2` over all weights and biases. */
  readonly gradNormSq: Tensor;
}

const known: OptionNames<GeometricOccamOptions> = { head: 'function', norm: true };

/**
 * The geometric Occam's razor: how a small gradient with respect to the parameters, which gradient descent
 * prefers, makes the gradient with respect to the input small. For every layer `h' = act(W h + b)`,
 *
 * `||grad_x f||^2 ||h||^2 / (||W||^2 ||dh/dx||^2) <= ||grad_W f||_F^2`,
 *
 * and with 1 in place of `||h||^2` the same for `b`. A diagnostic: it adds nothing to a loss.
 *
 * It holds **for one example**. The gradients of several can cancel each other in the mean while none of
 * them is 0, so a batch is to be looked at example by example.
 *
 * @param network  an `nn.MLP`, as in evaluation, or a list of layers
 * @param x  one example `[d]`
 * @returns scalars, which can be recorded in a compiled function
 * @throws ShapeError for a batch, weights that are no matrices, or an output that is no scalar;
 *   RangeError for an empty list or another norm; TypeError for a model with gates or a bottleneck
 * @see Dherin, Munn & Barrett, "The Geometric Occam's Razor Implicit in Deep Learning" (2021)
 * @example
 * ```ts
 * const layer = { weight: tensor([[2, 0]]), bias: tensor([1]) };
 * const { layers, inputGradNormSq } = reg.geometricOccam([layer], tensor([3, 4]));
 * inputGradNormSq.item(); // => 4
 * [layers[0]!.lhs.item(), layers[0]!.weightGradNormSq.item()]; // => [25, 25]
 * ```
 */
export function geometricOccam(
  network: MLP | readonly OccamLayer[],
  x: Tensor,
  options: GeometricOccamOptions = {},
): GeometricOccam {
  requireOptions('geometricOccam', options, known);
  const { head = onlyNumber, norm = 'spectral' } = options;
  const sizeOf = normOf(norm);
  requireExample(x);
  const layers = layersOf(network);
  const at = {
    x,
    weights: layers.map(({ weight }) => requireMatrix(asTensor(weight))),
    biases: layers.map(({ weight, bias }) =>
      bias === undefined || bias === null
        ? zeros([weight.shape[0]!], { dtype: weight.dtype })
        : asTensor(bias),
    ),
  };
  /** The inputs of the layers and the output of the last. */
  const signals = ({ x: input, weights, biases }: typeof at, count: number): Tensor[] => {
    const found = [input];
    for (let l = 0; l < count; l++) {
      const z = add(matmul(weights[l]!, found[l]!), biases[l]!);
      found.push(layers[l]!.activation?.(z) ?? z);
    }
    return found;
  };
  const [value, slopes] = valueAndGrad((point: typeof at) =>
    requireScalar(head(signals(point, layers.length).at(-1)!)),
  )(at);
  const inputGradNormSq = sum(square(slopes.x));
  const hidden = signals(at, layers.length);
  const bounds = layers.map((_, l): OccamBound => {
    // The first layer's input is x itself, whose Jacobian is the identity.
    const reach =
      l === 0 && norm === 'spectral'
        ? 1
        : sizeOf(jacobian((input: Tensor) => signals({ ...at, x: input }, l)[l]!)(x));
    const denominator = square(mul(sizeOf(at.weights[l]!), reach));
    const usable = greater(denominator, 0);
    const biasLhs = where(usable, div(inputGradNormSq, where(usable, denominator, 1)), 0);
    return {
      lhs: mul(biasLhs, sum(square(hidden[l]!))),
      weightGradNormSq: sum(square(slopes.weights[l]!)),
      biasLhs,
      biasGradNormSq: sum(square(slopes.biases[l]!)),
    };
  });
  const total = (side: (bound: OccamBound) => Tensor): Tensor =>
    bounds.map(side).reduce((a, b) => add(a, b));
  return {
    value,
    inputGradNormSq,
    layers: bounds,
    lhsTotal: total(({ lhs, biasLhs }) => add(lhs, biasLhs)),
    gradNormSq: total(({ weightGradNormSq, biasGradNormSq }) =>
      add(weightGradNormSq, biasGradNormSq),
    ),
  };
}

function layersOf(network: MLP | readonly OccamLayer[]): readonly OccamLayer[] {
  if (network instanceof MLP) {
    requirePlain(network);
    const { layers, activation } = network;
    return layers.map(({ weight, bias }, l) =>
      l === layers.length - 1 ? { weight, bias } : { weight, bias, activation },
    );
  }
  if (!Array.isArray(network)) {
    throw new TypeError(
      `geometricOccam: needs an nn.MLP or a list of layers { weight, bias, activation }, got ${kindOf(network)}.`,
    );
  }
  if (network.length === 0) throw new RangeError('geometricOccam: there are no layers.');
  return network;
}

/** Gates and bottlenecks change what passes between the layers. */
function requirePlain(network: MLP): void {
  for (const [name, module] of Object.entries(network.namedModules())) {
    const isPart = name.split('.').includes('parametrizations');
    const plain = module === network || module instanceof Linear || module instanceof Dropout;
    if (plain || isPart) continue;
    throw new TypeError(
      `geometricOccam: "${name}", ${module.describe()}, is no layer of the kind activation(W h + b).\n  Take the model without it, or pass a list of layers.`,
    );
  }
}

function requireExample(x: Tensor): void {
  if (x instanceof Tensor && x.rank === 1) return;
  throw new ShapeError(
    `geometricOccam: x must be one example [d], got ${x instanceof Tensor ? `shape ${showShape(x.shape)}` : kindOf(x)}.\n  The inequality holds example by example: call it for each row of a batch.`,
  );
}

function requireMatrix(weight: Tensor): Tensor {
  if (weight.rank === 2) return weight;
  throw new ShapeError(
    `geometricOccam: weights must be matrices [out, in], got shape ${showShape(weight.shape)}.`,
  );
}

const onlyNumber = (output: Tensor): Tensor => (output.size === 1 ? reshape(output, []) : output);

function requireScalar(value: Tensor): Tensor {
  if (value.rank === 0) return value;
  throw new ShapeError(
    `geometricOccam: needs a scalar function, its value has shape ${showShape(value.shape)}.\n  Pass { head } that makes a scalar of the output, such as the loss of the example.`,
  );
}

function normOf(name: 'spectral' | 'frobenius'): (matrix: Tensor) => Tensor {
  if (name === 'spectral') return (matrix) => linalg.spectralNorm(matrix);
  if (name === 'frobenius') return (matrix) => linalg.norm(matrix);
  throw new RangeError(
    `geometricOccam: norm must be 'spectral' or 'frobenius', got ${String(name)}.`,
  );
}

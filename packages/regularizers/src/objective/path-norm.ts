import { add, matmul, ShapeError, sum, type Tensor, type TensorLike, zeros } from '@tikhonov/core';
import { asTensor, type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import {
  type PenaltyTarget,
  type Selected,
  type SelectOptions,
  selectParameters,
} from '../parameters.ts';
import { gated, requireStrength, type Strength, scaled } from '../strength.ts';
import { powers } from './powers.ts';

/** Options of `pathNorm`. */
export interface PathNormOptions extends SelectOptions {
  /** Strength, >= 0. */
  readonly lambda: Strength;
  /** The exponent, >= 1. @defaultValue 2 */
  readonly p?: number;
  /**
   * Biases `[out]` of the layers in their order, `null` for a layer without: paths begin there as well, as at
   * an input that is always 1. @defaultValue none
   */
  readonly biases?: readonly (TensorLike | null)[];
}

const known: OptionNames<PathNormOptions> = { lambda: true, p: true, biases: true, filter: true };

/**
 * Path norm of a feed-forward network, `lambda` times the sum over all paths from an input to an output of the
 * product of `|w|^p` along it. Scaling what enters a hidden ReLU unit up and what leaves it down changes neither
 * the network nor this, while it does change L2. It is computed without listing the paths, as the output of
 * the network for inputs 1, with weights `|w|^p` and without activations: `1^T |W_L|^p ... |W_1|^p 1`.
 *
 * The paper's norm is the root of order `p` of the sum; this is the sum, as L2 is the square of a norm. At
 * `w = 0` the slope of `|w|^p` is 0.
 *
 * @param params  the weights `[out, in]` of the layers from input to output, or a network of linear layers in
 *   this order
 * @returns scalar `[]`, dtype of the weights; exactly 0 with zero gradient if `lambda` is 0
 * @throws ShapeError unless the layers are matrices of which each takes what the one before gives; RangeError
 *   if `lambda` is negative or not finite, or `p` not finite and >= 1
 * @see Neyshabur, Salakhutdinov & Srebro, "Path-SGD: Path-Normalized Optimization in Deep Neural Networks"
 *   (2015)
 * @example
 * ```ts
 * const layers = [tensor([[1, 2], [0, 3]]), tensor([[2, -1]])];
 * // Paths 1 * 2, 2 * 2, 0 * -1 and 3 * -1.
 * reg.pathNorm(layers, { lambda: 1 }).item(); // => 29
 * reg.pathNorm(layers, { lambda: 1, p: 1 }).item(); // => 9
 * ```
 */
export function pathNorm(params: PenaltyTarget, options: PathNormOptions): Tensor {
  requireOptions('pathNorm', options, known);
  const lambda = requireStrength('pathNorm: lambda', options.lambda);
  const { p = 2, biases = [] } = options;
  if (!(p >= 1 && p < Infinity)) {
    throw new RangeError(`pathNorm: p must be finite and >= 1, got ${p}.`);
  }
  const { parameters, dtype } = selectParameters('pathNorm', params, options);
  requireLayers(parameters);
  requireBiases(biases, parameters);
  const strengthOf = (x: TensorLike): Tensor => powers(gated(lambda, asTensor(x)), p);
  let reached: Tensor | null = null;
  for (const [l, { parameter }] of parameters.entries()) {
    const weights = strengthOf(parameter);
    // What enters the first layer is 1 everywhere.
    const through: Tensor = reached === null ? sum(weights, { axis: 1 }) : matmul(weights, reached);
    const bias = biases[l] ?? null;
    reached = bias === null ? through : add(through, strengthOf(bias));
  }
  return scaled(lambda, reached === null ? zeros([], { dtype }) : sum(reached));
}

const which = (l: number, name: string): string =>
  `layer ${l}${/^\d*$/.test(name) ? '' : ` ("${name}")`}`;

function requireLayers(layers: readonly Selected[]): void {
  for (const [l, { name, parameter }] of layers.entries()) {
    const { shape } = parameter;
    if (shape.length !== 2) {
      throw new ShapeError(
        `pathNorm: ${which(l, name)} has shape ${showShape(shape)}, and is no matrix [out, in].\n  Leave it out with { filter }, or pass the weights of the linear layers.`,
      );
    }
    const before = layers[l - 1]?.parameter.shape;
    if (before !== undefined && before[0] !== shape[1]) {
      throw new ShapeError(
        `pathNorm: ${which(l, name)} of shape ${showShape(shape)} takes ${shape[1]} values, and the one before gives ${before[0]}.\n  Pass the weights [out, in] in the order from input to output, and leave out with { filter } what is not on the way, such as the encoder of a bottleneck.`,
      );
    }
  }
}

function requireBiases(
  biases: readonly (TensorLike | null)[],
  layers: readonly { readonly parameter: { readonly shape: readonly number[] } }[],
): void {
  if (biases.length !== 0 && biases.length !== layers.length) {
    throw new ShapeError(
      `pathNorm: ${biases.length} biases for ${layers.length} layers.\n  Give null for a layer without.`,
    );
  }
  for (const [l, bias] of biases.entries()) {
    const shape = bias === null ? null : asTensor(bias).shape;
    const out = layers[l]!.parameter.shape[0]!;
    if (shape === null || (shape.length === 1 && shape[0] === out)) continue;
    throw new ShapeError(
      `pathNorm: the bias of layer ${l} has shape ${showShape(shape)} instead of [${out}].`,
    );
  }
}

const settings = [
  {
    name: 'lambda',
    description: 'strength, loss per path and product of its squared weights',
    default: 1e-2,
    source: 'ours, for small networks trained with Adam',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of the path norm. */
export const pathNormMethod: Method = {
  id: 'path-norm',
  section: 'relative',
  title: 'Path norm',
  family: 'objective',
  networks: ['mlp'],
  statement: String.raw`\min_w L(w) + \lambda \sum_{\text{paths } i_0 \to \dots \to i_L} \prod_l |W^l_{i_l i_{l-1}}|^2`,
  reference: {
    authors: 'B. Neyshabur, R. Salakhutdinov, N. Srebro',
    title: 'Path-SGD: Path-Normalized Optimization in Deep Neural Networks',
    venue: 'NeurIPS',
    year: 2015,
    arxiv: '1506.02617',
  },
  arguments: settings,
  notes: [
    'The paper takes the root of the sum and makes an optimizer of its geometry; as a penalty the sum itself is common.',
    'Only networks that are chains of linear layers are covered, with activations without parameters between them.',
    'The recipe leaves biases out; with the option biases they count as weights of an input that is always 1.',
  ],
  recipe: (plan, values) => {
    const { lambda } = resolveArguments('path-norm', settings, values);
    return {
      ...plan,
      penalties: [...plan.penalties, (model) => () => pathNorm(model, { lambda })],
    };
  },
  gradientCases: (draw) => {
    const lambda = draw.pick([0, 0.7]);
    const p = draw.pick([1, 1.5, 2, 3]);
    const [a, b, c] = [draw.integer(1, 3), draw.integer(1, 3), draw.integer(1, 3)];
    const away = { min: 0.3, max: 1.5 };
    return {
      f: (first, second, bias) => pathNorm([first!, second!], { lambda, p, biases: [bias!, null] }),
      args: [draw.tensor([b, a], away), draw.tensor([c, b], away), draw.tensor([b], away)],
    };
  },
};

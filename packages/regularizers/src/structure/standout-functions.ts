import {
  add,
  astype,
  isNaN as isNan,
  mul,
  neg,
  ShapeError,
  sigmoid,
  stopGradient,
  sum,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import { type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { type ActivationFunction, type ActivationName, activation, linear } from '@tikhonov/nn';
import { requireStrength, type Strength } from '../strength.ts';
import { keepMask, requireFloating } from './keep-mask.ts';
import { refuseFunction } from './rate.ts';

/** How the belief network is tied to the weights. */
export interface StandoutBelief {
  /**
   * Of the belief `alpha * (x W^T) + beta`: 0 gives classic dropout, a negative one drops strong units.
   * @defaultValue 1 (ours)
   */
  readonly alpha?: Strength;
  /** @defaultValue 0 (ours) */
  readonly beta?: Strength;
  /**
   * `'logit'`: the belief is `alpha * (x W^T) + beta`, without the layer's bias; `'weights'`: its weights are
   * `alpha * W + beta`, so it is `alpha * (x W^T) + beta * sum(x)`. @defaultValue 'logit'
   */
  readonly tie?: 'logit' | 'weights';
  /** Weights `[out, in]` of a belief network of its own, `x Pi^T`; then the other options are not used. */
  readonly beliefWeights?: TensorLike;
}

/** Options of `standout`. */
export interface StandoutOptions extends StandoutBelief {
  /** Of the layer, `[out]`. @defaultValue none */
  readonly bias?: TensorLike;
  /** A name, or a function. @defaultValue 'relu' */
  readonly activation?: ActivationName | ActivationFunction;
  /** @defaultValue false, as in every `forward` */
  readonly training?: boolean;
  /** The random key of the mask; the same key gives the same mask. */
  readonly rng?: Tensor;
  /** A mask instead of a key, of the shape of the result: 1 or true keeps, 0 or false drops. */
  readonly mask?: Tensor;
}

/** Options that say how belief follows from the weights. */
export const knownOfBelief: OptionNames<StandoutBelief> = {
  alpha: true,
  beta: true,
  tie: true,
  beliefWeights: true,
};

const known: OptionNames<StandoutOptions> = {
  ...knownOfBelief,
  bias: true,
  activation: true,
  training: 'boolean',
  rng: true,
  mask: true,
};

/**
 * A linear layer with standout, dropout whose rate depends on the unit: `a = g(x W^T + b)`, and a belief network
 * gives each unit the probability `k` of being kept, `k = sigmoid(belief)`. In training `y = m a` with
 * `m ~ Bernoulli(k)`, without rescaling; in evaluation the expectation `y = k a`.
 *
 * In training the mask is a constant: derivatives go through `a` alone. In evaluation they go through `k` as well.
 * A unit is dropped iff its uniform draw is below `sigmoid(-belief)`. A belief that is NaN keeps its unit, so that
 * the NaN is seen.
 *
 * @param x  `[...s, in]`
 * @param weight  `[out, in]`
 * @returns `[...s, out]`
 * @throws RangeError if `alpha` or `beta` is not finite; ShapeError if belief weights, bias or mask do not fit;
 * TypeError in training without `rng` and `mask`, and for unknown ties and activations
 * @see Ba & Frey, "Adaptive dropout for training deep neural networks", NIPS 2013
 * @example
 * ```ts
 * const [x, W] = [tensor([1]), tensor([[0], [2]])];
 * reg.standout(x, W).toArray(); // => [0, 2 / (1 + Math.exp(-2))]
 * reg.standout(x, W, { training: true, mask: tensor([1, 1]) }).toArray(); // => [0, 2]
 * ```
 */
export function standout(x: TensorLike, weight: TensorLike, options: StandoutOptions = {}): Tensor {
  requireOptions('standout', options, known);
  const { activation: which = 'relu', bias, training = false } = options;
  const [source, weights] = [
    requireFloating('standout', x),
    requireFloating('standout', weight, 'the weight'),
  ];
  const product = linear(source, weights);
  const act = typeof which === 'function' ? which : activation(which);
  const a = act(withBias(product, bias));
  const belief = beliefOf('standout', product, source, weights, options);
  if (!training) return mul(sigmoid(belief), a);
  const drop = sigmoid(neg(astype(stopGradient(belief), 'float64')));
  const mask = keepMask('standout', a.shape, where(isNan(drop), 0, drop), options);
  return where(mask, a, 0);
}

/**
 * The probability with which `standout` keeps each unit, `sigmoid` of its belief.
 *
 * @param x  `[...s, in]`
 * @param weight  `[out, in]`
 * @returns `[...s, out]`
 * @throws as `standout`
 * @example
 * ```ts
 * reg.standoutKeepProbability(tensor([3]), tensor([[0]])).toArray(); // => [0.5]
 * ```
 */
export function standoutKeepProbability(
  x: TensorLike,
  weight: TensorLike,
  options: StandoutBelief = {},
): Tensor {
  const name = 'standoutKeepProbability';
  requireOptions(name, options, knownOfBelief);
  const [source, weights] = [requireFloating(name, x), requireFloating(name, weight, 'the weight')];
  return sigmoid(beliefOf(name, linear(source, weights), source, weights, options));
}

/** Refuses settings that no belief has. */
export function requireBelief(name: string, weight: Tensor, options: StandoutBelief): void {
  const { alpha = 1, beta = 0, tie = 'logit', beliefWeights } = options;
  refuseFunction(name, 'alpha', alpha);
  refuseFunction(name, 'beta', beta);
  requireStrength(`${name}: alpha`, alpha, 'finite');
  requireStrength(`${name}: beta`, beta, 'finite');
  if (tie !== 'logit' && tie !== 'weights') {
    throw new TypeError(`${name}: tie must be 'logit' or 'weights', got "${String(tie)}".`);
  }
  if (beliefWeights === undefined) return;
  const own = requireFloating(name, beliefWeights, 'beliefWeights');
  if (showShape(own.shape) === showShape(weight.shape)) return;
  throw new ShapeError(
    `${name}: beliefWeights ${showShape(own.shape)} must have the shape of the weight, ${showShape(weight.shape)}.\n  They give each unit [out] a belief from all inputs [in].`,
  );
}

/** The logit of keeping. */
function beliefOf(
  name: string,
  product: Tensor,
  x: Tensor,
  weight: Tensor,
  options: StandoutBelief,
): Tensor {
  requireBelief(name, weight, options);
  const { alpha = 1, beta = 0, tie = 'logit', beliefWeights } = options;
  if (beliefWeights !== undefined) return linear(x, beliefWeights);
  const [slope, offset] = [strengthIn(alpha, product), strengthIn(beta, product)];
  const scaled = mul(product, slope);
  if (tie === 'logit') return add(scaled, offset);
  return add(scaled, mul(sum(x, { axis: -1, keepdims: true }), offset));
}

const strengthIn = (value: Strength, { dtype }: Tensor): number | Tensor =>
  typeof value === 'number' ? value : astype(value, dtype);

function withBias(product: Tensor, bias: TensorLike | undefined): Tensor {
  if (bias === undefined) return product;
  const given = requireFloating('standout', bias, 'the bias');
  if (given.rank === 1 && given.size === product.shape.at(-1)) return add(product, given);
  throw new ShapeError(
    `standout: the bias must be [${product.shape.at(-1)}], got ${showShape(given.shape)}.\n  It has one entry for each row of the weight.`,
  );
}

import {
  add,
  all,
  astype,
  clamp,
  div,
  equal,
  exp,
  greaterEqual,
  lessEqual,
  log,
  logicalAnd,
  mul,
  random,
  type Shape,
  ShapeError,
  sigmoid,
  softplus,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import { check, type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { gated, requireStrength, type Strength, scaled } from '../strength.ts';
import { requireFloating, requireNoise, requireRng } from './keep-mask.ts';

/** What `ConcreteDropout` and `concreteDropout` have in common. */
export interface ConcreteDropoutSettings {
  /** Smoothness of the decisions, > 0. @defaultValue 0.1, as the authors' code */
  readonly temperature?: number;
  /** Keeps logarithms finite, inside (0, 0.5). @defaultValue 1e-7, as the authors' code */
  readonly eps?: number;
  /** Whether a decision is for a whole channel, `[n, c]` of `[n, c, ...s]`. @defaultValue false */
  readonly perChannel?: boolean;
}

/** Options of `concreteDropout`. */
export interface ConcreteDropoutOptions extends ConcreteDropoutSettings {
  /** @defaultValue false */
  readonly training?: boolean;
  /** The random key of the decisions. */
  readonly rng?: Tensor;
  /** Uniform draws instead of a key: as `x`, or with `perChannel` `[n, c, 1, ...]`. */
  readonly u?: Tensor;
}

const known: OptionNames<ConcreteDropoutOptions> = {
  temperature: true,
  eps: true,
  perChannel: 'boolean',
  training: 'boolean',
  rng: true,
  u: true,
};

/**
 * Dropout whose probability `p = sigmoid(pLogit)` is learned: in training `x (1 - z) / (1 - p)` with the soft
 * decisions `z = sigmoid((log(p + e) - log(1 - p + e) + log(u + e) - log(1 - u + e)) / temperature)`; `x` itself in
 * evaluation. Gradients flow to `x` and to `pLogit`; draws are constants. For a temperature near 0 a unit is
 * dropped iff `u > 1 - p`, the mirror image of hard dropout. Alone it drives `p` to 0: add
 * `concreteDropoutPenalty`.
 *
 * Draws are cut off to `[e, 1 - e]`. Soft decisions are multiplied with, so NaN stays.
 *
 * @param x  `[...s]`, floating
 * @param pLogit  `[]`
 * @returns `[...s]`
 * @throws RangeError for a temperature that is not finite and > 0, `eps` outside (0, 0.5) or `u` outside [0, 1]; TypeError in training
 *   without `rng` and `u`; ShapeError if `pLogit` has axes or `u` does not fit; DTypeError for integers
 * @see Gal, Hron & Kendall, "Concrete Dropout", NIPS 2017, arXiv 1705.07832
 * @example
 * ```ts
 * const options = { training: true, u: tensor([0.1, 0.9]), temperature: 0.01 };
 * reg.concreteDropout(tensor([1, 1]), tensor(0), options).toArray(); // => [2, 0]
 * ```
 */
export function concreteDropout(
  x: TensorLike,
  pLogit: TensorLike,
  options: ConcreteDropoutOptions = {},
): Tensor {
  const name = 'concreteDropout';
  requireOptions(name, options, known);
  const source = requireFloating(name, x);
  const logit = requireLogit(name, pLogit, source);
  const { temperature, eps } = requireConcrete(name, options);
  if (options.training !== true) return source;
  const u = clamp(uniforms(name, source, options), { min: eps, max: 1 - eps });
  // In float64, rounded once: near 1 float32 has few digits of 1 - u.
  const noise = astype(sub(log(add(u, eps)), log(add(sub(1, u), eps))), source.dtype);
  const [p, keep] = [sigmoid(logit), sigmoid(mul(logit, -1))];
  const base = sub(log(add(p, eps)), log(add(keep, eps)));
  // 1 - z, without a difference of nearly equal numbers.
  const kept = sigmoid(mul(add(noise, base), -1 / temperature));
  const dead = equal(keep, 0);
  const scale = div(1, where(dead, 1, keep));
  return where(dead, 0, mul(source, mul(kept, scale)));
}

/** A scalar that fits the input; a ShapeError otherwise. */
function requireLogit(name: string, pLogit: TensorLike, x: Tensor): Tensor {
  const logit = requireFloating(name, pLogit, 'pLogit');
  if (logit.rank !== 0) {
    throw new ShapeError(
      `${name}: pLogit must be a scalar, got shape ${showShape(logit.shape)}.\n  A layer has one probability.`,
    );
  }
  return logit.dtype === x.dtype ? logit : astype(logit, x.dtype);
}

/** The settings; a RangeError for bad ones. */
export function requireConcrete(
  name: string,
  { temperature = 0.1, eps = 1e-7 }: ConcreteDropoutSettings,
): { readonly temperature: number; readonly eps: number } {
  if (!(temperature > 0 && temperature < Infinity)) {
    throw new RangeError(
      `${name}: temperature must be finite and > 0, got ${temperature}.\n  The default 0.1 is near to hard decisions, larger ones are softer.`,
    );
  }
  if (!(eps > 0 && eps < 0.5)) {
    throw new RangeError(
      `${name}: eps must lie inside (0, 0.5), got ${eps}.\n  It only keeps logarithms finite: leave it out, or take 1e-7.`,
    );
  }
  return { temperature, eps };
}

/** Uniform draws as float64 constants. */
function uniforms(
  name: string,
  x: Tensor,
  { rng, u, perChannel = false }: ConcreteDropoutOptions,
): Tensor {
  if (perChannel && x.rank < 2) {
    throw new ShapeError(
      `${name}: perChannel needs x of shape [n, c, ...], got ${showShape(x.shape)}.\n  Give one sample an axis of 1 in front, or leave perChannel out.`,
    );
  }
  const shape: Shape = perChannel ? x.shape.map((size, axis) => (axis < 2 ? size : 1)) : x.shape;
  if (u !== undefined) {
    const given = astype(requireFloating(name, requireNoise(name, 'u', u, shape), 'u'), 'float64');
    check(
      all(logicalAnd(greaterEqual(given, 0), lessEqual(given, 1))),
      () =>
        new RangeError(
          `${name}: u must be in [0, 1], got ${String(given)}.\n  Draw it with random.uniform, or leave it out and pass rng.`,
        ),
    );
    return given;
  }
  return stopGradient(random.uniform(requireRng(name, rng, 'u'), shape, { dtype: 'float64' }));
}

/** Options of `concreteDropoutPenalty`. */
export interface ConcreteDropoutPenaltyOptions {
  /** Strength for the weights, >= 0. @defaultValue 1e-6 */
  readonly weightRegularizer?: Strength;
  /** Strength for the probability, >= 0. @defaultValue 1e-5 */
  readonly dropoutRegularizer?: Strength;
  /** Inputs that are dropped. @defaultValue axis 1 of the weight */
  readonly inputDim?: number;
}

/**
 * The regularizer of concrete dropout, for the layer behind it:
 * `weightRegularizer sum W^2 / (1 - p) + dropoutRegularizer inputDim (p log p + (1 - p) log(1 - p))`. The second
 * part is minus the entropy of the decisions, least at `p = 0.5`: the more inputs, the more is dropped. In the
 * paper the strengths are `l^2 / n` and `1 / n` (classification) for `n` rows and a prior length scale `l`.
 *
 * @param weight  `[out, in, ...]`
 * @param pLogit  `[]`
 * @returns scalar `[]`
 * @throws RangeError for negative strengths or an `inputDim` that is no integer >= 1; ShapeError if `pLogit` has
 *   axes or there is no axis 1; DTypeError for integers
 * @see Gal, Hron & Kendall, "Concrete Dropout", NIPS 2017, arXiv 1705.07832
 * @example
 * ```ts
 * const options = { weightRegularizer: 0.5, dropoutRegularizer: 1 };
 * reg.concreteDropoutPenalty(tensor([[1, 2]]), tensor(0), options).item(); // => 5 - 2 * Math.log(2)
 * ```
 */
export function concreteDropoutPenalty(
  weight: TensorLike,
  pLogit: TensorLike,
  options: ConcreteDropoutPenaltyOptions = {},
): Tensor {
  const name = 'concreteDropoutPenalty';
  requireOptions(name, options, {
    weightRegularizer: true,
    dropoutRegularizer: true,
    inputDim: true,
  });
  const w = requireFloating(name, weight, 'the weight');
  const logit = requireLogit(name, pLogit, w);
  const { weightRegularizer = 1e-6, dropoutRegularizer = 1e-5, inputDim = w.shape[1] } = options;
  const forWeights = requireStrength(`${name}: weightRegularizer`, weightRegularizer);
  const forDropout = requireStrength(`${name}: dropoutRegularizer`, dropoutRegularizer);
  if (inputDim === undefined) {
    throw new ShapeError(
      `${name}: the weight has shape ${showShape(w.shape)}, which has no axis of inputs.\n  Pass inputDim.`,
    );
  }
  if (!Number.isInteger(inputDim) || inputDim < 1) {
    throw new RangeError(
      `${name}: inputDim must be an integer >= 1, got ${inputDim}.\n  It is the number of units that are dropped, such as layer.inFeatures.`,
    );
  }
  // 1 / (1 - p) = 1 + exp(pLogit), log p = -softplus(-pLogit), log(1 - p) = -softplus(pLogit).
  const [safe, free] = [gated(forWeights, logit), gated(forDropout, logit)];
  const size = mul(sum(square(gated(forWeights, w))), add(exp(safe), 1));
  const opposite = mul(free, -1);
  const entropy = add(
    mul(sigmoid(free), softplus(opposite)),
    mul(sigmoid(opposite), softplus(free)),
  );
  return sub(scaled(forWeights, size), scaled(forDropout, mul(entropy, inputDim)));
}

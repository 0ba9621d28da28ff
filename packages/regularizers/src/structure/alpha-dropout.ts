import {
  add,
  astype,
  type DType,
  div,
  equal,
  greater,
  less,
  mul,
  neg,
  reshape,
  type Shape,
  selu,
  sqrt,
  sub,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { type ForwardContext, Module, type Strength } from '@tikhonov/nn';
import { requireContext } from '@tikhonov/nn/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import {
  describeRate,
  drawing,
  keepMask,
  requireFloating,
  requireStructure,
  scaledBy,
  unitStrength,
} from './keep-mask.ts';
import { behindActivations } from './places.ts';

/** What SELU tends to for arguments towards minus infinity: minus its scale times its alpha. */
const saturated = -1.7580993408473766;

/** What the layers and functions of alpha dropout have in common. */
export interface AlphaDropoutSettings {
  /** Probability of dropping, in [0, 1]; a 0-d tensor or cell can be annealed. @defaultValue 0.5 (PyTorch) */
  readonly p?: Strength;
}

/** Options of `alphaDropout` and `featureAlphaDropout`. */
export interface AlphaDropoutOptions extends AlphaDropoutSettings {
  /** @defaultValue false, as in every `forward` */
  readonly training?: boolean;
  /** The random key of the mask; the same key gives the same mask. */
  readonly rng?: Tensor;
  /** A mask instead of a key, 1 or true keeps: of the shape of `x`; of the feature variant `[n, c]`. */
  readonly mask?: Tensor;
}

const knownOfLayer: OptionNames<AlphaDropoutSettings> = { p: true };
const known: OptionNames<AlphaDropoutOptions> = {
  ...knownOfLayer,
  training: 'boolean',
  rng: true,
  mask: true,
};

/**
 * Dropout for SELU networks, which keeps mean 0 and variance 1: in training `y = A (m x + a (1 - m)) + B`
 * with `m` of 0 and 1, `a = -1.758...` what SELU saturates at, `A = ((1 - p) (1 + p a^2))^(-1/2)` and
 * `B = -A a p`; in evaluation `y = x`. For `p` 1 the result is zeros, as in PyTorch. Dropped elements are the
 * constant `A a + B`, whatever they were.
 *
 * @param x  `[...s]`, floating
 * @returns `[...s]`, dtype of `x`
 * @throws RangeError if `p` is outside [0, 1]; TypeError in training without `rng` and `mask`; ShapeError if the
 * mask does not fit; DTypeError for integers
 * @see Klambauer, Unterthiner, Mayr & Hochreiter, "Self-normalizing neural networks", NIPS 2017, arXiv 1706.02515
 * @example
 * ```ts
 * const y = reg.alphaDropout(tensor([1, -1]), { p: 0.5, training: true, mask: tensor([1, 0]) });
 * round(y.mul(100)).toArray(); // => [167, -78]
 * ```
 */
export function alphaDropout(x: TensorLike, options: AlphaDropoutOptions = {}): Tensor {
  requireOptions('alphaDropout', options, known);
  const source = requireFloating('alphaDropout', x);
  return dropped('alphaDropout', source, source.shape, options);
}

/**
 * Alpha dropout of whole channels: one decision for each row and channel, shared by all positions. Else as
 * `alphaDropout`.
 *
 * @param x  `[n, c, ...spatial]`
 * @throws ShapeError unless `x` has two axes or more, and as `alphaDropout`
 * @example
 * ```ts
 * const mask = tensor([[1, 0]]);
 * const y = reg.featureAlphaDropout(ones([1, 2, 2]), { p: 0.5, training: true, mask });
 * round(y.mul(100)).toArray(); // => [[[167, 167], [-78, -78]]]
 * ```
 */
export function featureAlphaDropout(x: TensorLike, options: AlphaDropoutOptions = {}): Tensor {
  const name = 'featureAlphaDropout';
  requireOptions(name, options, known);
  const source = requireFloating(name, x);
  if (source.rank < 2) requireStructure(name, source, [], '[n, c, ...spatial]');
  return dropped(name, source, source.shape.slice(0, 2), options);
}

/** With a mask of the shape, which is that of the first axes of `x`. */
function dropped(name: string, x: Tensor, shape: Shape, options: AlphaDropoutOptions): Tensor {
  const { p: rate = 0.5 } = options;
  const p = unitStrength(name, 'p', rate, { closed: true });
  if (options.training !== true) return x;
  const drawn = keepMask(name, shape, p, options);
  // Where nothing is dropped, x itself: adding 0 would change the sign of -0.
  if (p === 0) return x;
  if (p === 1) return scaledBy(x, 1, false);
  const mask = reshape(drawn, [...shape, ...x.shape.slice(shape.length).map(() => 1)]);
  const { scale, shift, constant } = affine(p, x.dtype);
  const y = where(mask, add(mul(x, scale), shift), constant);
  return typeof p === 'number' ? y : where(less(p, 1), where(greater(p, 0), y, x), 0);
}

/** `A`, `B` and `A a + B`, computed in float64. */
function affine(
  p: number | Tensor,
  dtype: DType,
): Record<'scale' | 'shift' | 'constant', number | Tensor> {
  if (typeof p === 'number') {
    const scale = 1 / Math.sqrt((1 - p) * (1 + p * saturated ** 2));
    const shift = -scale * saturated * p;
    return { scale, shift, constant: scale * saturated + shift };
  }
  const keep = sub(1, p);
  // For p 1, of which nothing is used, any finite number.
  const product = mul(where(equal(keep, 0), 1, keep), add(mul(p, saturated ** 2), 1));
  const scale = div(1, sqrt(product));
  const shift = neg(mul(mul(scale, saturated), p));
  const constant = add(mul(scale, saturated), shift);
  return {
    scale: astype(scale, dtype),
    shift: astype(shift, dtype),
    constant: astype(constant, dtype),
  };
}

/** What both layers are. */
abstract class AlphaDropoutLayer extends Module {
  /** Probability of dropping; if it is a cell, it is part of the module's state. */
  readonly p: Strength;

  constructor(name: string, options: AlphaDropoutSettings) {
    super();
    requireOptions(name, options, knownOfLayer);
    const { p = 0.5 } = options;
    unitStrength(name, 'p', p, { closed: true });
    this.p = p;
  }

  override describe(): string {
    return `${this.constructor.name}(${describeRate(this.p)})`;
  }
}

/**
 * `alphaDropout` as a layer, behind SELU activations.
 *
 * @example
 * ```ts
 * const layer = new reg.AlphaDropout({ p: 0.1 });
 * const x = random.normal(random.key(0), [10000]);
 * const y = layer.forward(x, { training: true, rng: random.key(1) });
 * Math.abs(y.mean().item()) < 0.05 && Math.abs(std(y).item() - 1) < 0.05; // => true
 * layer.forward(ones([2])).toArray(); // => [1, 1]
 * ```
 */
export class AlphaDropout extends AlphaDropoutLayer {
  constructor(options: AlphaDropoutSettings = {}) {
    super('AlphaDropout', options);
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    return alphaDropout(x, { p: this.p, ...drawing(context) });
  }
}

/**
 * `featureAlphaDropout` as a layer, behind SELU activations of maps.
 *
 * @example
 * ```ts
 * const layer = new reg.FeatureAlphaDropout({ p: 0.1 });
 * layer.forward(ones([1, 2, 1])).toArray(); // => [[[1], [1]]]
 * ```
 */
export class FeatureAlphaDropout extends AlphaDropoutLayer {
  constructor(options: AlphaDropoutSettings = {}) {
    super('FeatureAlphaDropout', options);
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    return featureAlphaDropout(x, { p: this.p, ...drawing(context) });
  }
}

const settings = [
  {
    name: 'p',
    description: 'probability of dropping a hidden unit',
    default: 0.1,
    source: 'the paper: 0.05 or 0.1 lead to good networks',
    min: 0,
    max: 1,
    open: 'max',
  },
] as const satisfies readonly Argument[];

/** Registry entry of alpha dropout. */
export const alphaDropoutMethod: Method = {
  id: 'alpha-dropout',
  section: 'relative',
  title: 'Alpha dropout',
  family: 'structure',
  statement: String.raw`h \mapsto A (m \odot h + \alpha' (1 - m)) + B, \quad A = ((1 - p)(1 + p \alpha'^2))^{-1/2}, \; B = -A \alpha' p \text{ in training}; \qquad h \mapsto h \text{ in evaluation}`,
  reference: {
    authors: 'G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter',
    title: 'Self-Normalizing Neural Networks',
    venue: 'NIPS',
    year: 2017,
    arxiv: '1706.02515',
  },
  arguments: settings,
  notes: [
    'The survey does not treat it.',
    'It belongs to SELU networks, whose units have mean 0 and variance 1: the recipe makes the activation SELU.',
    'Behind every hidden activation, as dropout.',
    'p = 1 gives zeros, as in PyTorch; the formula is 0 / 0 there.',
  ],
  recipe: (plan, values) => {
    const { p } = resolveArguments('alpha-dropout', settings, values);
    const make = (): AlphaDropout => new AlphaDropout({ p });
    return {
      ...plan,
      network: { ...plan.network, activation: selu },
      parts: [...plan.parts, behindActivations(make)],
    };
  },
  gradientCases: (draw) => {
    const shape = draw.shape();
    const [p, mask] = [draw.pick([0, 0.3, 0.8, 1]), draw.booleans(shape)];
    return {
      f: (x) => {
        const y = alphaDropout(x!, { p, training: true, mask });
        return y.mul(y).sum();
      },
      args: [draw.tensor(shape)],
    };
  },
};

import {
  DTypeError,
  isFloating,
  less,
  type Shape,
  ShapeError,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import {
  asTensor,
  type OptionNames,
  requireOptions,
  showShape,
  showValue,
} from '@tikhonov/core/engine';
import { type ForwardContext, requireContext } from './context.ts';
import { inverseKeep, keepMask, keepProbability, scaledBy, survivors } from './keep-mask.ts';
import { Module } from './module.ts';
import { type Strength, unitStrength } from './strength.ts';

/** What `Dropout` and `dropout` have in common. */
export interface DropoutSettings {
  /**
   * Probability of dropping, in [0, 1]; a 0-d tensor or cell can be annealed. @defaultValue 0.5 (PyTorch)
   */
  readonly p?: Strength;
  /**
   * `'inverted'` scales in training and is the identity in evaluation; `'classic'`, the original, scales
   * in evaluation. @defaultValue 'inverted'
   */
  readonly mode?: 'inverted' | 'classic';
  /**
   * Shape of the mask: 1 shares a decision along an axis, `null` takes the input's size.
   * @defaultValue the input's shape
   */
  readonly noiseShape?: readonly (number | null)[];
}

/** Options of `dropout`. */
export interface DropoutOptions extends DropoutSettings {
  /** @defaultValue false, as in every `forward` */
  readonly training?: boolean;
  /** The random key of the mask; the same key gives the same mask. */
  readonly rng?: Tensor;
  /** A mask instead of a key, of the noise shape: 1 or true keeps, 0 or false drops. */
  readonly mask?: Tensor;
}

const knownOfLayer: OptionNames<DropoutSettings> = { p: true, mode: true, noiseShape: true };

const known: OptionNames<DropoutOptions> = {
  ...knownOfLayer,
  training: 'boolean',
  rng: true,
  mask: true,
};

/**
 * Drops elements with probability `p`. With a mask `m` of 0 and 1: inverted, `y = m x / (1 - p)` in
 * training and `x` in evaluation; classic, `y = m x` and `(1 - p) x`. An element is dropped iff its
 * uniform draw `u < p`, so `p` 0 and 1 are exact; `p` 1 gives zeros.
 *
 * It reads as noise with `E[y] = x` and `Var[y] = p / (1 - p) x^2` (inverted), as an ensemble of `2^n`
 * networks with shared weights, and as draws from an approximate posterior of the weights. With a time
 * axis of 1 in `noiseShape` it is the locked dropout of Gal & Ghahramani (2016).
 *
 * The mask is a constant. Elements are selected, not multiplied: a dropped NaN or infinity becomes 0
 * (PyTorch multiplies and keeps the NaN).
 *
 * @param x  `[...s]`, floating
 * @returns `[...s]`, dtype of `x`
 * @throws RangeError if `p` is outside [0, 1]; TypeError in training without `rng` and `mask`;
 * ShapeError if mask or noise shape do not fit; DTypeError for integers
 * @see Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov, "Dropout: a simple way to prevent neural
 * networks from overfitting", JMLR 15 (2014)
 * @example
 * ```ts
 * const mask = tensor([1, 0, 1, 1]);
 * nn.dropout(tensor([1, 2, 3, 4]), { p: 0.5, training: true, mask }).toArray(); // => [2, 0, 6, 8]
 * nn.dropout(tensor([1, 2, 3, 4]), { p: 0.5 }).toArray(); // => [1, 2, 3, 4]
 * ```
 */
export function dropout(x: TensorLike, options: DropoutOptions = {}): Tensor {
  requireOptions('dropout', options, known);
  const source = asTensor(x, 'dropout');
  const { p: rate = 0.5, mode = 'inverted', training = false } = options;
  if (mode !== 'inverted' && mode !== 'classic') {
    throw new TypeError(`dropout: mode must be 'inverted' or 'classic', got "${String(mode)}".`);
  }
  if (!isFloating(source.dtype)) {
    throw new DTypeError(
      `dropout: x must be floating, got ${source.dtype}.\n  Cast with astype('float32').`,
    );
  }
  const p = unitStrength('dropout', 'p', rate, { closed: true });
  const noise = resolveNoiseShape(source.shape, options.noiseShape);
  const alive = typeof p === 'number' ? p < 1 : less(p, 1);
  if (!training) return mode === 'inverted' ? source : scaledBy(source, keepProbability(p), alive);
  const drawn = keepMask('dropout', noise, p, options);
  if (mode === 'classic') return where(survivors(drawn, alive), source, 0);
  return scaledBy(source, inverseKeep(p), survivors(drawn, alive));
}

function resolveNoiseShape(
  shape: Shape,
  noiseShape: readonly (number | null)[] | undefined,
): Shape {
  if (noiseShape === undefined) return shape;
  const fits =
    Array.isArray(noiseShape) &&
    noiseShape.length === shape.length &&
    noiseShape.every((n, k) => n === null || n === 1 || n === shape[k]);
  if (!fits) {
    throw new ShapeError(
      `dropout: noiseShape ${showValue(noiseShape)} does not fit x ${showShape(shape)}.\n` +
        '  Give for each axis 1, its size, or null for that.',
    );
  }
  return noiseShape.map((n, k) => n ?? shape[k]!);
}

/**
 * `dropout` as a layer. In training its `forward` needs a key in the context; the same key gives the same
 * mask, in every layer, so a module hands each dropout a context of its own (`childContext`, `contexts`).
 *
 * @example
 * ```ts
 * const layer = new nn.Dropout({ p: 0.5 });
 * const rng = random.key(0);
 * const y = layer.forward(ones([1000]), { training: true, rng });
 * y.max().item(); // => 2
 * ```
 */
export class Dropout extends Module {
  /** Probability of dropping; if it is a cell, it is part of the module's state. */
  readonly p: Strength;
  readonly mode: 'inverted' | 'classic';
  readonly noiseShape: readonly (number | null)[] | undefined;

  constructor(options: DropoutSettings = {}) {
    super();
    requireOptions('Dropout', options, knownOfLayer);
    const { p = 0.5, mode = 'inverted', noiseShape } = options;
    unitStrength('Dropout', 'p', p, { closed: true });
    this.p = p;
    this.mode = mode;
    this.noiseShape = noiseShape;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const { p, mode, noiseShape } = this;
    const { training = false, rng } = context;
    return dropout(x, {
      p,
      mode,
      training,
      ...(noiseShape === undefined ? {} : { noiseShape }),
      ...(rng === undefined ? {} : { rng }),
    });
  }
}

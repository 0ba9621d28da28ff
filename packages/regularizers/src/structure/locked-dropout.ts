import type { Tensor, TensorLike } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { type DropoutOptions, type ForwardContext, Module, type Strength } from '@tikhonov/nn';
import { requireContext } from '@tikhonov/nn/engine';
import {
  describeRate,
  drawing,
  inverted,
  keepMask,
  requireFloating,
  unitStrength,
} from './keep-mask.ts';

/** What `LockedDropout` and `lockedDropout` have in common. */
export interface LockedDropoutSettings {
  /** Probability of dropping, in [0, 1]; a 0-d tensor or cell can be annealed. @defaultValue 0.5 */
  readonly p?: Strength;
  /** The axis of time, along which the mask is the same. @defaultValue 1, as in `[n, time, features]` */
  readonly axis?: number;
}

/** Options of `lockedDropout`; a mask has size 1 along the axis. */
export interface LockedDropoutOptions
  extends LockedDropoutSettings,
    Pick<DropoutOptions, 'training' | 'rng' | 'mask'> {}

const knownOfLayer: OptionNames<LockedDropoutSettings> = { p: true, axis: true };
const known: OptionNames<LockedDropoutOptions> = {
  ...knownOfLayer,
  training: 'boolean',
  rng: true,
  mask: true,
};

/**
 * Dropout of sequences with one mask for all time steps: `dropout` with a noise shape of 1 along the axis of time.
 * For the steps of a recurrent network it is one network of the ensemble, not another one at each step.
 *
 * @param x  `[n, time, features]`, or any shape with the axis
 * @returns as `x`
 * @throws RangeError if `axis` is none of `x`, and as `dropout`
 * @see Gal & Ghahramani, "A theoretically grounded application of dropout in recurrent neural networks",
 * NIPS 2016, arXiv 1512.05287
 * @example
 * ```ts
 * const x = tensor([[[1, 2], [3, 4]]]);
 * const mask = tensor([[[1, 0]]]);
 * reg.lockedDropout(x, { p: 0.5, training: true, mask }).toArray(); // => [[[2, 0], [6, 0]]]
 * ```
 */
export function lockedDropout(x: TensorLike, options: LockedDropoutOptions = {}): Tensor {
  requireOptions('lockedDropout', options, known);
  const source = requireFloating('lockedDropout', x);
  const { axis = 1, p: rate = 0.5, ...rest } = options;
  if (!Number.isInteger(axis) || axis < -source.rank || axis >= source.rank) {
    throw new RangeError(
      `lockedDropout: axis must be an axis of x, whose shape is [${source.shape.join(', ')}], got ${axis}.\n  It is the axis of time, such as 1 in [n, time, features].`,
    );
  }
  const p = unitStrength('lockedDropout', 'p', rate, { closed: true });
  if (rest.training !== true) return source;
  const time = axis < 0 ? axis + source.rank : axis;
  const noise = source.shape.map((n, k) => (k === time ? 1 : n));
  return inverted(source, keepMask('lockedDropout', noise, p, rest), p);
}

/**
 * `lockedDropout` as a layer.
 *
 * @example
 * ```ts
 * const layer = new reg.LockedDropout({ p: 0.5 });
 * const y = layer.forward(ones([1, 2, 50]), { training: true, rng: random.key(0) });
 * const [first, second] = unbind(y, { axis: 1 });
 * String(first) === String(second); // => true
 * ```
 */
export class LockedDropout extends Module {
  /** Probability of dropping; if it is a cell, it is part of the module's state. */
  readonly p: Strength;
  readonly axis: number;

  constructor(options: LockedDropoutSettings = {}) {
    super();
    requireOptions('LockedDropout', options, knownOfLayer);
    const { p = 0.5, axis = 1 } = options;
    unitStrength('LockedDropout', 'p', p, { closed: true });
    if (!Number.isInteger(axis)) {
      throw new RangeError(
        `LockedDropout: axis must be an integer, got ${axis}.\n  1 is time in [n, time, features].`,
      );
    }
    this.p = p;
    this.axis = axis;
  }

  override describe(): string {
    return `LockedDropout(${describeRate(this.p)}, axis ${this.axis})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    return lockedDropout(x, { p: this.p, axis: this.axis, ...drawing(context) });
  }
}

import type { Tensor } from '@tikhonov/core';
import { asTensor, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { cutout } from '@tikhonov/data';
import { type ForwardContext, Module } from '@tikhonov/nn';
import { requireContext } from '@tikhonov/nn/engine';
import { drawing, requireRng, requireStructure } from '../structure/keep-mask.ts';

/** Options of `Cutout`. */
export interface CutoutSettings {
  /** Side of the square in pixels, an integer >= 0. @defaultValue 16 (the paper, for 32 x 32 pixels of CIFAR-10) */
  readonly size?: number;
  /** Squares per image, an integer >= 1. @defaultValue 1 */
  readonly holes?: number;
}

const known: OptionNames<CutoutSettings> = { size: true, holes: true };

/**
 * `cutout` as a layer, to stand before a network of images `[n, channels, height, width]`: squares are hidden in
 * training, evaluation gives its input.
 *
 * @throws RangeError for sizes that are no such integers; from `forward` TypeError for what is no tensor, and
 * in training without a key; ShapeError for what are no images
 * @example
 * ```ts
 * const layer = new reg.Cutout({ size: 2 });
 * const y = layer.forward(ones([1, 3, 8, 8]), { training: true, rng: random.key(1) });
 * y.min({ axis: [2, 3] }).toArray(); // => [[0, 0, 0]]
 * layer.forward(ones([1, 3, 8, 8])).min().item(); // => 1
 * ```
 */
export class Cutout extends Module {
  readonly size: number;
  readonly holes: number;

  constructor(options: CutoutSettings = {}) {
    super();
    requireOptions('Cutout', options, known);
    const { size = 16, holes = 1 } = options;
    for (const [what, value, least] of [
      ['size', size, 0],
      ['holes', holes, 1],
    ] as const) {
      if (Number.isInteger(value) && value >= least) continue;
      throw new RangeError(`Cutout: ${what} must be an integer >= ${least}, got ${value}.`);
    }
    this.size = size;
    this.holes = holes;
  }

  override describe(): string {
    return `Cutout(${this.size}${this.holes === 1 ? '' : `, ${this.holes} holes`})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    // The same is refused in evaluation as in training.
    const images = asTensor(x, 'Cutout');
    requireStructure('Cutout', images, [4], '[n, channels, height, width]');
    const { training, rng } = drawing(context);
    if (!training) return images;
    const { size, holes } = this;
    return cutout(images, { size, holes, key: requireRng('Cutout', rng, 'centres') });
  }
}

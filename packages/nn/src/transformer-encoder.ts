import type { Tensor } from '@tikhonov/core';
import { kindOf, requireOptions } from '@tikhonov/core/engine';
import { childContext, requireContext } from './context.ts';
import { type Layer, Module } from './module.ts';
import type { MultiheadContext } from './multihead-attention.ts';
import type { TransformerEncoderLayer } from './transformer-encoder-layer.ts';

/** Options of `TransformerEncoder`. */
export interface TransformerEncoderOptions {
  /** Applied to the last layer's output, usually a `LayerNorm`; layers with `normFirst` need one. @defaultValue none */
  readonly norm?: Module & Layer;
}

/**
 * Layers of attention one after the other, all under the same masks, and a normalisation at the end.
 * `[l, n, e] -> [l, n, e]`. Unlike PyTorch's, which copies one layer, weights included, it is given the
 * layers, each drawn by itself. Parameters are named `layers.0...` and `norm...`, as there.
 *
 * @throws TypeError for no layers, or what is not a module; in training with dropout but without `rng`
 * @see Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser & Polosukhin, "Attention is all you
 * need", NeurIPS 2017, arXiv 1706.03762
 * @example
 * ```ts
 * const key = new random.Generator(0);
 * const make = () => new nn.TransformerEncoderLayer(8, 2, { key, dimFeedforward: 16, normFirst: true });
 * const encoder = new nn.TransformerEncoder([make(), make()], { norm: new nn.LayerNorm(8) });
 * encoder.forward(ones([5, 3, 8]), { isCausal: true }).shape; // => [5, 3, 8]
 * ```
 */
export class TransformerEncoder extends Module {
  readonly layers: readonly TransformerEncoderLayer[];
  readonly norm: (Module & Layer) | null;

  constructor(layers: readonly TransformerEncoderLayer[], options: TransformerEncoderOptions = {}) {
    super();
    requireOptions('TransformerEncoder', options, { norm: true });
    if (!Array.isArray(layers) || layers.length === 0) {
      throw new TypeError(
        `TransformerEncoder: needs an array of layers, got ${Array.isArray(layers) ? 'an empty one' : kindOf(layers)}.\n  For example [new TransformerEncoderLayer(8, 2, { seed: 0 })].`,
      );
    }
    const { norm = null } = options;
    for (const [name, part] of Object.entries({ ...layers, norm })) {
      if (part instanceof Module && 'forward' in part) continue;
      if (name === 'norm' && part === null) continue;
      throw new TypeError(
        `TransformerEncoder: ${name === 'norm' ? name : `layer ${name}`} is ${kindOf(part)}, not a Module.`,
      );
    }
    this.layers = [...layers];
    this.norm = norm;
  }

  forward(x: Tensor, context: MultiheadContext = {}): Tensor {
    requireContext(this, context, 'Pass masks by name: { attnMask, keyPaddingMask }.');
    let y = x;
    for (const [i, layer] of this.layers.entries()) {
      y = layer.forward(y, childContext(context, `layers.${i}`));
    }
    return this.norm === null ? y : this.norm.forward(y, childContext(context, 'norm'));
  }
}

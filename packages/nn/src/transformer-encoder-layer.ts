import { add, type DType, type Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import * as random from '@tikhonov/core/random';
import { type ActivationFunction, type ActivationName, resolveActivation } from './activations.ts';
import { childContext, requireContext } from './context.ts';
import { Dropout } from './dropout.ts';
import { initialKey, type KeySource, requireSize } from './keys.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';
import { MultiheadAttention, type MultiheadContext } from './multihead-attention.ts';
import { LayerNorm } from './norms/layer-norm.ts';
import type { Strength } from './strength.ts';

/** Options of `TransformerEncoderLayer`; the defaults are PyTorch's. One of `key` and `seed` is needed. */
export interface TransformerEncoderLayerOptions extends KeySource {
  /** Width of the hidden layer of the feedforward part. @defaultValue 2048 */
  readonly dimFeedforward?: number;
  /** Of attention weights, hidden units and both branches. @defaultValue 0.1 */
  readonly dropout?: Strength;
  /** @defaultValue 'relu' */
  readonly activation?: ActivationName | ActivationFunction;
  /** @defaultValue 1e-5 */
  readonly layerNormEps?: number;
  /** Whether `x` is `[n, l, e]` instead of `[l, n, e]`. @defaultValue false */
  readonly batchFirst?: boolean;
  /** Whether to normalise before attention and feedforward instead of after. @defaultValue false */
  readonly normFirst?: boolean;
  /** @defaultValue true */
  readonly bias?: boolean;
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
}

const known: OptionNames<TransformerEncoderLayerOptions> = {
  seed: true,
  key: true,
  dimFeedforward: true,
  dropout: true,
  activation: true,
  layerNormEps: true,
  batchFirst: 'boolean',
  normFirst: 'boolean',
  bias: 'boolean',
  dtype: true,
};

/**
 * Self-attention and a feedforward network, each with dropout, a residual connection and layer
 * normalisation: `y = norm1(x + attention(x))`, `norm2(y + feedforward(y))`; with `normFirst`,
 * `y = x + attention(norm1(x))`, `y + feedforward(norm2(y))`. `[l, n, e] -> [l, n, e]`. Parameters and
 * their names are PyTorch's.
 *
 * @throws RangeError for sizes that do not fit; TypeError in training with dropout but without `rng`
 * @see Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser & Polosukhin, "Attention is all you
 * need", NeurIPS 2017, arXiv 1706.03762
 * @example
 * ```ts
 * const layer = new nn.TransformerEncoderLayer(8, 2, { seed: 0, dimFeedforward: 16 });
 * layer.forward(ones([5, 3, 8]), { isCausal: true }).shape; // => [5, 3, 8]
 * ```
 */
export class TransformerEncoderLayer extends Module {
  readonly selfAttn: MultiheadAttention;
  readonly linear1: Linear;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly dropout: Dropout | null;
  readonly activation: ActivationFunction;
  readonly normFirst: boolean;

  constructor(dModel: number, nHead: number, options: TransformerEncoderLayerOptions = {}) {
    super();
    const name = 'TransformerEncoderLayer';
    requireOptions(name, options, known);
    const key = initialKey(name, options);
    const { dimFeedforward = 2048, dropout = 0.1, layerNormEps: eps = 1e-5 } = options;
    const { batchFirst = false, normFirst = false, bias = true, dtype = 'float32' } = options;
    requireSize(name, 'dModel', dModel);
    requireSize(name, 'dimFeedforward', dimFeedforward);
    const part = (label: string): { key: Tensor; bias: boolean; dtype: DType } => ({
      key: random.foldIn(key, label),
      bias,
      dtype,
    });
    const attention = { ...part('self_attn'), dropout, batchFirst };
    this.selfAttn = new MultiheadAttention(dModel, nHead, attention);
    this.linear1 = new Linear(dModel, dimFeedforward, part('linear1'));
    this.linear2 = new Linear(dimFeedforward, dModel, part('linear2'));
    this.norm1 = new LayerNorm(dModel, { eps, bias, dtype });
    this.norm2 = new LayerNorm(dModel, { eps, bias, dtype });
    this.dropout = dropout === 0 ? null : new Dropout({ p: dropout });
    this.activation = resolveActivation(options.activation ?? 'relu');
    this.normFirst = normFirst;
  }

  override get stateNames(): Readonly<Record<string, string>> {
    return { selfAttn: 'self_attn' };
  }

  forward(x: Tensor, context: MultiheadContext = {}): Tensor {
    requireContext(this, context, 'Pass masks by name: { attnMask, keyPaddingMask }.');
    const { norm1, norm2 } = this;
    if (this.normFirst) {
      const y = add(x, this.#attention(norm1.forward(x), context));
      return add(y, this.#feedforward(norm2.forward(y), context));
    }
    const y = norm1.forward(add(x, this.#attention(x, context)));
    return norm2.forward(add(y, this.#feedforward(y, context)));
  }

  #attention(x: Tensor, context: MultiheadContext): Tensor {
    const y = this.selfAttn.forward(x, childContext(context, 'self_attn'));
    return this.#dropped(y, context, 'dropout1');
  }

  #feedforward(x: Tensor, context: MultiheadContext): Tensor {
    const hidden = this.activation(this.linear1.forward(x));
    const y = this.linear2.forward(this.#dropped(hidden, context, 'dropout'));
    return this.#dropped(y, context, 'dropout2');
  }

  #dropped(x: Tensor, context: MultiheadContext, name: string): Tensor {
    return this.dropout === null ? x : this.dropout.forward(x, childContext(context, name));
  }
}

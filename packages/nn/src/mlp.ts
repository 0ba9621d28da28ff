import type { DType, Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import * as random from '@tikhonov/core/random';
import {
  type ActivationFunction,
  type BasicActivationName,
  resolveBasicActivation,
} from './basic-activations.ts';
import { childContext, type ForwardContext, requireContext } from './context.ts';
import { Dropout } from './dropout.ts';
import type { Initializer } from './initializers.ts';
import { initialKey, type KeySource, requireSize } from './keys.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';
import type { Strength } from './strength.ts';

/** Options of `mlp`. One of `seed` and `key` is needed. */
export interface MlpOptions extends KeySource {
  /** After every layer but the last: a name, or a function such as `gelu`. @defaultValue 'relu' */
  readonly activation?: BasicActivationName | ActivationFunction;
  /** Probability of dropping after each hidden activation; may be a 0-d cell. @defaultValue 0 */
  readonly dropout?: Strength;
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
  /** Of the weights. @defaultValue `init.torchLinear`, as PyTorch */
  readonly init?: Initializer;
  /** Whether the layers have biases. @defaultValue true */
  readonly bias?: boolean;
}

const known: OptionNames<MlpOptions> = {
  seed: true,
  key: true,
  activation: true,
  dropout: true,
  dtype: true,
  init: true,
  bias: 'boolean',
};

/** A multilayer perceptron; see `mlp`. */
export class MLP extends Module {
  readonly layers: readonly Linear[];
  readonly activation: ActivationFunction;
  readonly dropout: Dropout | null;

  constructor(sizes: readonly number[], options: MlpOptions = {}) {
    super();
    if (!Array.isArray(sizes) || sizes.length < 2) {
      throw new RangeError(
        `mlp: needs at least an input and an output size, got [${String(sizes)}].\n  For example mlp([64, 128, 10], { seed: 0 }).`,
      );
    }
    for (const [i, size] of sizes.entries()) requireSize('mlp', `sizes[${i}]`, size);
    requireOptions('mlp', options, known);
    const key = initialKey('mlp', options);
    const { dtype = 'float32', init, bias = true, dropout = 0 } = options;
    this.layers = sizes.slice(1).map(
      (out, i) =>
        new Linear(sizes[i]!, out, {
          key: random.foldIn(key, `layers.${i}`),
          bias,
          dtype,
          ...(init === undefined ? {} : { weightInit: init }),
        }),
    );
    this.activation = resolveBasicActivation('mlp', options.activation ?? 'relu');
    this.dropout = dropout === 0 ? null : new Dropout({ p: dropout });
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const last = this.layers.length - 1;
    let y = x;
    for (const [i, layer] of this.layers.entries()) {
      y = layer.forward(y);
      if (i === last) break;
      y = this.activation(y);
      if (this.dropout !== null) y = this.dropout.forward(y, childContext(context, `dropout.${i}`));
    }
    return y;
  }
}

/**
 * A multilayer perceptron: linear layers of the given sizes, an activation after each but the last, and
 * dropout after each activation. `[...s, sizes[0]] -> [...s, sizes.at(-1)]`. Parameters are named
 * `layers.0.weight`, `layers.0.bias`, ...; their draws depend on the seed and the layer's index only,
 * so adding dropout or layers does not change them. Each layer draws its own dropout mask.
 *
 * @param sizes  at least two integers >= 1
 * @throws RangeError for other sizes or a dropout outside [0, 1]; TypeError without `seed` or `key`, and
 * from `forward` in training with dropout but without `rng`
 * @example
 * ```ts
 * const model = nn.mlp([4, 8, 3], { seed: 0, dropout: 0.5 });
 * Object.keys(model.namedParameters()).length; // => 4
 * model.forward(ones([2, 4])).shape; // => [2, 3]
 * ```
 */
export const mlp = (sizes: readonly number[], options: MlpOptions = {}): MLP =>
  new MLP(sizes, options);

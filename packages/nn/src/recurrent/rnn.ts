import type { Tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import {
  knownOfLayer,
  Recurrent,
  type RecurrentOptions,
  requireSequenceOptions,
  type SequenceContext,
} from './recurrent.ts';
import { gruKind, type RnnNonlinearity, rnnKind } from './steps.ts';

/** What a sequence gave: all outputs of the last layer, and what every layer ended with. */
export interface SequenceResult {
  /** `[l, n, directions * h]`, or `[n, l, ..]` with `batchFirst`. */
  readonly output: Tensor;
  /** `[layers * directions, n, h]`; as `h` it continues the sequence. */
  readonly h: Tensor;
}

/** Options of `RNN`. */
export interface RnnOptions extends RecurrentOptions {
  /** @defaultValue 'tanh' */
  readonly nonlinearity?: RnnNonlinearity;
}

const known: OptionNames<RnnOptions> = { ...knownOfLayer, nonlinearity: true };

/**
 * Elman's recurrent layers, `h' = tanh(x W_ih^T + b_ih + h W_hh^T + b_hh)`. Layouts, parameters and their
 * names are PyTorch's. `forward` returns the outputs, `unroll` the final states too.
 *
 * @throws RangeError for sizes that are not integers >= 1 or a dropout outside [0, 1]; ShapeError from
 * `forward` if `x`, `h` or `lengths` do not fit; TypeError in training with dropout but without `rng`
 * @see Elman, "Finding structure in time", Cognitive Science 14 (1990)
 * @example
 * ```ts
 * const layer = new nn.RNN(3, 4, { seed: 0, bidirectional: true });
 * layer.forward(ones([5, 2, 3])).shape; // => [5, 2, 8]
 * Object.keys(layer.stateDict())[4]; // => 'weight_ih_l0_reverse'
 * ```
 */
export class RNN extends Recurrent {
  readonly nonlinearity: RnnNonlinearity;

  constructor(inputSize: number, hiddenSize: number, options: RnnOptions = {}) {
    requireOptions('RNN', options, known);
    const { nonlinearity = 'tanh' } = options;
    super(rnnKind('RNN', nonlinearity), inputSize, hiddenSize, options);
    this.nonlinearity = nonlinearity;
  }

  /** Outputs and final states. */
  unroll(x: Tensor, options: SequenceContext = {}): SequenceResult {
    requireSequenceOptions('RNN.unroll', options);
    const { output, states } = this.sequence(x, [options.h], options);
    return { output, h: states[0]! };
  }
}

/**
 * Gated recurrent units, with the gates `r`, `z`, `n` in that order in the rows of the weights and the
 * reset gate after the product: `n = tanh(x W_in^T + b_in + r (h W_hn^T + b_hn))`,
 * `h' = (1 - z) n + z h`. Layouts, parameters and their names are PyTorch's. (Cho's paper resets before
 * the product and swaps `z` and `1 - z`.)
 *
 * @throws as `RNN`
 * @see Cho, van Merrienboer, Gulcehre, Bahdanau, Bougares, Schwenk & Bengio, "Learning phrase
 * representations using RNN encoder-decoder", EMNLP 2014, arXiv 1406.1078
 * @example
 * ```ts
 * const layer = new nn.GRU(3, 4, { seed: 0, batchFirst: true });
 * const { output, h } = layer.unroll(ones([2, 5, 3]), { lengths: [5, 2] });
 * [output.shape, h.shape]; // => [[2, 5, 4], [1, 2, 4]]
 * ```
 */
export class GRU extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    requireOptions('GRU', options, knownOfLayer);
    super(gruKind('GRU'), inputSize, hiddenSize, options);
  }

  /** Outputs and final states. */
  unroll(x: Tensor, options: SequenceContext = {}): SequenceResult {
    requireSequenceOptions('GRU.unroll', options);
    const { output, states } = this.sequence(x, [options.h], options);
    return { output, h: states[0]! };
  }
}

import type { Cell, Tensor } from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import { requireContext } from '../context.ts';
import {
  knownOfLayer,
  Recurrent,
  type RecurrentOptions,
  requireSequenceOptions,
  type SequenceContext,
} from './recurrent.ts';
import type { SequenceResult } from './rnn.ts';
import { lstmKind } from './steps.ts';

/** What a sequence of an `LSTM` starts from. */
export interface LstmContext extends SequenceContext {
  /** Initial cell states `[layers * directions, n, h]`. @defaultValue zeros */
  readonly c?: Tensor | Cell;
}

/** What a sequence of an `LSTM` gave. */
export interface LstmResult extends SequenceResult {
  /** `[layers * directions, n, h]` */
  readonly c: Tensor;
}

/**
 * Long short-term memory with forget gates and without peepholes, the gates `i`, `f`, `g`, `o` in that
 * order in the rows of the weights: `c' = sigmoid(f) c + sigmoid(i) tanh(g)`,
 * `h' = sigmoid(o) tanh(c')`. Layouts, parameters and their names are PyTorch's. `forward` returns the
 * outputs, `unroll` the final states too.
 *
 * @throws as `RNN`
 * @see Hochreiter & Schmidhuber, "Long short-term memory", Neural Computation 9 (1997)
 * @see Gers, Schmidhuber & Cummins, "Learning to forget", Neural Computation 12 (2000)
 * @example
 * ```ts
 * const layer = new nn.LSTM(3, 4, { seed: 0, numLayers: 2 });
 * const { output, h, c } = layer.unroll(ones([5, 2, 3]));
 * [output.shape, h.shape, c.shape]; // => [[5, 2, 4], [2, 2, 4], [2, 2, 4]]
 * ```
 */
export class LSTM extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    requireOptions('LSTM', options, knownOfLayer);
    super(lstmKind('LSTM'), inputSize, hiddenSize, options);
  }

  override forward(x: Tensor, context: LstmContext = {}): Tensor {
    requireContext(this, context, 'Pass the initial state by name: { h, c }.');
    return this.sequence(x, [context.h, context.c], context).output;
  }

  /** Outputs and final states. */
  unroll(x: Tensor, options: LstmContext = {}): LstmResult {
    requireSequenceOptions('LSTM.unroll', options, { c: true });
    const { output, states } = this.sequence(x, [options.h, options.c], options);
    return { output, h: states[0]!, c: states[1]! };
  }
}

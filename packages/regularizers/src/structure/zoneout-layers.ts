import { type Tensor, zeros } from '@tikhonov/core';
import { asTensor } from '@tikhonov/core/engine';
import {
  childContext,
  type ForwardContext,
  GRU,
  GRUCell,
  LSTM,
  LSTMCell,
  type LstmCellContext,
  type LstmContext,
  RNN,
  RNNCell,
  type SequenceResult,
} from '@tikhonov/nn';
import { type EvaluationForm, type MissingForm, requireContext } from '@tikhonov/nn/engine';
import { Zoned, type ZoneoutRates, zonedStates } from './zoned.ts';

/** A recurrent cell of `nn`. */
export type ZoneoutableCell = RNNCell | GRUCell | LSTMCell;

/**
 * Zoneout around a recurrent cell: the states that it returns are mixed with those that it was given. An
 * `LSTMCell` has a rate for each of its states; its hidden candidate is computed from the cell candidate. Every
 * step needs a key of its own.
 *
 * @throws TypeError for what is no cell of `nn`, and for a rate of cell states where there are none; RangeError for
 *   rates outside [0, 1]; from `forward` as `zoneout` and the cell
 * @see Krueger et al., "Zoneout: Regularizing RNNs by Randomly Preserving Hidden Activations", ICLR 2017, arXiv
 *   1606.01305
 * @example
 * ```ts
 * const cell = new reg.ZoneoutCell(new nn.GRUCell(3, 4, { seed: 0 }), { hidden: 1 });
 * const h = ones([2, 4]);
 * cell.forward(ones([2, 3]), { h, training: true, rng: random.key(1) }).sum().item(); // => 8
 * ```
 */
export class ZoneoutCell extends Zoned<ZoneoutableCell> {
  constructor(layer: ZoneoutableCell, options: ZoneoutRates = {}) {
    super('ZoneoutCell', layer, options, {
      kinds: [RNNCell, GRUCell, LSTMCell],
      names: 'an RNNCell, GRUCell or LSTMCell',
      otherwise: 'Around a whole layer put Zoneout.',
    });
  }

  /** The next hidden state. `[n, in] -> [n, h]`, or `[in] -> [h]`. */
  forward(x: Tensor, context: LstmCellContext = {}): Tensor {
    return this.step(x, context).h;
  }

  /** The next states; `c` of an `LSTMCell` only. */
  step(x: Tensor, context: LstmCellContext = {}): { readonly h: Tensor; readonly c?: Tensor } {
    requireContext(this, context, 'Pass the state by name: { h, c }.');
    const next = this.#candidates(x, context);
    const before = next.map((state, k) => {
      const given = k === 0 ? context.h : context.c;
      return given === undefined
        ? zeros(state.shape, { dtype: state.dtype })
        : asTensor(given, 'ZoneoutCell');
    });
    const [h, c] = zonedStates(this, before, next, context, 'cell');
    return c === undefined ? { h: h! } : { h: h!, c };
  }

  /** What the cell itself makes of the states. */
  #candidates(x: Tensor, context: LstmCellContext): readonly Tensor[] {
    const { layer } = this;
    const hidden = context.h === undefined ? {} : { h: context.h };
    if (!(layer instanceof LSTMCell)) return [layer.forward(x, hidden)];
    const { h, c } = layer.step(x, context.c === undefined ? hidden : { ...hidden, c: context.c });
    return [h, c];
  }
}

/** A recurrent layer of `nn`. */
export type ZoneoutableLayer = RNN | GRU | LSTM;

/** What a sequence gave. */
export interface ZoneoutResult extends SequenceResult {
  /** Of an `LSTM`, the cell states that every layer ended with, `[layers * directions, n, h]`. */
  readonly c?: Tensor;
}

/**
 * Zoneout within a recurrent layer: between any two steps, in every layer and direction, with draws of its own for
 * each step. Parameters keep their names behind `layer`, as in `layer.weight_ih_l0`.
 *
 * @throws TypeError for what is no recurrent layer of `nn`, and for a rate of cell states where there are none;
 *   RangeError for rates outside [0, 1]; from `forward` as the layer, and TypeError in training without `rng`
 * @see Krueger et al., "Zoneout: Regularizing RNNs by Randomly Preserving Hidden Activations", ICLR 2017, arXiv
 *   1606.01305
 * @example
 * ```ts
 * const layer = new reg.Zoneout(new nn.LSTM(3, 4, { seed: 0 }), { hidden: 0.05, cell: 0.5 });
 * layer.forward(ones([5, 2, 3]), { training: true, rng: random.key(1) }).shape; // => [5, 2, 4]
 * layer.unroll(ones([5, 2, 3])).h.shape; // => [1, 2, 4]
 * ```
 */
export class Zoneout extends Zoned<ZoneoutableLayer> implements EvaluationForm {
  constructor(layer: ZoneoutableLayer, options: ZoneoutRates = {}) {
    super('Zoneout', layer, options, {
      kinds: [RNN, GRU, LSTM],
      names: 'an RNN, GRU or LSTM',
      otherwise: 'Around a single cell put ZoneoutCell.',
    });
  }

  /** The outputs of the last layer for every step. */
  forward(x: Tensor, context: LstmContext = {}): Tensor {
    return this.unroll(x, context).output;
  }

  /** Outputs and final states. */
  unroll(x: Tensor, context: LstmContext = {}): ZoneoutResult {
    requireContext(this, context, 'Pass the initial state by name: { h, c }.');
    const own = childContext<ForwardContext>(context, 'zoneout');
    const { output, states } = this.layer.sequence(
      x,
      [context.h, context.c],
      childContext(context, 'layer'),
      (next, before, step) => zonedStates(this, before, next, own, step),
    );
    const [h, c] = states;
    return c === undefined ? { output, h: h! } : { output, h: h!, c };
  }

  /** The plain layer if no rate is above 0; else `null`, as its evaluation mixes the states of two steps. */
  inEvaluation(): ZoneoutableLayer | null {
    return this.hidden === 0 && (this.cell ?? 0) === 0 ? this.layer : null;
  }

  /** Of rates above 0. */
  withoutForm(): MissingForm {
    return {
      why: 'in evaluation it mixes the states of two steps, for which there is no plain layer.',
      instead:
        'Export the plain recurrent layer in it, its field layer, which takes the new states alone; its outputs differ.',
    };
  }
}

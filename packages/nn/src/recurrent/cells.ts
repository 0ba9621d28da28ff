import {
  type Cell,
  expandDims,
  type Parameter,
  ShapeError,
  squeeze,
  Tensor,
  zeros,
} from '@tikhonov/core';
import {
  asTensor,
  kindOf,
  type OptionNames,
  requireOptions,
  showShape,
} from '@tikhonov/core/engine';
import { type ForwardContext, requireContext } from '../context.ts';
import { initialKey, requireSize } from '../keys.ts';
import { linear } from '../linear.ts';
import { Module } from '../module.ts';
import {
  type DirectionParameters,
  directionParameters,
  knownOfCell,
  prepared,
  type RecurrentCellOptions,
} from './parameters.ts';
import { gruKind, lstmKind, type RecurrentKind, type RnnNonlinearity, rnnKind } from './steps.ts';

/** The state that a cell starts from, beside the context of every `forward`. */
export interface CellContext extends ForwardContext {
  /** `[n, h]`, or `[h]` for a single input. @defaultValue zeros */
  readonly h?: Tensor | Cell;
}

/** What the cells have in common: one step of one layer. */
export abstract class RecurrentCell extends Module {
  /** `[gates * hiddenSize, inputSize]`; `weight_ih` in states. */
  readonly weightIh: Parameter;
  /** `[gates * hiddenSize, hiddenSize]`; `weight_hh` in states. */
  readonly weightHh: Parameter;
  /** `[gates * hiddenSize]`; `bias_ih` in states. */
  readonly biasIh: Parameter | null;
  /** `[gates * hiddenSize]`; `bias_hh` in states. */
  readonly biasHh: Parameter | null;
  readonly inputSize: number;
  readonly hiddenSize: number;

  readonly #kind: RecurrentKind;

  protected constructor(
    kind: RecurrentKind,
    inputSize: number,
    hiddenSize: number,
    options: RecurrentCellOptions,
  ) {
    super();
    requireSize(kind.name, 'inputSize', inputSize);
    requireSize(kind.name, 'hiddenSize', hiddenSize);
    const key = initialKey(kind.name, options);
    const made: DirectionParameters = directionParameters(
      kind,
      inputSize,
      hiddenSize,
      key,
      options,
      '',
    );
    this.weightIh = made.weightIh;
    this.weightHh = made.weightHh;
    this.biasIh = made.biasIh;
    this.biasHh = made.biasHh;
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.#kind = kind;
  }

  override get stateNames(): Readonly<Record<string, string>> {
    return {
      weightIh: 'weight_ih',
      weightHh: 'weight_hh',
      biasIh: 'bias_ih',
      biasHh: 'bias_hh',
    };
  }

  override describe(): string {
    return `${this.#kind.name}(${this.inputSize} -> ${this.hiddenSize})`;
  }

  /** The next hidden state. `[n, in] -> [n, h]`, or `[in] -> [h]`. */
  forward(x: Tensor, context: CellContext = {}): Tensor {
    requireContext(this, context, 'Pass the state by name: { h }.');
    return this.next(x, [context.h])[0]!;
  }

  protected next(x: Tensor, given: readonly (Tensor | Cell | undefined)[]): readonly Tensor[] {
    const { inputSize, hiddenSize } = this;
    const { name, step, states: count } = this.#kind;
    if (!(x instanceof Tensor) || (x.rank !== 1 && x.rank !== 2) || x.shape.at(-1) !== inputSize) {
      const seen = x instanceof Tensor ? showShape(x.shape) : kindOf(x);
      throw new ShapeError(`${name}: x must be [n, ${inputSize}] or [${inputSize}], got ${seen}.`);
    }
    const single = x.rank === 1;
    const want = single ? [hiddenSize] : [x.shape[0]!, hiddenSize];
    const states = Array.from({ length: count }, (_, k) => {
      const state = given[k];
      if (state === undefined)
        return zeros([single ? 1 : x.shape[0]!, hiddenSize], { dtype: x.dtype });
      const value = asTensor(state);
      if (showShape(value.shape) !== showShape(want)) {
        throw new ShapeError(
          `${name}: ${k === 0 ? 'h' : 'c'} must be ${showShape(want)}, got ${showShape(value.shape)}.`,
        );
      }
      return single ? expandDims(value, 0) : value;
    });
    const { weightIh, biasIh, hh } = prepared(this.#kind, this);
    const input = linear(single ? expandDims(x, 0) : x, weightIh, biasIh);
    const next = step(input, states, hh);
    return single ? next.map((state) => squeeze(state, 0)) : next;
  }
}

/** Options of `RNNCell`. */
export interface RnnCellOptions extends RecurrentCellOptions {
  /** @defaultValue 'tanh' */
  readonly nonlinearity?: RnnNonlinearity;
}

const knownOfRnnCell: OptionNames<RnnCellOptions> = { ...knownOfCell, nonlinearity: true };

/**
 * One step of an `RNN` layer; see there.
 *
 * @example
 * ```ts
 * const cell = new nn.RNNCell(3, 4, { seed: 0 });
 * const h = cell.forward(ones([2, 3]));
 * cell.forward(ones([2, 3]), { h }).shape; // => [2, 4]
 * ```
 */
export class RNNCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: RnnCellOptions = {}) {
    requireOptions('RNNCell', options, knownOfRnnCell);
    super(rnnKind('RNNCell', options.nonlinearity ?? 'tanh'), inputSize, hiddenSize, options);
  }
}

/**
 * One step of a `GRU` layer; see there.
 *
 * @example
 * ```ts
 * new nn.GRUCell(3, 4, { seed: 0 }).forward(ones([3])).shape; // => [4]
 * ```
 */
export class GRUCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentCellOptions = {}) {
    requireOptions('GRUCell', options, knownOfCell);
    super(gruKind('GRUCell'), inputSize, hiddenSize, options);
  }
}

/** The state that an `LSTMCell` starts from. */
export interface LstmCellContext extends CellContext {
  /** `[n, h]`, or `[h]` for a single input. @defaultValue zeros */
  readonly c?: Tensor | Cell;
}

/**
 * One step of an `LSTM` layer; see there. `forward` returns the hidden state, `step` the cell state too.
 *
 * @example
 * ```ts
 * const cell = new nn.LSTMCell(3, 4, { seed: 0 });
 * const state = cell.step(ones([2, 3]));
 * cell.step(ones([2, 3]), state).c.shape; // => [2, 4]
 * ```
 */
export class LSTMCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentCellOptions = {}) {
    requireOptions('LSTMCell', options, knownOfCell);
    super(lstmKind('LSTMCell'), inputSize, hiddenSize, options);
  }

  override forward(x: Tensor, context: LstmCellContext = {}): Tensor {
    requireContext(this, context, 'Pass the state by name: { h, c }.');
    return this.next(x, [context.h, context.c])[0]!;
  }

  /** The next hidden and cell states. */
  step(
    x: Tensor,
    state: { readonly h?: Tensor | Cell; readonly c?: Tensor | Cell } = {},
  ): { readonly h: Tensor; readonly c: Tensor } {
    const [h, c] = this.next(x, [state.h, state.c]);
    return { h: h!, c: c! };
  }
}

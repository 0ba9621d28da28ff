import {
  type Cell,
  concat,
  DTypeError,
  expandDims,
  greater,
  greaterEqual,
  isFloating,
  lessEqual,
  logicalAnd,
  type Parameter,
  permute,
  type Shape,
  ShapeError,
  squeeze,
  stack,
  Tensor,
  tensor,
  unbind,
  where,
  zeros,
} from '@tikhonov/core';
import {
  asTensor,
  check,
  kindOf,
  type OptionNames,
  requireOptions,
  showShape,
} from '@tikhonov/core/engine';
import { childContext, type ForwardContext, requireContext } from '../context.ts';
import { dropout } from '../dropout.ts';
import { initialKey, requireSize } from '../keys.ts';
import { linear } from '../linear.ts';
import { Module } from '../module.ts';
import { type Strength, unitStrength } from '../strength.ts';
import {
  type DirectionParameters,
  directionParameters,
  knownOfCell,
  prepared,
  type RecurrentCellOptions,
} from './parameters.ts';
import type { RecurrentKind } from './steps.ts';

/** Options of `RNN`, `GRU` and `LSTM`. One of `key` and `seed` is needed. */
export interface RecurrentOptions extends RecurrentCellOptions {
  /** Layers on top of each other. @defaultValue 1 */
  readonly numLayers?: number;
  /** Whether `x` and the output are `[n, l, ..]` instead of `[l, n, ..]`. @defaultValue false, as PyTorch */
  readonly batchFirst?: boolean;
  /** Probability of dropping an output of every layer but the last, in training. @defaultValue 0 */
  readonly dropout?: Strength;
  /** Whether a second set of weights reads the sequence backwards. @defaultValue false */
  readonly bidirectional?: boolean;
}

/** The options of a layer by name. */
export const knownOfLayer: OptionNames<RecurrentOptions> = {
  ...knownOfCell,
  numLayers: true,
  batchFirst: 'boolean',
  dropout: true,
  bidirectional: 'boolean',
};

/** What a sequence starts from and how long it is, beside the context of every `forward`. */
export interface SequenceContext extends ForwardContext {
  /** Initial hidden states `[layers * directions, n, h]`. @defaultValue zeros */
  readonly h?: Tensor | Cell;
  /**
   * Number of steps of each sequence, `[n]`, integers in `[0, l]`: what lies behind is padding. It changes
   * no state, its output is 0, and the backward direction starts before it (PyTorch's packed sequences).
   * @defaultValue all of `l`
   */
  readonly lengths?: Tensor | readonly number[];
}

/**
 * Makes the states `[n, h]` that a step ends with of those that it computed and those before it.
 *
 * @param step  its name within the call: layer, direction and time
 */
export type StateRule = (
  next: readonly Tensor[],
  before: readonly Tensor[],
  step: string,
) => readonly Tensor[];

/** What `RNN`, `GRU` and `LSTM` have in common: layers, directions, layouts, initial states. */
export abstract class Recurrent extends Module {
  /** `weightIhL0`, `weightHhL0`, ..., with the suffix `Reverse`; `weight_ih_l0` and so on in states. */
  readonly [weight: `weight${string}`]: Parameter;
  /** `[gates * hiddenSize, inputSize]` */
  declare readonly weightIhL0: Parameter;
  /** `[gates * hiddenSize, hiddenSize]` */
  declare readonly weightHhL0: Parameter;
  /** `biasIhL0`, `biasHhL0`, ..., with the suffix `Reverse`; `bias_ih_l0` and so on in states. */
  readonly [bias: `bias${string}`]: Parameter;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly batchFirst: boolean;
  readonly bidirectional: boolean;
  /** If it is a cell, it is part of the module's state. */
  readonly dropout: Strength;

  readonly #kind: RecurrentKind;
  /** By layer, then direction. */
  readonly #directions: readonly (readonly DirectionParameters[])[];
  readonly #names: Readonly<Record<string, string>>;

  protected constructor(
    kind: RecurrentKind,
    inputSize: number,
    hiddenSize: number,
    options: RecurrentOptions,
  ) {
    super();
    requireSize(kind.name, 'inputSize', inputSize);
    requireSize(kind.name, 'hiddenSize', hiddenSize);
    const { numLayers = 1, batchFirst = false, bidirectional = false } = options;
    const key = initialKey(kind.name, options);
    requireSize(kind.name, 'numLayers', numLayers);
    this.dropout = options.dropout ?? 0;
    unitStrength(kind.name, 'dropout', this.dropout, { closed: true });
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = numLayers;
    this.batchFirst = batchFirst;
    this.bidirectional = bidirectional;
    this.#kind = kind;
    const names: Record<string, string> = {};
    const own: Record<string, Parameter> = {};
    this.#directions = Array.from({ length: numLayers }, (_, layer) => {
      const inputs = layer === 0 ? inputSize : hiddenSize * (bidirectional ? 2 : 1);
      return (bidirectional ? ['', '_reverse'] : ['']).map((reverse) => {
        const suffix = `_l${layer}${reverse}`;
        const made = directionParameters(kind, inputs, hiddenSize, key, options, suffix);
        for (const [stem, cell] of Object.entries(made)) {
          if (cell === null) continue;
          const property = `${stem}L${layer}${reverse === '' ? '' : 'Reverse'}`;
          own[property] = cell;
          names[property] = cell.name;
        }
        return made;
      });
    });
    this.#names = names;
    Object.assign(this, own);
  }

  override get stateNames(): Readonly<Record<string, string>> {
    return this.#names;
  }

  override describe(): string {
    return `${this.#kind.name}(${this.inputSize} -> ${this.hiddenSize})`;
  }

  /** The outputs of the last layer for every step. */
  forward(x: Tensor, context: SequenceContext = {}): Tensor {
    requireContext(this, context, 'Pass the initial state by name: { h }.');
    return this.sequence(x, [context.h], context).output;
  }

  /**
   * Outputs and final states for initial ones. For layers around this one; users call `forward` and `unroll`.
   *
   * @param rule  what becomes of the states of every step. @defaultValue they stay as the step gave them
   */
  sequence(
    x: Tensor,
    initial: readonly (Tensor | Cell | undefined)[],
    context: SequenceContext,
    rule: StateRule = (next) => next,
  ): { readonly output: Tensor; readonly states: readonly Tensor[] } {
    const { steps, batched } = this.#timeMajor(x);
    const [length, n] = steps.shape as readonly [number, number, number];
    const starts = Array.from({ length: this.#kind.states }, (_, k) =>
      this.#initial(k === 0 ? 'h' : 'c', initial[k], x, n, batched),
    );
    const valid = this.#valid(context.lengths, length, n, batched);
    const finals: Tensor[][] = starts.map(() => []);
    let below = steps;
    for (const [layer, directions] of this.#directions.entries()) {
      const outputs = directions.map((parameters, d) => {
        const at = layer * directions.length + d;
        const states = starts.map((state) => state[at]!);
        const own: StateRule = (next, before, step) => rule(next, before, `${layer}.${d}.${step}`);
        const run = this.#direction(below, parameters, states, valid, d === 1, own);
        for (const [k, state] of run.states.entries()) finals[k]!.push(state);
        return run.output;
      });
      const joined = outputs.length === 1 ? outputs[0]! : concat(outputs, { axis: -1 });
      below = layer === this.numLayers - 1 ? joined : this.#dropped(joined, layer, context);
    }
    const output = batched ? this.#userMajor(below) : squeeze(below, 1);
    const states = finals.map((list) => {
      const all = stack(list);
      return batched ? all : squeeze(all, 1);
    });
    return { output, states };
  }

  /** One direction of one layer over all steps. */
  #direction(
    x: Tensor,
    parameters: DirectionParameters,
    initial: readonly Tensor[],
    valid: readonly Tensor[] | null,
    backwards: boolean,
    rule: StateRule,
  ): { readonly output: Tensor; readonly states: readonly Tensor[] } {
    const { step } = this.#kind;
    const { weightIh, biasIh, hh } = prepared(this.#kind, parameters);
    // The inputs of all steps at once: one large product instead of many small ones.
    const inputs = unbind(linear(x, weightIh, biasIh));
    const outputs = new Array<Tensor>(inputs.length);
    let states = initial;
    for (let i = 0; i < inputs.length; i++) {
      const t = backwards ? inputs.length - 1 - i : i;
      const next = rule(step(inputs[t]!, states, hh), states, String(t));
      const mask = valid?.[t];
      states = mask === undefined ? next : next.map((s, k) => where(mask, s, states[k]!));
      outputs[t] = mask === undefined ? next[0]! : where(mask, next[0]!, 0);
    }
    return { output: stack(outputs), states };
  }

  #dropped(x: Tensor, layer: number, context: ForwardContext): Tensor {
    if (this.dropout === 0) return x;
    const { training = false, rng } = childContext(context, `dropout.${layer}`);
    return dropout(x, { p: this.dropout, training, ...(rng === undefined ? {} : { rng }) });
  }

  /** `[l, n, in]` of whatever layout. */
  #timeMajor(x: Tensor): { readonly steps: Tensor; readonly batched: boolean } {
    const { inputSize, batchFirst } = this;
    const label = this.describe();
    if (!(x instanceof Tensor)) {
      throw new TypeError(`${label}: x must be a Tensor, got ${kindOf(x)}.`);
    }
    const layout = batchFirst ? '[n, l, in]' : '[l, n, in]';
    if ((x.rank !== 2 && x.rank !== 3) || x.shape.at(-1) !== inputSize) {
      throw new ShapeError(
        `${label}: x must be ${layout} or [l, in] with in = ${inputSize}, got ${showShape(x.shape)}.`,
      );
    }
    if (!isFloating(x.dtype)) {
      throw new DTypeError(
        `${label}: x must be floating, got ${x.dtype}.\n  Cast with astype('float32').`,
      );
    }
    const batched = x.rank === 3;
    const steps = batched ? this.#userMajor(x) : expandDims(x, 1);
    if (steps.shape[0] === 0) {
      throw new ShapeError(`${label}: the sequence is empty: ${showShape(x.shape)} as ${layout}.`);
    }
    return { steps, batched };
  }

  /** Swaps time and batch if the batch comes first for the user; its own inverse. */
  #userMajor(x: Tensor): Tensor {
    return this.batchFirst ? permute(x, [1, 0, 2]) : x;
  }

  /** One `[n, h]` per layer and direction. */
  #initial(
    what: string,
    given: Tensor | Cell | undefined,
    x: Tensor,
    n: number,
    batched: boolean,
  ): readonly Tensor[] {
    const count = this.numLayers * (this.bidirectional ? 2 : 1);
    const { hiddenSize } = this;
    if (given === undefined) {
      const zero = zeros([n, hiddenSize], { dtype: x.dtype });
      return new Array<Tensor>(count).fill(zero);
    }
    const state = asTensor(given);
    const want: Shape = batched ? [count, n, hiddenSize] : [count, hiddenSize];
    if (showShape(state.shape) !== showShape(want)) {
      throw new ShapeError(
        `${this.#kind.name}: ${what} must be ${showShape(want)} (layers * directions, ${batched ? 'n, ' : ''}h), got ${showShape(state.shape)}.`,
      );
    }
    return unbind(batched ? state : expandDims(state, 1));
  }

  /** Per step, `[n, 1]`: which sequences still last. */
  #valid(
    lengths: Tensor | readonly number[] | undefined,
    length: number,
    n: number,
    batched: boolean,
  ): readonly Tensor[] | null {
    if (lengths === undefined) return null;
    const { name } = this.#kind;
    const counts = lengths instanceof Tensor ? lengths : tensor(lengths, { dtype: 'int32' });
    if (counts.dtype !== 'int32' && counts.dtype !== 'uint32') {
      throw new DTypeError(`${name}: lengths must be int32 or uint32, got ${counts.dtype}.`);
    }
    if (!batched || counts.rank !== 1 || counts.shape[0] !== n) {
      throw new ShapeError(
        batched
          ? `${name}: lengths must be [${n}], one per sequence, got ${showShape(counts.shape)}.`
          : `${name}: lengths are for batches; cut a single sequence with slice.`,
      );
    }
    check(
      logicalAnd(greaterEqual(counts, 0), lessEqual(counts, length)),
      () => new RangeError(`${name}: lengths must be in [0, ${length}], got ${String(counts)}.`),
    );
    return Array.from({ length }, (_, t) => expandDims(greater(counts, t), 1));
  }
}

/** Throws for options that a call does not take. */
export const requireSequenceOptions = (
  name: string,
  options: SequenceContext,
  more: Readonly<Record<string, true>> = {},
): void =>
  requireOptions<SequenceContext>(name, options, {
    training: 'boolean',
    rng: true,
    updateState: 'boolean',
    h: true,
    lengths: true,
    ...more,
  });

import { add, type DType, type Parameter, type Tensor, transpose } from '@tikhonov/core';
import type { OptionNames } from '@tikhonov/core/engine';
import { draw, type Initializer, uniformInit } from '../initializers.ts';
import type { KeySource } from '../keys.ts';
import type { RecurrentKind, RecurrentWeights } from './steps.ts';

/** Options that recurrent layers and cells have in common. One of `key` and `seed` is needed. */
export interface RecurrentCellOptions extends KeySource {
  /** Whether there are biases. @defaultValue true */
  readonly bias?: boolean;
  /** @defaultValue 'float32' */
  readonly dtype?: DType;
  /** Of the weights of the input. @defaultValue `U(-1 / sqrt(hiddenSize), 1 / sqrt(hiddenSize))`, as PyTorch */
  readonly weightIhInit?: Initializer;
  /** Of the recurrent weights, for example `init.orthogonal`. @defaultValue as `weightIhInit` */
  readonly weightHhInit?: Initializer;
  /** Of both biases. @defaultValue as `weightIhInit` */
  readonly biasInit?: Initializer;
}

/** The options of a cell by name. */
export const knownOfCell: OptionNames<RecurrentCellOptions> = {
  seed: true,
  key: true,
  bias: 'boolean',
  dtype: true,
  weightIhInit: true,
  weightHhInit: true,
  biasInit: true,
};

/** The parameters of one direction of one layer. */
export interface DirectionParameters {
  /** `[gates * hiddenSize, inputs]` */
  readonly weightIh: Parameter;
  /** `[gates * hiddenSize, hiddenSize]` */
  readonly weightHh: Parameter;
  /** `[gates * hiddenSize]` */
  readonly biasIh: Parameter | null;
  /** `[gates * hiddenSize]` */
  readonly biasHh: Parameter | null;
}

/** Draws the parameters of one direction; each has a key of its own, `key` with its name folded in. */
export function directionParameters(
  kind: RecurrentKind,
  inputs: number,
  hiddenSize: number,
  key: Tensor,
  options: RecurrentCellOptions,
  suffix: string,
): DirectionParameters {
  const { dtype = 'float32', bias = true } = options;
  const plain = uniformInit(1 / Math.sqrt(hiddenSize));
  const { weightIhInit = plain, weightHhInit = plain, biasInit = plain } = options;
  const drawn = (stem: string, init: Initializer, shape: readonly number[]): Parameter =>
    draw(kind.name, key, `${stem}${suffix}`, init, shape, dtype);
  const rows = kind.gates * hiddenSize;
  return {
    weightIh: drawn('weight_ih', weightIhInit, [rows, inputs]),
    weightHh: drawn('weight_hh', weightHhInit, [rows, hiddenSize]),
    biasIh: bias ? drawn('bias_ih', biasInit, [rows]) : null,
    biasHh: bias ? drawn('bias_hh', biasInit, [rows]) : null,
  };
}

/** What the steps and the projection of the inputs need of a direction's parameters. */
export function prepared(
  kind: RecurrentKind,
  { weightIh, weightHh, biasIh, biasHh }: DirectionParameters,
): {
  readonly weightIh: Tensor;
  readonly biasIh: Tensor | undefined;
  readonly hh: RecurrentWeights;
} {
  const weight = transpose(weightHh.read());
  const [ofInput, ofState] = [biasIh?.read(), biasHh?.read()];
  if (ofInput === undefined || ofState === undefined) {
    return { weightIh: weightIh.read(), biasIh: undefined, hh: { weight, bias: null } };
  }
  return kind.joinsBiases
    ? { weightIh: weightIh.read(), biasIh: add(ofInput, ofState), hh: { weight, bias: null } }
    : { weightIh: weightIh.read(), biasIh: ofInput, hh: { weight, bias: ofState } };
}

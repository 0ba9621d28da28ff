import type { Cell, DType, Tensor } from '@tikhonov/core';
import type { Payload } from '@tikhonov/core/engine';
import type { LayerLike, Module } from '@tikhonov/nn';
import type { LayerClass } from './layer-class.ts';
import type { OnnxAttributes } from './proto.ts';
import type { OnnxDType, OnnxValue, Trials } from './values.ts';

/** What is known of a node's output. */
export interface OnnxResult {
  /** @defaultValue as the first input's */
  readonly dtype?: OnnxDType;
  /**
   * Its sizes in both trials. They count if the output goes into `layer`, `trace`, `reshape` or `slice`;
   * what an exporter returns gets those of the layer's own output.
   * @defaultValue those that the inputs broadcast to, or else the first input's
   */
  readonly trials?: Trials;
}

/** Where a function slices, per axis. */
export interface OnnxSlice {
  readonly starts: readonly number[];
  readonly stops: readonly number[];
  readonly steps: readonly number[];
}

/** Makes the nodes and stored tensors of one layer. */
export interface OnnxScope {
  /** The layer's name in the model, as in `namedModules()`. */
  readonly path: string;
  /** The version of the standard operators that the file is written for. */
  readonly opset: number;
  /** The type of all floating values in the file. */
  readonly dtype: 'float32' | 'float64';
  /** Whether attention looks backwards only. */
  readonly isCausal: boolean;
  /** The sizes of the layer's output in both trials. */
  readonly output: Trials;

  /**
   * A node of one output.
   *
   * @param type  the operator's name, such as `'Relu'`
   * @param inputs  `null` leaves an optional one out
   * @param attributes  numbers are integers; others are `{ float: 0.5 }`
   */
  op(
    type: string,
    inputs: readonly (OnnxValue | null)[],
    attributes?: OnnxAttributes,
    result?: OnnxResult,
  ): OnnxValue;
  /** A node with an output for each of `results`. */
  ops(
    type: string,
    inputs: readonly (OnnxValue | null)[],
    attributes: OnnxAttributes,
    results: readonly OnnxResult[],
  ): readonly OnnxValue[];
  /** A parameter, or another cell of the model, stored under its name in `stateDict()`. */
  parameter(cell: Cell): OnnxValue;
  /** Numbers that belong to no cell; floating ones in the file's type. */
  constant(values: readonly number[], dims: readonly number[], dtype: OnnxDType): OnnxValue;
  /** A floating scalar. */
  number(value: number): OnnxValue;
  /** A list of int64: axes, shapes. */
  integers(values: readonly number[]): OnnxValue;
  /** A stored tensor under the layer's path and a name: a parameter in another order, for example. */
  stored(name: string, value: Tensor): OnnxValue;
  /** A layer, or a function of a tensor, under a name in this one. */
  layer(name: string, part: LayerLike, x: OnnxValue): OnnxValue;
  /** A layer as layers of that class are written: for a subclass that computes the same. */
  as<Layer extends Module>(layerClass: LayerClass<Layer>, layer: Layer, x: OnnxValue): OnnxValue;
  /** The operations that a function of a tensor runs. */
  trace(f: (x: Tensor) => Tensor, x: OnnxValue): OnnxValue;
  /** The value in another dtype. */
  cast(x: OnnxValue, dtype: OnnxDType): OnnxValue;
  /** The value under other sizes, of which at most one may vary in a new way. */
  reshape(x: OnnxValue, trials: Trials): OnnxValue;
  /**
   * A number that is one thing in the first trial and another in the second, if it is a multiple of sizes
   * of the layer's input that vary.
   */
  count(first: number, second: number, dtype: DType): OnnxValue | undefined;
  /** The value repeated along axes of size 1; a size that varies must be one of the layer's input. */
  expand(x: OnnxValue, trials: Trials): OnnxValue;
  /** A slice, of axes of fixed size, or up to the end of others. */
  slice(x: OnnxValue, slices: readonly [OnnxSlice, OnnxSlice], trials: Trials): OnnxValue;
  /** A reduction over axes, which stay with size 1. */
  reduce(
    type: 'ReduceSum' | 'ReduceMax' | 'ReduceMean',
    x: OnnxValue,
    axes: readonly number[],
    trials: Trials,
  ): OnnxValue;
  /** The value with an axis of size 1 more. */
  unsqueeze(x: OnnxValue, axis: number): OnnxValue;
  /** The value without an axis of size 1. */
  squeeze(x: OnnxValue, axis: number): OnnxValue;
  /** @internal The cell that a constant of a recorded function is the value of. */
  cellOf(payload: Payload): Cell | undefined;
  /** Throws an `OnnxExportError` that names the layer, says what is wrong and what to do. */
  fail(what: string, hint: string): never;
}

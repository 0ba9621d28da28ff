import type { Cell, DType, Shape } from '@tikhonov/core';
import type { AnyPrimitive, Aval, View } from '@tikhonov/core/engine';

/** A tensor of a program: its shape and dtype are known, its elements are not. */
export interface Value extends Aval {
  readonly id: number;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One operation of a program. */
export interface Equation {
  readonly primitive: AnyPrimitive;
  readonly inputs: readonly Value[];
  readonly attrs: unknown;
  readonly outputs: readonly Value[];
}

/** A value with the elements it always has. */
export interface Constant {
  readonly value: Value;
  readonly view: View;
}

/** A cell, and the value that it has before the program, or gets from it. */
export interface State {
  readonly cell: Cell;
  readonly value: Value;
}

/**
 * A program without control flow: values are made by what comes before them. Cells that it reads are
 * hidden inputs, those that it writes hidden results.
 */
export interface Graph {
  readonly inputs: readonly Value[];
  readonly reads: readonly State[];
  readonly constants: readonly Constant[];
  readonly equations: readonly Equation[];
  readonly results: readonly Value[];
  readonly writes: readonly State[];
}

/** Every value that leaves the program. */
export const resultsOf = (graph: Graph): readonly Value[] => [
  ...graph.results,
  ...graph.writes.map(({ value }) => value),
];

import type { Cell, Parameter } from '@tikhonov/core';
import type { Region, Value } from '@tikhonov/core/engine';

export type { Constant, Equation, Region, Value } from '@tikhonov/core/engine';

/** A cell, and the value that it has before the program, or gets from it. */
export interface State {
  readonly cell: Cell;
  readonly value: Value;
}

/** Whether a parameter has a gradient: so it must be before the program, and so it is after it. */
export interface GradState {
  readonly parameter: Parameter;
  readonly before: boolean;
  readonly after: boolean;
}

/**
 * A program: values are made by what comes before them. Cells that it reads are hidden inputs, those that
 * it writes hidden results. Control flow is within equations, which hold regions (see `regionsOf`).
 */
export interface Graph extends Region {
  readonly reads: readonly State[];
  readonly writes: readonly State[];
  /** The parameters whose gradients the program touches. These themselves are cells like others. */
  readonly grads: readonly GradState[];
}

/** Every value that leaves the program. */
export const resultsOf = (graph: Graph): readonly Value[] => [
  ...graph.results,
  ...graph.writes.map(({ value }) => value),
];

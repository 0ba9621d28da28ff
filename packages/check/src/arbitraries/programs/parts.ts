import type { Cell, Tensor } from '@tikhonov/core';

/** A value that a program starts with, under the number by which steps name it. */
export interface Source {
  readonly ref: number;
  readonly value: Tensor;
  /** Arguments may differ from call to call, constants belong to the function. */
  readonly role: 'argument' | 'constant';
}

/** One call of an operation: what it takes and what it makes, by number. */
export interface Step {
  readonly call: Call;
  readonly operands: readonly number[];
  readonly results: readonly number[];
}

/** An operation with everything but tensors bound. */
export interface Call {
  /** As users name it. */
  readonly name: string;
  readonly apply: (operands: readonly Tensor[], cells: readonly Cell[]) => readonly Tensor[];
  /** Statements, without indentation, that give the results their names. */
  readonly code: (operands: readonly string[], results: readonly string[]) => readonly string[];
  /** Set if it must stay although nothing uses its results: writes, requirements. */
  readonly effect?: true;
  /** The functions that it takes, each with the same call of another one. */
  readonly inner?: readonly { readonly body: Body; readonly with: (body: Body) => Call }[];
}

/** A function without state of its own: numbered parameters, steps, and what it returns. */
export interface Body {
  readonly parameters: readonly number[];
  readonly steps: readonly Step[];
  readonly results: readonly number[];
}

/** What a program consists of. */
export interface ProgramParts {
  readonly sources: readonly Source[];
  /** First values of its cells. */
  readonly cells: readonly Tensor[];
  readonly steps: readonly Step[];
  /** The numbers of the values that it returns. */
  readonly results: readonly number[];
}

import { Cell, type Tensor, tensor } from '@tikhonov/core';
import type { Experiment } from '../../agreement/predict.ts';
import type { Body, ProgramParts, Source, Step } from './parts.ts';
import { printProgram } from './print.ts';

/**
 * A program as data: tensors to start with, cells, steps, results. It can be run, taken apart, made smaller,
 * and prints itself as code.
 */
export class Program implements ProgramParts {
  readonly sources: readonly Source[];
  readonly cells: readonly Tensor[];
  readonly steps: readonly Step[];
  readonly results: readonly number[];

  constructor({ sources, cells, steps, results }: ProgramParts) {
    this.sources = sources;
    this.cells = cells;
    this.steps = steps;
    this.results = results;
  }

  /** The values of its arguments. */
  get arguments(): readonly Tensor[] {
    return this.sources.filter(({ role }) => role === 'argument').map(({ value }) => value);
  }

  /** The program as a function, with new cells. */
  build(): ReturnType<Experiment['build']> {
    const cells = this.cells.map((value, k) => new Cell(value, { name: `c${k}` }));
    const places = this.sources.filter(({ role }) => role === 'argument').map(({ ref }) => ref);
    const constants = this.sources.filter(({ role }) => role === 'constant');
    const f = (...args: Tensor[]): readonly Tensor[] => {
      const values = new Map(constants.map(({ ref, value }) => [ref, value]));
      for (const [k, ref] of places.entries()) values.set(ref, args[k]!);
      runSteps(this.steps, values, cells);
      return this.results.map((ref) => values.get(ref)!);
    };
    return { f, cells };
  }

  /**
   * The program called with its own arguments, and again with their elements shifted by one. One that has
   * cells is then called with its own arguments once more.
   */
  experiment(): Experiment {
    const first = this.arguments;
    const calls = [first, first.map(shifted), ...(this.cells.length > 0 ? [first] : [])];
    return { build: () => this.build(), calls };
  }

  /** The length of the longest chain of steps that each need the one before. */
  get depth(): number {
    const depths = new Map<number, number>();
    let deepest = 0;
    for (const { operands, results } of this.steps) {
      const depth = 1 + Math.max(0, ...operands.map((ref) => depths.get(ref) ?? 0));
      for (const ref of results) depths.set(ref, depth);
      deepest = Math.max(deepest, depth);
    }
    return deepest;
  }

  /** Code that runs, given the exports of `@tikhonov/core` and `@tikhonov/core/engine`. */
  toString(): string {
    return printProgram(this);
  }
}

/** Carries out steps one after the other; `values` gets what they make. */
export function runSteps(
  steps: readonly Step[],
  values: Map<number, Tensor>,
  cells: readonly Cell[],
): void {
  for (const { call, operands, results } of steps) {
    const made = call.apply(
      operands.map((ref) => values.get(ref)!),
      cells,
    );
    for (const [k, ref] of results.entries()) values.set(ref, made[k]!);
  }
}

/** A body as a function of tensors, in a program with the given cells. */
export const functionOf =
  ({ parameters, steps, results }: Body, cells: readonly Cell[]) =>
  (...args: readonly Tensor[]): Tensor[] => {
    const values = new Map(parameters.map((ref, k) => [ref, args[k]!]));
    runSteps(steps, values, cells);
    return results.map((ref) => values.get(ref)!);
  };

/** A dense copy whose elements have moved up by one place. */
function shifted(x: Tensor): Tensor {
  const data = x.data();
  const last = data.slice(-1);
  data.copyWithin(1, 0);
  data.set(last);
  return tensor(data, { shape: x.shape, dtype: x.dtype });
}

import type { View } from '@tikhonov/core/engine';
import type { Equation, Region, Value } from '../graph/graph.ts';
import type { Profile } from '../kernels/gemm/index.ts';
import type { Layout } from '../layout/layout.ts';
import type { Lowerings } from '../lower/lowerings.ts';
import type { Place } from '../schedule/places.ts';
import type { Code } from '../wasm/code.ts';
import type { ModuleWriter } from '../wasm/module.ts';

/** An equation that JavaScript runs, to do what it does or for its error, and where its operands are. */
export interface Call {
  readonly equation: Equation;
  readonly operands: readonly {
    readonly address: number;
    readonly layout: Layout;
    readonly value: Value;
  }[];
  /** Where its results go. */
  readonly results: readonly Slot[];
}

/** A value's place in a program's memory. */
export interface Slot {
  readonly value: Value;
  readonly address: number;
}

/** What all parts of a program share while it is being written. */
export interface Context {
  readonly writer: ModuleWriter;
  readonly profile: Profile;
  readonly lowerings: Lowerings;
  /** Elements that are always there, of the constants that are read. */
  readonly constants: Map<Value, View>;
  /** One line per kernel. */
  readonly kernels: string[];
  /** The imported function that runs the call of a number. */
  readonly host: number | null;
  /** The imported function that is told which kernel has ended. */
  readonly mark: number | null;
  /** The steps of a region within a step. */
  readonly part: (region: Region) => Part;
}

/** The steps of a region. Where its inputs are, and where its results go, is said when it is written. */
export interface Part {
  /** Bytes of memory for what is made in between. */
  readonly bytes: number;
  /**
   * Writes the steps.
   *
   * @param base  where the part's own memory begins
   * @param inputs  addresses of the region's inputs
   * @param results  addresses of what leaves it
   * @param constants  the address of a constant
   */
  emit(
    driver: Driver,
    base: number,
    inputs: readonly number[],
    results: readonly number[],
    constants: (value: Value) => number,
  ): void;
}

/** The function that runs a program, while it is being written. */
export interface Driver {
  readonly code: Code;
  readonly calls: Call[];
}

/** Where a step's operands are. */
export interface Located {
  readonly of: (root: Value) => number;
  readonly scratch: number;
  /** The address of a constant of the program. */
  readonly constants: (value: Value) => number;
}

/** A part of a program that runs at once. */
export interface Step {
  /** The values whose storage it reads, and those that it makes. */
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Bytes that it needs for itself. */
  readonly scratch: number;
  readonly emit: (driver: Driver, at: Located) => void;
}

/** An equation as a call. */
export const callOf = (equation: Equation, operands: readonly Place[], at: Located): Call => ({
  equation,
  operands: operands.map(({ root, layout }, i) => ({
    address: at.of(root),
    layout,
    value: equation.inputs[i]!,
  })),
  results: equation.outputs.map((value) => ({ value, address: at.of(value) })),
});

/** A function of the addresses of inputs, results and scratch. */
export interface Kernel {
  readonly index: number;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly scratch: number;
  readonly text: string;
  /** Set if the function says whether it has failed. */
  readonly failure?: { readonly equation: Equation; readonly operands: readonly Place[] };
}

/** A step that calls a kernel. */
export function kernelStep(context: Context, kernel: Kernel): Step {
  const { index, inputs, outputs, scratch, text, failure } = kernel;
  const done = marking(context, text);
  return {
    inputs,
    outputs,
    scratch,
    emit: (driver, at) => {
      const { code, calls } = driver;
      for (const value of [...inputs, ...outputs]) code.i32(at.of(value));
      if (scratch !== 0) code.i32(at.scratch);
      code.call(index);
      if (failure !== undefined) {
        calls.push(callOf(failure.equation, failure.operands, at));
        const number = calls.length;
        code.if(() => code.i32(number).op('return'));
      }
      done(code);
    },
  };
}

/** A step that JavaScript does. */
export function hostStep(context: Context, equation: Equation, operands: readonly Place[]): Step {
  const { host } = context;
  if (host === null) throw new Error(`internal: nobody runs ${equation.primitive.name}.`);
  const done = marking(context, `${equation.primitive.name}, by its eager kernel`);
  return {
    inputs: operands.map(({ root }) => root),
    outputs: equation.outputs,
    scratch: 0,
    emit: ({ code, calls }, at) => {
      calls.push(callOf(equation, operands, at));
      code.i32(calls.length).call(host);
      done(code);
    },
  };
}

/** Numbers a kernel; what is written after it, so that it can be timed. */
export function marking({ kernels, mark }: Context, text: string): (code: Code) => void {
  const number = kernels.length;
  kernels.push(text);
  return (code) => {
    if (mark !== null) code.i32(number).call(mark);
  };
}

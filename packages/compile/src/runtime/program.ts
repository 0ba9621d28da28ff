import { type Cell, type Tensor, TraceError } from '@tikhonov/core';
import { fromView, isShared } from '@tikhonov/core/engine';
import type { CellSlot, ProgramCode } from '../codegen/program.ts';
import type { Call } from '../codegen/step.ts';
import { type Engine, type EngineReport, type Instance, instantiate } from '../engine/index.ts';
import { CompileError } from '../errors.ts';
import { dense, sizeOf } from '../layout/layout.ts';
import { answerCall, runCall } from './calls.ts';
import { memoryOf } from './memory.ts';
import { Clock, type KernelTime } from './profile.ts';
import { Resident, type Turn } from './resident.ts';
import { readElements, writeView } from './transfer.ts';

/** A compiled program with its memory. */
export class Program {
  readonly code: ProgramCode;
  readonly #memory: WebAssembly.Memory;
  readonly #turn: Turn = { now: 0 };
  readonly #runs: readonly (() => number)[];
  readonly #clock: Clock | null;
  readonly #engine: Engine;
  readonly #instance: Instance;
  readonly #reads: readonly Resident[];
  readonly #writes: readonly Resident[];
  /** What was copied in last; tensors do not change. */
  readonly #given: (Tensor | null)[];

  /**
   * @param timed  whether the code tells which kernels have ended, so that they are timed
   * @param engine  how the engine builds the code
   */
  constructor(code: ProgramCode, timed: boolean, engine: Engine) {
    this.code = code;
    this.#engine = engine;
    this.#clock = timed ? new Clock(code.kernels) : null;
    const memory = memoryOf(code.pages);
    this.#memory = memory;
    const host = (number: number): void => answerCall(memory, code.calls[number - 1]!);
    const mark = (kernel: number): void => this.#clock?.mark(kernel);
    this.#instance = instantiate(code.bytes, { memory, host, mark }, engine.switches);
    const { run0, run1 } = this.#instance.functions;
    this.#runs = [run0!, run1 ?? run0!];
    for (const { view, address } of code.constants) writeView(memory, address, view);
    const residents = new Map<Cell, Resident>();
    const resident = (slot: CellSlot): Resident => {
      const known = residents.get(slot.cell) ?? new Resident(memory, this.#turn, slot);
      residents.set(slot.cell, known);
      return known;
    };
    this.#reads = code.reads.map(resident);
    this.#writes = code.writes.map(resident);
    this.#given = code.inputs.map(() => null);
  }

  /** Bytes of memory. */
  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** What it uses of the engine. */
  get engine(): EngineReport {
    const { report } = this.#engine;
    const problem = this.#instance.problem();
    if (problem === null) return report;
    return { ...report, wide: false, eagerTier: false, reason: problem };
  }

  /** Time by kernel, if the program is timed. */
  get times(): readonly KernelTime[] | null {
    return this.#clock?.times ?? null;
  }

  /** Whether cells still are of the dtypes that it was made for. */
  get fits(): boolean {
    const { reads, writes } = this.code;
    const isSame = ({ cell, dtype }: CellSlot): boolean => cell.dtype === dtype;
    return reads.every(isSame) && writes.every(isSame);
  }

  /** One call: the results, as tensors of their own. Cells hold what the program wrote. */
  call(tensors: readonly Tensor[]): Tensor[] {
    const { inputs, results, calls } = this.code;
    for (const cell of this.#reads) cell.pull();
    for (let i = 0; i < inputs.length; i++) {
      const x = tensors[i]!;
      // What others may have written to is copied again.
      if (this.#given[i] === x && !isShared(x.view)) continue;
      writeView(this.#memory, inputs[i]!.address, x.view);
      this.#given[i] = x;
    }
    this.#clock?.start();
    const failed = this.#runs[this.#turn.now]!();
    if (failed !== 0) this.#fail(calls[failed - 1]!);
    if (this.#writes.length > 0) this.#turn.now = this.#turn.now === 0 ? 1 : 0;
    for (const cell of this.#writes) cell.push();
    return results.map(({ value: { shape, dtype }, address }) => {
      const data = readElements(this.#memory, dtype, address, sizeOf(shape));
      return fromView({ data, shape, dtype, stride: dense(shape).strides, offset: 0 });
    });
  }

  /** Runs the equation that failed again on what it was given, for its error. */
  #fail(call: Call): never {
    const { primitive } = call.equation;
    try {
      runCall(this.#memory, call);
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      throw new CompileError(
        `compile: a ${primitive.name} within cond or whileLoop failed. Its error shows values of the branch or loop, which a program does not keep.\n` +
          '  Show values from around it only, or call the function without compile to see the error.',
        { cause: error },
      );
    }
    throw new Error(`internal: ${primitive.name} failed in the compiled program only.`);
  }
}

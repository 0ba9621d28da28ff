import type { Cell, Shape, Tensor } from '@tikhonov/core';
import { eager, fromView, type Residence, type View } from '@tikhonov/core/engine';
import type { CellSlot, Failure, ProgramCode } from '../codegen/program.ts';
import { CompileError } from '../errors.ts';
import { readElements, writeView } from './transfer.ts';

/** Row-major strides. */
function stridesOf(shape: Shape): number[] {
  const out = new Array<number>(shape.length);
  let step = 1;
  for (let k = shape.length - 1; k >= 0; k--) {
    out[k] = step;
    step *= shape[k]!;
  }
  return out;
}

const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** A cell's value as it is in a program's memory. */
class Resident implements Residence {
  readonly cell: Cell;
  readonly address: number;
  readonly #memory: WebAssembly.Memory;
  /** The cell's version that memory holds. */
  version = -1;

  constructor(memory: WebAssembly.Memory, { cell, address }: CellSlot) {
    this.#memory = memory;
    this.cell = cell;
    this.address = address;
  }

  take(): View {
    const { shape, dtype } = this.cell;
    const data = readElements(this.#memory, dtype, this.address, sizeOf(shape));
    return { data, shape, dtype, stride: stridesOf(shape), offset: 0 };
  }

  /** Brings memory up to date with the cell. */
  pull(): void {
    if (this.version === this.cell.version) return;
    writeView(this.#memory, this.address, this.cell.peek().view);
    this.version = this.cell.version;
  }

  /** Says that memory holds the cell's value from now on. */
  push(): void {
    this.cell.reside(this);
    this.version = this.cell.version;
  }
}

/** The module, or an error that says why the page may not have one. */
function moduleOf(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    if (!(error instanceof Error) || !/unsafe-eval|Content Security Policy/i.test(error.message)) {
      throw error;
    }
    throw new CompileError(
      "compile: the page's content security policy forbids WebAssembly.\n" +
        "  Add 'wasm-unsafe-eval' to its script-src, or call the function without compile.",
      { cause: error },
    );
  }
}

/** A compiled program with its memory. */
export class Program {
  readonly code: ProgramCode;
  readonly #memory: WebAssembly.Memory;
  readonly #run: () => number;
  readonly #reads: readonly Resident[];
  readonly #writes: readonly Resident[];
  /** What was copied in last; tensors do not change. */
  readonly #given: (Tensor | null)[];

  constructor(code: ProgramCode) {
    this.code = code;
    this.#memory = new WebAssembly.Memory({ initial: code.pages, maximum: code.pages });
    const module = moduleOf(code.bytes);
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    this.#run = instance.exports.run as () => number;
    for (const { view, address } of code.constants) writeView(this.#memory, address, view);
    const residents = new Map<Cell, Resident>();
    const resident = (slot: CellSlot): Resident => {
      const known = residents.get(slot.cell) ?? new Resident(this.#memory, slot);
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

  /** Whether cells still are of the dtypes that it was made for. */
  get fits(): boolean {
    const { reads, writes } = this.code;
    const isSame = ({ cell, dtype }: CellSlot): boolean => cell.dtype === dtype;
    return reads.every(isSame) && writes.every(isSame);
  }

  /** One call: the results, as tensors of their own. Cells hold what the program wrote. */
  call(tensors: readonly Tensor[]): Tensor[] {
    const { inputs, results, failures } = this.code;
    for (const cell of this.#reads) cell.pull();
    for (let i = 0; i < inputs.length; i++) {
      const x = tensors[i]!;
      if (this.#given[i] === x) continue;
      writeView(this.#memory, inputs[i]!.address, x.view);
      this.#given[i] = x;
    }
    const failed = this.#run();
    if (failed !== 0) this.#fail(failures[failed - 1]!);
    for (const cell of this.#writes) cell.push();
    return results.map(({ value: { shape, dtype }, address }) => {
      const data = readElements(this.#memory, dtype, address, sizeOf(shape));
      return fromView({ data, shape, dtype, stride: stridesOf(shape), offset: 0 });
    });
  }

  /** Runs the equation that failed again on what it was given, for its error. */
  #fail({ equation, operands }: Failure): never {
    const views = operands.map(({ address, layout, value: { dtype } }): View => {
      let [low, high] = [layout.offset, layout.offset];
      for (const [k, stride] of layout.strides.entries()) {
        const reach = stride * Math.max(0, layout.shape[k]! - 1);
        if (reach < 0) low += reach;
        else high += reach;
      }
      const size = dtype === 'float64' ? 8 : 4;
      const data = readElements(this.#memory, dtype, address + low * size, high - low + 1);
      return {
        data,
        dtype,
        shape: layout.shape,
        stride: layout.strides,
        offset: layout.offset - low,
      };
    });
    const { primitive, attrs, inputs, outputs } = equation;
    eager.run(primitive, views, attrs, outputs, inputs);
    throw new Error(`internal: ${primitive.name} failed in the compiled program only.`);
  }
}

import type { Instruction } from '../wasm/code.ts';
import type { F64 } from './f64.ts';
import type { I32 } from './i32.ts';
import type { I64 } from './i64.ts';
import type { Kernel } from './kernel.ts';

/** Values by the names of their types. */
export interface ScalarOf {
  readonly i32: I32;
  readonly i64: I64;
  readonly f64: F64;
}

/** Types of scalars. */
export type Scalar = keyof ScalarOf;

type Write = () => void;

/**
 * A scalar in an expression. Nothing is written until a statement uses it; so one that is to be used
 * twice, or after another statement, belongs in a variable, and anything else is an error.
 */
export abstract class Value {
  readonly kernel: Kernel;
  abstract readonly type: Scalar;
  /** Known when the kernel is written. */
  readonly literal: number | null;
  readonly #write: Write;
  /** When it was made, in statements; `null` if it may be used at any time. */
  readonly #made: number | null;
  #used = false;

  constructor(kernel: Kernel, write: Write, lasting: boolean, literal: number | null = null) {
    this.kernel = kernel;
    this.literal = literal;
    this.#write = write;
    this.#made = lasting ? null : kernel.statements;
  }

  /** Leaves the value on the stack. */
  write(kernel: Kernel): void {
    if (kernel !== this.kernel) throw new Error('internal: a value of another function.');
    if (this.#made !== null && this.#used) {
      throw new Error('internal: a value is used twice; keep it in a variable.');
    }
    if (this.#made !== null && this.#made !== kernel.statements) {
      throw new Error('internal: a value is used after a later statement; keep it in a variable.');
    }
    this.#used = true;
    this.#write();
  }

  /** Whether it may be used at any time, any number of times. */
  get lasting(): boolean {
    return this.#made === null;
  }

  /** Operands, then an instruction. */
  protected writing(name: Instruction, ...operands: readonly Value[]): Write {
    const { kernel } = this;
    return () => {
      for (const operand of operands) operand.write(kernel);
      kernel.code.op(name);
    };
  }
}

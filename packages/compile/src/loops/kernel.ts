import type { DType } from '@tikhonov/core';
import type { Lanes } from '../math/lanes.ts';
import type { Code } from '../wasm/code.ts';
import type { ModuleWriter } from '../wasm/module.ts';
import { type Access, FloatElements, IntElements } from './elements.ts';
import { F64, F64Variable } from './f64.ts';
import type { Callable, ScalarsOf } from './functions.ts';
import { I32, I32Variable } from './i32.ts';
import { I64, I64Variable } from './i64.ts';
import { mathFunction } from './shared.ts';
import type { Scalar, ScalarOf, Value } from './value.ts';

/** What the body of a loop may do beside its statements. */
export interface Loop {
  /** Leaves the loop. */
  readonly break: () => void;
  /** Goes on with the next turn. */
  readonly continue: () => void;
}

/**
 * The body of a function that is being written, as statements in order: variables, control flow, and
 * expressions with which they are made. Mind that TypeScript runs once, when the kernel is written.
 */
export class Kernel {
  readonly writer: ModuleWriter;
  readonly code: Code;
  readonly #result: Scalar | null;
  /** How many statements there are that may change what an expression means. */
  statements = 0;
  /** Whether a function was called since, which may do anything. */
  #called = false;

  constructor(writer: ModuleWriter, code: Code, result: Scalar | null) {
    this.writer = writer;
    this.code = code;
    this.#result = result;
  }

  /** A new variable with a first value, which it takes at every pass through this statement. */
  f64(init: F64 | number = 0): F64Variable {
    return new F64Variable(this, this.#declare('f64', this.number(init)));
  }

  /** As `f64`. */
  i32(init: I32 | number = 0): I32Variable {
    return new I32Variable(this, this.#declare('i32', this.int(init)));
  }

  /** As `f64`. */
  i64(init: I64 | bigint = 0n): I64Variable {
    return new I64Variable(this, this.#declare('i64', this.long(init)));
  }

  /** A constant; values pass through. */
  number(x: F64 | number): F64 {
    return typeof x === 'number' ? new F64(this, () => this.code.f64(x), true, x) : x;
  }

  /** As `number`; unsigned numbers wrap. */
  int(x: I32 | number): I32 {
    return typeof x === 'number' ? new I32(this, () => this.code.i32(x | 0), true, x | 0) : x;
  }

  /** As `number`. */
  long(x: I64 | bigint): I64 {
    if (typeof x !== 'bigint') return x;
    return new I64(this, () => this.code.i64(BigInt.asIntN(64, x)), true);
  }

  /**
   * Elements in memory as float64: rounded when they are stored; integers wrap (below 2^63 in magnitude),
   * a mask is 0 or 1.
   */
  floats(address: I32, dtype: DType, access: Access): FloatElements {
    return new FloatElements(this, address, dtype, access);
  }

  /** Elements of 32 bits in memory. A bool is 0 or -1; any value that is not 0 is stored as -1. */
  ints(address: I32, dtype: DType, access: Access): IntElements {
    return new IntElements(this, address, dtype, access);
  }

  /** A function of vectors, of one float64. */
  math(f: (x: Lanes) => Lanes, x: F64 | number): F64 {
    const index = mathFunction(this.writer, f);
    return this.expression('f64', () => {
      this.number(x).write(this);
      this.code.call(index);
    });
  }

  /**
   * The result of a function, as an expression: the call is made where it is used. Functions that write
   * to memory belong in `run`, or in a variable.
   */
  call<P extends readonly Scalar[], R extends Scalar>(
    f: Callable<P, R>,
    ...args: Arguments<P>
  ): ScalarOf[R] {
    return this.expression(f.result, () => this.#call(f, args));
  }

  /** Calls a function for what it does. */
  run<P extends readonly Scalar[]>(f: Callable<P, Scalar | null>, ...args: Arguments<P>): void {
    this.#call(f, args);
    if (f.result !== null) this.code.op('drop');
    this.statements += 1;
  }

  if(condition: I32, then: () => void, otherwise?: () => void): void {
    condition.write(this);
    this.statements += 1;
    this.code.if(then, otherwise);
    this.statements += 1;
  }

  /**
   * `for (let i = from; i < to; i += step)`, and with a negative `step` while `i > to`. The end is
   * computed once.
   */
  for(from: I32 | number, to: I32 | number, body: (i: I32, loop: Loop) => void, step = 1): void {
    const end = this.int(to);
    // A variable may change in the loop.
    const stop = end.literal === null ? this.i32(end) : end;
    const i = this.i32(from);
    this.while(
      () => (step > 0 ? i.lt(stop) : i.gt(stop)),
      (loop) => body(i, loop),
      () => i.set(i.add(step)),
    );
  }

  /** Repeats while the condition holds; `advance` ends every turn. */
  while(condition: () => I32, body: (loop: Loop) => void, advance?: () => void): void {
    this.statements += 1;
    this.code.block((exit) => {
      this.code.loop((again) => {
        condition().not().write(this);
        exit(true);
        this.statements += 1;
        this.code.block((next) => body({ break: () => exit(), continue: () => next() }));
        this.statements += 1;
        advance?.();
        again();
      });
    });
    this.statements += 1;
  }

  /** Leaves the function, with its result if it has one. */
  return(value?: Value | number): void {
    this.finish(value);
    this.code.op('return');
  }

  /** Fills bytes with a value, as `memory.fill`. */
  fill(address: I32, byte: number, bytes: I32 | number): void {
    address.write(this);
    this.code.i32(byte);
    this.int(bytes).write(this);
    this.code.fill();
    this.statements += 1;
  }

  /** Copies bytes, which may overlap. */
  copy(to: I32, from: I32, bytes: I32 | number): void {
    to.write(this);
    from.write(this);
    this.int(bytes).write(this);
    this.code.copy();
    this.statements += 1;
  }

  /** Sets a local. */
  assign(local: number, value: Value): void {
    value.write(this);
    this.code.set(local);
    this.statements += 1;
    this.#called = false;
  }

  /** Leaves the function's result, if it has one, on the stack. */
  finish(value: Value | number | undefined): void {
    if (value === undefined && this.#result === null) return;
    if (value === undefined || this.#result === null) {
      throw new Error('internal: a result where none belongs, or none where one does.');
    }
    const result = this.#as(this.#result, value);
    if (result.type !== this.#result) throw new Error('internal: a result of another type.');
    result.write(this);
  }

  /** A number as a constant of the same type as `sample`; values pass through. */
  like(sample: Value, value: Value | number | bigint): Value {
    return this.#as(sample.type, value);
  }

  /** An expression from what leaves it on the stack. */
  expression<T extends Scalar>(type: T, write: () => void): ScalarOf[T];
  expression(type: Scalar, write: () => void): Value {
    if (type === 'f64') return new F64(this, write, false);
    return type === 'i32' ? new I32(this, write, false) : new I64(this, write, false);
  }

  #declare(type: Scalar, init: Value): number {
    init.write(this);
    const local = this.code.local(type);
    this.code.set(local);
    // A new variable changes nothing that there was before, but a function may.
    if (this.#called) this.statements += 1;
    this.#called = false;
    return local;
  }

  #call(f: Callable, args: readonly (Value | number | bigint)[]): void {
    for (const [k, arg] of args.entries()) this.#as(f.parameters[k]!, arg).write(this);
    this.code.call(f.index);
    this.#called = true;
  }

  #as(type: Scalar, value: Value | number | bigint): Value {
    if (typeof value === 'bigint') return this.long(value);
    if (typeof value !== 'number') return value;
    return type === 'f64' ? this.number(value) : this.int(value);
  }
}

/** What a function may be called with. */
export type Arguments<P extends readonly Scalar[]> = {
  readonly [k in keyof P]: ScalarsOf<P>[k] | (P[k] extends 'i64' ? bigint : number);
};

import type { Code, LaneType } from '../wasm/code.ts';
import { type FloatLanes, Lanes } from './lanes.ts';

/** Locals that emitted functions have done with, for the next function in the same body. */
const free = /* @__PURE__ */ new WeakMap<Code, number[]>();

/** The locals of what was kept: a value of an outer loop may be assigned to in an inner one. */
const homes = /* @__PURE__ */ new WeakMap<Lanes, number>();

/** The writing of one function into a body. */
export class Emission {
  readonly code: Code;
  readonly #free: number[];
  readonly #kept: number[] = [];

  constructor(code: Code) {
    this.code = code;
    const known = free.get(code);
    this.#free = known ?? [];
    if (known === undefined) free.set(code, this.#free);
  }

  take(): number {
    return this.#free.pop() ?? this.code.local('v128');
  }

  release(local: number): void {
    this.#free.push(local);
  }

  /** The value on top of the stack. */
  argument(type: FloatLanes): Lanes {
    const local = this.take();
    this.#kept.push(local);
    this.code.set(local);
    return this.local(type, local);
  }

  /** What a local holds. */
  local(type: FloatLanes, local: number): Lanes {
    return new Lanes(this, type, [], (code) => code.get(local));
  }

  /** A value without operands, which is written anew at every use: `keep` it for more than one. */
  leaf(type: FloatLanes, write: (code: Code) => void): Lanes {
    return new Lanes(this, type, [], write);
  }

  /** Leaves several values in turn, sharing what they have in common; `store` takes each from the stack. */
  putAll(values: readonly Lanes[], store: (write: () => void, index: number) => void): void {
    for (const value of values) value.count();
    for (const [index, value] of values.entries()) store(() => value.write(), index);
  }

  number(type: FloatLanes, value: number): Lanes {
    return this.constant(type, type, value);
  }

  constant(type: FloatLanes, lanes: LaneType, value: number | bigint): Lanes {
    return this.local(type, this.code.constant(lanes, value));
  }

  /** Constant bytes, not kept in a local: for code that seldom runs. */
  bytes(type: FloatLanes, bytes: readonly number[]): Lanes {
    return new Lanes(this, type, [], (code) => code.v128(bytes));
  }

  /** Computes a value now, for use in several expressions. */
  keep(value: Lanes): Lanes {
    const local = this.take();
    this.put(value);
    this.code.set(local);
    this.#kept.push(local);
    const kept = this.local(value.type, local);
    homes.set(kept, local);
    return kept;
  }

  /** Computes a new value for what `keep` has returned. */
  assign(kept: Lanes, value: Lanes): void {
    const local = homes.get(kept);
    if (local === undefined) throw new Error('internal: assignment to what was not kept.');
    this.put(value);
    this.code.set(local);
  }

  /** Leaves a value on the stack. */
  put(value: Lanes): void {
    value.count();
    value.write();
  }

  /** Gives the locals back. */
  done(): void {
    for (const local of this.#kept.splice(0)) this.release(local);
  }
}

/** Writes a function: its arguments are on the stack, in order, and its result will be. */
export type Emitter = (code: Code, type: FloatLanes) => void;

/** The emitter of a function of one argument. */
export const unary =
  (f: (x: Lanes) => Lanes): Emitter =>
  (code, type) => {
    const into = new Emission(code);
    into.put(f(into.argument(type)));
    into.done();
  };

/** The emitter of a function of two arguments. */
export const binary =
  (f: (x: Lanes, y: Lanes) => Lanes): Emitter =>
  (code, type) => {
    const into = new Emission(code);
    const y = into.argument(type);
    into.put(f(into.argument(type), y));
    into.done();
  };

import { Bytes } from './bytes.ts';
import { type Instruction, lanes, memory, opcodes, type ValueType, valueTypes } from './opcodes.ts';

export type { Instruction } from './opcodes.ts';

const [elseCode, end] = [0x05, 0x0b];

const blockOf = (result: ValueType | undefined): number =>
  result === undefined ? 0x40 : valueTypes[result];

/** How the lanes of a vector constant are filled. */
export type LaneType = 'f32x4' | 'f64x2' | 'i32x4' | 'i64x2';

/** The body of a function: its locals, and its instructions in order. */
export class Code {
  readonly #prologue = new Bytes();
  readonly #constants = new Map<string, number>();
  readonly #body = new Bytes();
  readonly #locals: ValueType[];
  readonly #parameters: number;
  #depth = 0;

  constructor(parameters: readonly ValueType[]) {
    this.#locals = [...parameters];
    this.#parameters = parameters.length;
  }

  /** Bytes of instructions so far. */
  get length(): number {
    return this.#body.length;
  }

  /** A new local; its index. */
  local(type: ValueType): number {
    this.#locals.push(type);
    return this.#locals.length - 1;
  }

  /** Appends instructions without immediates. */
  op(...names: readonly Instruction[]): this {
    for (const name of names) this.#opcode(opcodes[name]);
    return this;
  }

  get(local: number): this {
    this.#body.byte(0x20).u32(local);
    return this;
  }

  set(local: number): this {
    this.#body.byte(0x21).u32(local);
    return this;
  }

  tee(local: number): this {
    this.#body.byte(0x22).u32(local);
    return this;
  }

  i32(value: number): this {
    this.#body.byte(0x41).i32(value);
    return this;
  }

  i64(value: bigint): this {
    this.#body.byte(0x42).i64(value);
    return this;
  }

  f32(value: number): this {
    this.#body.byte(0x43).f32(value);
    return this;
  }

  f64(value: number): this {
    this.#body.byte(0x44).f64(value);
    return this;
  }

  /** A vector constant from its 16 bytes. */
  v128(bytes: ArrayLike<number>): this {
    this.#body.byte(0xfd).u32(12).raw(bytes);
    return this;
  }

  /**
   * A local that holds a vector constant with the same value in every lane, filled before the body
   * runs: inside loops some engines would build the constant anew in every turn. For i64x2 the value is
   * a bigint or a safe integer.
   */
  constant(type: LaneType, value: number | bigint): number {
    const view = new DataView(new ArrayBuffer(16));
    const wide = type.endsWith('2');
    for (let at = 0; at < 16; at += wide ? 8 : 4) {
      if (type === 'f32x4') view.setFloat32(at, Number(value), true);
      else if (type === 'f64x2') view.setFloat64(at, Number(value), true);
      // These wrap.
      else if (wide) view.setBigInt64(at, BigInt(value), true);
      else view.setInt32(at, Number(value), true);
    }
    return this.constantBytes(new Uint8Array(view.buffer));
  }

  /** As `constant`, for any 16 bytes. */
  constantBytes(bytes: ArrayLike<number>): number {
    const key = Array.prototype.join.call(bytes);
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const local = this.local('v128');
    this.#constants.set(key, local);
    this.#prologue.byte(0xfd).u32(12).raw(bytes).byte(0x21).u32(local);
    return local;
  }

  /** A load or store at `address + offset`; vectors may be aligned to less than their size. */
  memory(name: keyof typeof memory, offset: number, alignment?: number): this {
    const [opcode, natural] = memory[name];
    this.#opcode(opcode)
      .u32(alignment ?? natural)
      .u32(offset);
    return this;
  }

  lane(name: keyof typeof lanes, lane: number): this {
    this.#opcode(lanes[name]).byte(lane);
    return this;
  }

  /** Bytes chosen from two vectors. */
  shuffle(bytes: readonly number[]): this {
    this.#body.byte(0xfd).u32(13).raw(bytes);
    return this;
  }

  call(index: number): this {
    this.#body.byte(0x10).u32(index);
    return this;
  }

  /** `memory.fill`: address, value and length are on the stack. */
  fill(): this {
    this.#body.byte(0xfc).u32(11).byte(0);
    return this;
  }

  /** `memory.copy`: target, source and length are on the stack. */
  copy(): this {
    this.#body.byte(0xfc).u32(10).byte(0).byte(0);
    return this;
  }

  /** A block that `exit` leaves. */
  block(body: (exit: (conditional?: boolean) => this) => void): this {
    return this.#nested(0x02, body);
  }

  /** A loop that `again` repeats; it ends where its body does. */
  loop(body: (again: (conditional?: boolean) => this) => void): this {
    return this.#nested(0x03, body);
  }

  /** `if` on the i32 on the stack. */
  if(then: () => void, otherwise?: () => void, result?: ValueType): this {
    this.#body.byte(0x04).byte(blockOf(result));
    this.#depth += 1;
    then();
    if (otherwise !== undefined) {
      this.#body.byte(elseCode);
      otherwise();
    }
    this.#depth -= 1;
    this.#body.byte(end);
    return this;
  }

  #opcode(opcode: number): Bytes {
    const prefix = opcode >> 16;
    return prefix === 0 ? this.#body.byte(opcode) : this.#body.byte(prefix).u32(opcode & 0xffff);
  }

  #nested(opcode: number, body: (branch: (conditional?: boolean) => this) => void): this {
    this.#body.byte(opcode).byte(0x40);
    this.#depth += 1;
    const target = this.#depth;
    body((conditional = false) => {
      this.#body.byte(conditional ? 0x0d : 0x0c).u32(this.#depth - target);
      return this;
    });
    this.#depth -= 1;
    this.#body.byte(end);
    return this;
  }

  /** The function's entry of the code section. */
  encode(): Bytes {
    const entry = new Bytes();
    const runs: [number, ValueType][] = [];
    for (const type of this.#locals.slice(this.#parameters)) {
      const last = runs.at(-1);
      if (last?.[1] === type) last[0] += 1;
      else runs.push([1, type]);
    }
    entry.u32(runs.length);
    for (const [count, type] of runs) entry.u32(count).byte(valueTypes[type]);
    return entry.raw(this.#prologue.view()).raw(this.#body.view()).byte(end);
  }
}

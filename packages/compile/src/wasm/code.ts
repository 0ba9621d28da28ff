import { Bytes } from './bytes.ts';
import {
  lanes,
  memory,
  plain,
  saturating,
  type ValueType,
  valueTypes,
  vector,
  vectorMemory,
} from './opcodes.ts';

/** An instruction without immediates. */
export type Instruction = keyof typeof plain | keyof typeof saturating | keyof typeof vector;

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
    for (const name of names) {
      if (name in plain) this.#body.byte(plain[name as keyof typeof plain]);
      else if (name in vector) this.#body.byte(0xfd).u32(vector[name as keyof typeof vector]);
      else this.#body.byte(0xfc).u32(saturating[name as keyof typeof saturating]);
    }
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
    const bytes = new Bytes();
    for (let lane = 0; lane < (type.endsWith('4') ? 4 : 2); lane++) {
      if (type === 'f32x4') bytes.f32(Number(value));
      else if (type === 'f64x2') bytes.f64(Number(value));
      else {
        const wide = type === 'i64x2';
        const word = BigInt.asUintN(wide ? 64 : 32, BigInt(value));
        for (let k = 0n; k < (wide ? 8n : 4n); k++) bytes.byte(Number((word >> (8n * k)) & 255n));
      }
    }
    return this.constantBytes(bytes.view());
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
  memory(
    name: keyof typeof memory | keyof typeof vectorMemory,
    offset: number,
    alignment?: number,
  ): this {
    if (name in memory) {
      const [opcode, natural] = memory[name as keyof typeof memory];
      this.#body.byte(opcode).u32(alignment ?? natural);
    } else {
      const [opcode, natural] = vectorMemory[name as keyof typeof vectorMemory];
      this.#body
        .byte(0xfd)
        .u32(opcode)
        .u32(alignment ?? natural);
    }
    this.#body.u32(offset);
    return this;
  }

  lane(name: keyof typeof lanes, lane: number): this {
    this.#body.byte(0xfd).u32(lanes[name]).byte(lane);
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
      this.#body.byte(plain.else);
      otherwise();
    }
    this.#depth -= 1;
    this.#body.byte(plain.end);
    return this;
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
    this.#body.byte(plain.end);
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
    return entry.raw(this.#prologue.view()).raw(this.#body.view()).byte(plain.end);
  }
}

import type { Code, Instruction } from '../wasm/code.ts';
import type { Emission } from './emission.ts';

/** The floating types of lanes. */
export type FloatLanes = 'f32x4' | 'f64x2';

/**
 * A vector in an expression. Nothing is written until `Emission.put` or `keep`; then what is used more
 * than once is computed once, and kept in a local from its first use to its last.
 */
export class Lanes {
  readonly into: Emission;
  readonly type: FloatLanes;
  readonly #args: readonly Lanes[];
  readonly #write: (code: Code) => void;
  /** Uses left in the expression that is being written. */
  #uses = 0;
  #local = -1;

  constructor(
    into: Emission,
    type: FloatLanes,
    args: readonly Lanes[],
    write: (code: Code) => void,
  ) {
    this.into = into;
    this.type = type;
    this.#args = args;
    this.#write = write;
  }

  /** Counts the uses below this one. */
  count(): void {
    this.#uses += 1;
    if (this.#uses === 1) for (const arg of this.#args) arg.count();
  }

  /** Leaves the value on the stack. */
  write(): void {
    const { code } = this.into;
    this.#uses -= 1;
    if (this.#local >= 0) {
      code.get(this.#local);
      if (this.#uses > 0) return;
      this.into.release(this.#local);
      this.#local = -1;
      return;
    }
    for (const arg of this.#args) arg.write();
    this.#write(code);
    if (this.#uses === 0 || this.#args.length === 0) return;
    this.#local = this.into.take();
    code.tee(this.#local);
  }

  /** An instruction of these lanes' type on this value and others. */
  op(name: string, ...others: readonly (Lanes | number)[]): Lanes {
    return this.#instruction(`${this.type}.${name}` as Instruction, others);
  }

  add(y: Lanes | number): Lanes {
    return this.op('add', y);
  }

  sub(y: Lanes | number): Lanes {
    return this.op('sub', y);
  }

  mul(y: Lanes | number): Lanes {
    return this.op('mul', y);
  }

  div(y: Lanes | number): Lanes {
    return this.op('div', y);
  }

  /** `y - x` */
  from(y: Lanes | number): Lanes {
    return this.#value(y).sub(this);
  }

  sqrt(): Lanes {
    return this.op('sqrt');
  }

  abs(): Lanes {
    return this.op('abs');
  }

  neg(): Lanes {
    return this.op('neg');
  }

  /** `y < x ? y : x`, so NaN stays. */
  most(y: Lanes | number): Lanes {
    return this.op('pmin', y);
  }

  /** `x < y ? y : x`, so NaN stays. */
  least(y: Lanes | number): Lanes {
    return this.op('pmax', y);
  }

  lt(y: Lanes | number): Lanes {
    return this.op('lt', y);
  }

  le(y: Lanes | number): Lanes {
    return this.op('le', y);
  }

  eq(y: Lanes | number): Lanes {
    return this.op('eq', y);
  }

  and(y: Lanes): Lanes {
    return this.#instruction('v128.and', [y]);
  }

  /** `x & ~y` */
  without(y: Lanes): Lanes {
    return this.#instruction('v128.andnot', [y]);
  }

  or(y: Lanes): Lanes {
    return this.#instruction('v128.or', [y]);
  }

  xor(y: Lanes): Lanes {
    return this.#instruction('v128.xor', [y]);
  }

  /** As a mask: `yes` where it is set, `no` elsewhere. */
  choose(yes: Lanes | number, no: Lanes | number): Lanes {
    const first = this.#value(yes);
    return first.#instruction('v128.bitselect', [no, this]);
  }

  /** As integers: the sum. */
  plus(y: Lanes): Lanes {
    return this.#instruction(`${this.integer}.add`, [y]);
  }

  /** As integers: the difference. */
  minus(y: Lanes): Lanes {
    return this.#instruction(`${this.integer}.sub`, [y]);
  }

  shiftLeft(bits: number): Lanes {
    return this.#shift('shl', bits);
  }

  /** As unsigned integers. */
  shiftRight(bits: number): Lanes {
    return this.#shift('shr_u', bits);
  }

  /** The sign bits. */
  signBits(): Lanes {
    return this.and(this.into.number(this.type, -0));
  }

  /** `y`'s sign on this value, whose own sign is positive or already `y`'s. */
  signed(y: Lanes): Lanes {
    return this.or(y.signBits());
  }

  /** A constant of this type. */
  number(value: number): Lanes {
    return this.into.number(this.type, value);
  }

  /** A constant in the bits of each lane. */
  bits(value: number | bigint): Lanes {
    return this.into.constant(this.type, this.integer, value);
  }

  /** `single` for lanes of float32, `double` for those of float64. */
  pick<T>(single: T, double: T): T {
    return this.type === 'f32x4' ? single : double;
  }

  /** See `Emission.keep`. */
  keep(): Lanes {
    return this.into.keep(this);
  }

  /** The same bits as lanes of another type. */
  as(type: FloatLanes): Lanes {
    return type === this.type ? this : new Lanes(this.into, type, [this], () => {});
  }

  /** Any instruction on this value, with what follows its opcode. */
  raw(type: FloatLanes, write: (code: Code) => void, ...others: readonly Lanes[]): Lanes {
    return new Lanes(this.into, type, [this, ...others], write);
  }

  /** The integer type of the same width. */
  get integer(): 'i32x4' | 'i64x2' {
    return this.pick('i32x4', 'i64x2');
  }

  #value(x: Lanes | number): Lanes {
    return typeof x === 'number' ? this.number(x) : x;
  }

  #shift(name: 'shl' | 'shr_u', bits: number): Lanes {
    return this.raw(this.type, (code) => code.i32(bits).op(`${this.integer}.${name}`));
  }

  #instruction(name: Instruction, others: readonly (Lanes | number)[]): Lanes {
    return this.raw(this.type, (code) => code.op(name), ...others.map((y) => this.#value(y)));
  }
}

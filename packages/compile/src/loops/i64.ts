import type { Instruction } from '../wasm/code.ts';
import type { F64 } from './f64.ts';
import type { I32 } from './i32.ts';
import type { Kernel } from './kernel.ts';
import { Value } from './value.ts';

/** 64 bits, as a signed integer unless an operation says otherwise. */
export class I64 extends Value {
  readonly type = 'i64' as const;

  add(y: I64 | bigint): I64 {
    return this.#two('i64.add', y);
  }

  sub(y: I64 | bigint): I64 {
    return this.#two('i64.sub', y);
  }

  mul(y: I64 | bigint): I64 {
    return this.#two('i64.mul', y);
  }

  and(y: I64 | bigint): I64 {
    return this.#two('i64.and', y);
  }

  or(y: I64 | bigint): I64 {
    return this.#two('i64.or', y);
  }

  xor(y: I64 | bigint): I64 {
    return this.#two('i64.xor', y);
  }

  shl(y: I64 | bigint): I64 {
    return this.#two('i64.shl', y);
  }

  /** Arithmetic. */
  shr(y: I64 | bigint): I64 {
    return this.#two('i64.shr_s', y);
  }

  /** Logical. */
  shrU(y: I64 | bigint): I64 {
    return this.#two('i64.shr_u', y);
  }

  eq(y: I64 | bigint): I32 {
    return this.#compare('i64.eq', y);
  }

  ne(y: I64 | bigint): I32 {
    return this.#compare('i64.ne', y);
  }

  lt(y: I64 | bigint): I32 {
    return this.#compare('i64.lt_s', y);
  }

  ltU(y: I64 | bigint): I32 {
    return this.#compare('i64.lt_u', y);
  }

  /** The low 32 bits. */
  toI32(): I32 {
    return this.kernel.expression('i32', this.writing('i32.wrap_i64', this));
  }

  toF64(): F64 {
    return this.kernel.expression('f64', this.writing('f64.convert_i64_s', this));
  }

  /** The float64 with these bits. */
  asF64(): F64 {
    return this.kernel.expression('f64', this.writing('f64.reinterpret_i64', this));
  }

  #two(name: Instruction, y: I64 | bigint): I64 {
    return this.kernel.expression('i64', this.writing(name, this, this.kernel.long(y)));
  }

  #compare(name: Instruction, y: I64 | bigint): I32 {
    return this.kernel.expression('i32', this.writing(name, this, this.kernel.long(y)));
  }
}

/** 64 bits that statements may change. */
export class I64Variable extends I64 {
  readonly local: number;

  constructor(kernel: Kernel, local: number) {
    super(kernel, () => kernel.code.get(local), true);
    this.local = local;
  }

  set(value: I64 | bigint): void {
    this.kernel.assign(this.local, this.kernel.long(value));
  }
}

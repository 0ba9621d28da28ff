import type { Instruction } from '../wasm/code.ts';
import type { F64 } from './f64.ts';
import type { I64 } from './i64.ts';
import type { Kernel } from './kernel.ts';
import { Value } from './value.ts';

/** 32 bits: a signed integer, unsigned in operations that end in `U`, or a condition, true if not 0. */
export class I32 extends Value {
  readonly type = 'i32' as const;

  add(y: I32 | number): I32 {
    return this.#fold(y, (a, b) => a + b) ?? this.#unless(0, y) ?? this.#two('i32.add', y);
  }

  sub(y: I32 | number): I32 {
    return this.#fold(y, (a, b) => a - b) ?? this.#unless(0, y) ?? this.#two('i32.sub', y);
  }

  mul(y: I32 | number): I32 {
    return this.#fold(y, Math.imul) ?? this.#unless(1, y) ?? this.#two('i32.mul', y);
  }

  /** Rounds toward 0. */
  div(y: I32 | number): I32 {
    return this.#two('i32.div_s', y);
  }

  divU(y: I32 | number): I32 {
    return this.#two('i32.div_u', y);
  }

  /** `%` */
  rem(y: I32 | number): I32 {
    return this.#two('i32.rem_s', y);
  }

  remU(y: I32 | number): I32 {
    return this.#two('i32.rem_u', y);
  }

  and(y: I32 | number): I32 {
    return this.#two('i32.and', y);
  }

  or(y: I32 | number): I32 {
    return this.#two('i32.or', y);
  }

  xor(y: I32 | number): I32 {
    return this.#two('i32.xor', y);
  }

  shl(y: I32 | number): I32 {
    return this.#two('i32.shl', y);
  }

  /** `>>` */
  shr(y: I32 | number): I32 {
    return this.#two('i32.shr_s', y);
  }

  /** `>>>` */
  shrU(y: I32 | number): I32 {
    return this.#two('i32.shr_u', y);
  }

  rotl(y: I32 | number): I32 {
    return this.#two('i32.rotl', y);
  }

  rotr(y: I32 | number): I32 {
    return this.#two('i32.rotr', y);
  }

  eq(y: I32 | number): I32 {
    return this.#two('i32.eq', y);
  }

  ne(y: I32 | number): I32 {
    return this.#two('i32.ne', y);
  }

  lt(y: I32 | number): I32 {
    return this.#two('i32.lt_s', y);
  }

  le(y: I32 | number): I32 {
    return this.#two('i32.le_s', y);
  }

  gt(y: I32 | number): I32 {
    return this.#two('i32.gt_s', y);
  }

  ge(y: I32 | number): I32 {
    return this.#two('i32.ge_s', y);
  }

  ltU(y: I32 | number): I32 {
    return this.#two('i32.lt_u', y);
  }

  leU(y: I32 | number): I32 {
    return this.#two('i32.le_u', y);
  }

  gtU(y: I32 | number): I32 {
    return this.#two('i32.gt_u', y);
  }

  geU(y: I32 | number): I32 {
    return this.#two('i32.ge_u', y);
  }

  /** 1 for 0, and 0 for all else. */
  not(): I32 {
    return this.kernel.expression('i32', this.writing('i32.eqz', this));
  }

  clz(): I32 {
    return this.kernel.expression('i32', this.writing('i32.clz', this));
  }

  /** `&&` of conditions: `y` is computed only if this holds. */
  andThen(y: I32): I32 {
    return this.branch(y, this.kernel.int(0));
  }

  /** `||` of conditions: `y` is computed only if this does not hold. */
  orElse(y: I32): I32 {
    return this.branch(this.kernel.int(1), y);
  }

  /** One of two values, of which both are computed. */
  select(yes: F64, no: F64 | number): F64;
  select(yes: I32, no: I32 | number): I32;
  select(yes: I64, no: I64): I64;
  select(yes: F64 | I32 | I64, no: Value | number): Value {
    const { kernel } = this;
    return kernel.expression(yes.type, () => {
      for (const value of [yes, kernel.like(yes, no), this]) value.write(kernel);
      kernel.code.op('select');
    });
  }

  /** One of two values, of which only that one is computed. */
  branch(yes: F64, no: F64 | number): F64;
  branch(yes: I32, no: I32 | number): I32;
  branch(yes: I64, no: I64): I64;
  branch(yes: F64 | I32 | I64, no: Value | number): Value {
    const { kernel } = this;
    return kernel.expression(yes.type, () => {
      this.write(kernel);
      kernel.code.if(
        () => yes.write(kernel),
        () => kernel.like(yes, no).write(kernel),
        yes.type,
      );
    });
  }

  toF64(): F64 {
    return this.kernel.expression('f64', this.writing('f64.convert_i32_s', this));
  }

  /** As an unsigned number. */
  toF64U(): F64 {
    return this.kernel.expression('f64', this.writing('f64.convert_i32_u', this));
  }

  toI64(): I64 {
    return this.kernel.expression('i64', this.writing('i64.extend_i32_s', this));
  }

  /** As an unsigned number. */
  toI64U(): I64 {
    return this.kernel.expression('i64', this.writing('i64.extend_i32_u', this));
  }

  /** The float32 with these bits. */
  asF32(): F64 {
    return this.kernel.expression('f64', () => {
      this.write(this.kernel);
      this.kernel.code.op('f32.reinterpret_i32', 'f64.promote_f32');
    });
  }

  #two(name: Instruction, y: I32 | number): I32 {
    return this.kernel.expression('i32', this.writing(name, this, this.kernel.int(y)));
  }

  #fold(y: I32 | number, f: (a: number, b: number) => number): I32 | null {
    const other = typeof y === 'number' ? y : y.literal;
    return this.literal === null || other === null ? null : this.kernel.int(f(this.literal, other));
  }

  /** This value if the other is neutral. */
  #unless(neutral: number, y: I32 | number): I32 | null {
    return (typeof y === 'number' ? y : y.literal) === neutral ? this : null;
  }
}

/** 32 bits that statements may change. */
export class I32Variable extends I32 {
  readonly local: number;

  constructor(kernel: Kernel, local: number) {
    super(kernel, () => kernel.code.get(local), true);
    this.local = local;
  }

  set(value: I32 | number): void {
    this.kernel.assign(this.local, this.kernel.int(value));
  }
}

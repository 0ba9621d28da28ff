import type { Instruction } from '../wasm/code.ts';
import type { I32 } from './i32.ts';
import type { I64 } from './i64.ts';
import type { Kernel } from './kernel.ts';
import { Value } from './value.ts';

/** A float64. Every operation rounds once, as in JavaScript. */
export class F64 extends Value {
  readonly type = 'f64' as const;

  add(y: F64 | number): F64 {
    return this.#two('f64.add', y);
  }

  sub(y: F64 | number): F64 {
    return this.#two('f64.sub', y);
  }

  mul(y: F64 | number): F64 {
    return this.#two('f64.mul', y);
  }

  div(y: F64 | number): F64 {
    return this.#two('f64.div', y);
  }

  /** `Math.min` */
  min(y: F64 | number): F64 {
    return this.#two('f64.min', y);
  }

  /** `Math.max` */
  max(y: F64 | number): F64 {
    return this.#two('f64.max', y);
  }

  copySign(y: F64 | number): F64 {
    return this.#two('f64.copysign', y);
  }

  neg(): F64 {
    return this.#one('f64.neg');
  }

  abs(): F64 {
    return this.#one('f64.abs');
  }

  sqrt(): F64 {
    return this.#one('f64.sqrt');
  }

  floor(): F64 {
    return this.#one('f64.floor');
  }

  ceil(): F64 {
    return this.#one('f64.ceil');
  }

  trunc(): F64 {
    return this.#one('f64.trunc');
  }

  /** To the nearest integer, ties to even. */
  nearest(): F64 {
    return this.#one('f64.nearest');
  }

  /** `Math.fround` */
  fround(): F64 {
    return this.kernel.expression('f64', () => {
      this.write(this.kernel);
      this.kernel.code.op('f32.demote_f64', 'f64.promote_f32');
    });
  }

  lt(y: F64 | number): I32 {
    return this.#compare('f64.lt', y);
  }

  le(y: F64 | number): I32 {
    return this.#compare('f64.le', y);
  }

  gt(y: F64 | number): I32 {
    return this.#compare('f64.gt', y);
  }

  ge(y: F64 | number): I32 {
    return this.#compare('f64.ge', y);
  }

  eq(y: F64 | number): I32 {
    return this.#compare('f64.eq', y);
  }

  ne(y: F64 | number): I32 {
    return this.#compare('f64.ne', y);
  }

  /** The integer part; NaN gives 0, what is out of range the nearest there is. */
  toI32(): I32 {
    return this.kernel.expression('i32', this.writing('i32.trunc_sat_f64_s', this));
  }

  /** As `toI32`, unsigned. */
  toU32(): I32 {
    return this.kernel.expression('i32', this.writing('i32.trunc_sat_f64_u', this));
  }

  /** As `toI32`, in 64 bits. */
  toI64(): I64 {
    return this.kernel.expression('i64', this.writing('i64.trunc_sat_f64_s', this));
  }

  /** The bits. */
  bits(): I64 {
    return this.kernel.expression('i64', this.writing('i64.reinterpret_f64', this));
  }

  /** The bits of the nearest float32. */
  bits32(): I32 {
    return this.kernel.expression('i32', () => {
      this.write(this.kernel);
      this.kernel.code.op('f32.demote_f64', 'i32.reinterpret_f32');
    });
  }

  #one(name: Instruction): F64 {
    return this.kernel.expression('f64', this.writing(name, this));
  }

  #two(name: Instruction, y: F64 | number): F64 {
    return this.kernel.expression('f64', this.writing(name, this, this.kernel.number(y)));
  }

  #compare(name: Instruction, y: F64 | number): I32 {
    return this.kernel.expression('i32', this.writing(name, this, this.kernel.number(y)));
  }
}

/** A float64 that statements may change. */
export class F64Variable extends F64 {
  readonly local: number;

  constructor(kernel: Kernel, local: number) {
    super(kernel, () => kernel.code.get(local), true);
    this.local = local;
  }

  set(value: F64 | number): void {
    this.kernel.assign(this.local, this.kernel.number(value));
  }
}

import type { DType } from '@tikhonov/core';
import { bytesOf } from '../kernels/map/elements.ts';
import { nestOf } from '../kernels/map/nest.ts';
import type { Layout } from '../layout/layout.ts';
import type { F64 } from './f64.ts';
import type { I32 } from './i32.ts';
import type { Kernel } from './kernel.ts';
import type { Value } from './value.ts';

/** An index or a stride, in elements. */
export type Index = I32 | number;

/** Where elements lie: a layout, or strides that may be computed. */
export interface Access {
  readonly strides: readonly Index[];
  /** @defaultValue 0 */
  readonly offset?: Index;
}

/** Elements in memory behind an address. Strides that are values must be lasting ones, or small. */
abstract class Elements<V extends Value> {
  readonly kernel: Kernel;
  /** Of the element whose indices are all 0. */
  readonly address: I32;
  readonly dtype: DType;
  readonly strides: readonly Index[];

  constructor(kernel: Kernel, address: I32, dtype: DType, access: Access) {
    this.kernel = kernel;
    const offset = kernel.int(access.offset ?? 0).mul(bytesOf(dtype));
    const start = address.add(offset);
    // Computed once, not at every access.
    this.address = start.lasting ? start : kernel.i32(start);
    this.dtype = dtype;
    this.strides = access.strides.map((s) =>
      typeof s === 'number' || s.lasting ? s : kernel.i32(s),
    );
  }

  abstract get(...indices: readonly Index[]): V;
  abstract set(value: V | number, ...indices: readonly Index[]): void;
  /** The same kind of elements from another address. */
  abstract from(address: I32, strides: readonly Index[]): Elements<V>;

  /** Bytes per element. */
  get bytes(): number {
    return bytesOf(this.dtype);
  }

  /** Pushes the address of an element, but for the bytes that are returned. */
  protected push(indices: readonly Index[]): number {
    const { kernel, strides, bytes } = this;
    if (indices.length !== strides.length) throw new Error('internal: an index for every axis.');
    let fixed = 0;
    let moving: I32 | null = null;
    for (const [k, index] of indices.entries()) {
      const at = kernel.int(index).mul(strides[k]!);
      if (at.literal !== null) fixed += at.literal;
      else moving = moving === null ? at : moving.add(at);
    }
    let address = this.address;
    if (moving !== null) address = address.add(moving.mul(bytes));
    if (fixed < 0) address = address.add(fixed * bytes);
    address.write(kernel);
    return Math.max(0, fixed) * bytes;
  }

  /** The address of an element. */
  protected place(indices: readonly Index[]): I32 {
    let at: I32 = this.kernel.int(0);
    for (const [k, index] of indices.entries()) {
      const part = this.kernel.int(index).mul(this.strides[k]!);
      at = at.literal === 0 ? part : at.add(part);
    }
    return this.address.add(at.mul(this.bytes));
  }
}

/** Elements that are float64 in expressions. */
export class FloatElements extends Elements<F64> {
  get(...indices: readonly Index[]): F64 {
    const { kernel, dtype } = this;
    return kernel.expression('f64', () => {
      const offset = this.push(indices);
      const { code } = kernel;
      if (dtype === 'float64') code.memory('f64.load', offset);
      else if (dtype === 'float32') code.memory('f32.load', offset).op('f64.promote_f32');
      else {
        code.memory('i32.load', offset);
        if (dtype === 'bool') code.i32(1).op('i32.and');
        code.op(dtype === 'uint32' ? 'f64.convert_i32_u' : 'f64.convert_i32_s');
      }
    });
  }

  set(value: F64 | number, ...indices: readonly Index[]): void {
    const { kernel, dtype } = this;
    const { code } = kernel;
    const offset = this.push(indices);
    kernel.number(value).write(kernel);
    if (dtype === 'float64') code.memory('f64.store', offset);
    else if (dtype === 'float32') code.op('f32.demote_f64').memory('f32.store', offset);
    else {
      // `x !== 0` holds for NaN, as in the eager kernels.
      if (dtype === 'bool') code.f64(0).op('f64.ne').i32(31).op('i32.shl').i32(31).op('i32.shr_s');
      else code.op('i64.trunc_sat_f64_s', 'i32.wrap_i64');
      code.memory('i32.store', offset);
    }
    kernel.statements += 1;
  }

  from(address: I32, strides: readonly Index[]): FloatElements {
    return new FloatElements(this.kernel, address, this.dtype, { strides });
  }

  /** The elements whose first indices are given. */
  at(...indices: readonly Index[]): FloatElements {
    return this.from(this.place(indices), this.strides.slice(indices.length));
  }
}

/** Elements that are 32 bits in expressions. */
export class IntElements extends Elements<I32> {
  get(...indices: readonly Index[]): I32 {
    const { kernel } = this;
    return kernel.expression('i32', () => {
      const offset = this.push(indices);
      kernel.code.memory('i32.load', offset);
    });
  }

  set(value: I32 | number, ...indices: readonly Index[]): void {
    const { kernel } = this;
    const offset = this.push(indices);
    kernel.int(value).write(kernel);
    if (this.dtype === 'bool') {
      kernel.code.i32(0).op('i32.ne').i32(31).op('i32.shl').i32(31).op('i32.shr_s');
    }
    kernel.code.memory('i32.store', offset);
    kernel.statements += 1;
  }

  from(address: I32, strides: readonly Index[]): IntElements {
    return new IntElements(this.kernel, address, this.dtype, { strides });
  }

  /** As that of `FloatElements`. */
  at(...indices: readonly Index[]): IntElements {
    return this.from(this.place(indices), this.strides.slice(indices.length));
  }
}

/** A value whose first axes are walked in step with those of others. */
export interface Batched {
  readonly address: I32;
  readonly dtype: DType;
  readonly layout: Layout;
}

/**
 * Runs `body` for every index of the first `axes` axes, which the operands have in common (a stride of
 * 0 repeats), in row-major order, with the addresses of what lies behind those indices.
 */
export function eachLeading(
  k: Kernel,
  axes: number,
  operands: readonly Batched[],
  body: (...addresses: readonly I32[]) => void,
): void {
  const layouts = operands.map(({ layout }) => ({
    shape: layout.shape.slice(0, axes),
    strides: layout.strides.slice(0, axes),
    offset: 0,
  }));
  if (layouts[0]?.shape.includes(0) === true) return;
  const nest = nestOf(layouts);
  const pointers = operands.map(({ address, dtype, layout }) =>
    k.i32(address.add(layout.offset * bytesOf(dtype))),
  );
  const visit = (axis: number): void => {
    if (axis === nest.sizes.length) {
      body(...pointers);
      return;
    }
    const size = nest.sizes[axis]!;
    const turn = (): void => {
      visit(axis + 1);
      for (const [i, pointer] of pointers.entries()) {
        const strides = nest.strides[i]!;
        // The inner axis ends behind its last element.
        const walked =
          axis + 1 < nest.sizes.length ? strides[axis + 1]! * nest.sizes[axis + 1]! : 0;
        const bytes = (strides[axis]! - walked) * bytesOf(operands[i]!.dtype);
        if (bytes !== 0) pointer.set(pointer.add(bytes));
      }
    };
    if (size === 1) turn();
    else k.for(0, size, turn);
  };
  visit(0);
}

import type { Code } from '../../wasm/code.ts';
import type { Profile } from './profile.ts';

/** Strides of a matrix in elements; any integers, 0 repeats. */
export interface Strides {
  readonly row: number;
  readonly column: number;
}

/** Where the lanes of an operand are. */
export interface Lane {
  /** The local that holds an address, and bytes from there to the first lane. */
  readonly pointer: number;
  readonly ahead: number;
  /** Elements from lane to lane. */
  readonly stride: number;
}

/** The place of one vector of results. */
export interface Place {
  /** Lanes that are stored; the others hold values of no meaning. */
  readonly lanes: number;
  /**
   * Pushes, as v128, the elements of an operand at this place. Lanes that are not stored are 0 or
   * repeat.
   *
   * @param operand  number of the operand, from 0
   * @param strides  its strides, in elements of the product's dtype
   */
  load(operand: number, strides: Strides): void;
  /**
   * Elements from lane to lane of an operand: its column stride, but its row stride where vectors run
   * down the result's columns, of which there is one, or few.
   */
  step(strides: Strides): number;
  /** Pushes, as i32, the byte address of an operand's element at the first lane of this place. */
  address(operand: number, strides: Strides, bytesPerElement: number): void;
  /** Where an operand's lanes are. Holds until the same operand is asked for at another place. */
  lane(operand: number, strides: Strides, bytesPerElement: number): Lane;
}

/** What is done to each vector of results before it is stored. */
export interface Epilogue {
  /** How many further addresses the function takes; none of them may overlap `c`. */
  readonly operands: number;
  /**
   * Replaces the v128 on the stack, and may store others in operands that nothing else here reads.
   * Called several times, for different places, which may share elements.
   */
  emit(code: Code, at: Place): void;
}

/** Many products of one shape: the distance from one to the next, in elements. */
export interface Batch {
  readonly count: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  /** @defaultValue 0 */
  readonly bias?: number;
  /** One per operand of the epilogue. @defaultValue zeros */
  readonly operands?: readonly number[];
}

/** A product `c = epilogue(a b + bias + c)` of matrices `[m, k]` and `[k, n]`. */
export interface GemmSpec {
  readonly dtype: 'float32' | 'float64';
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Strides;
  readonly b: Strides;
  /** The stride of the result's rows; its columns are adjacent. */
  readonly c: { readonly row: number };
  /** Whether the product is added to what `c` holds. @defaultValue false */
  readonly accumulate?: boolean;
  /** A vector of n that is added to every row. */
  readonly bias?: 'row';
  readonly epilogue?: Epilogue;
  readonly batch?: Batch;
  readonly profile: Profile;
}

/** What tells the float types apart. */
export interface Format {
  readonly size: 4 | 8;
  readonly lanes: 4 | 2;
  readonly prefix: 'f32x4' | 'f64x2';
  readonly scalar: 'f32' | 'f64';
  readonly splat: 'v128.load32_splat' | 'v128.load64_splat';
  readonly zero: 'v128.load32_zero' | 'v128.load64_zero';
}

/** The formats by dtype. */
export const formats: Readonly<Record<GemmSpec['dtype'], Format>> = {
  float32: {
    size: 4,
    lanes: 4,
    prefix: 'f32x4',
    scalar: 'f32',
    splat: 'v128.load32_splat',
    zero: 'v128.load32_zero',
  },
  float64: {
    size: 8,
    lanes: 2,
    prefix: 'f64x2',
    scalar: 'f64',
    splat: 'v128.load64_splat',
    zero: 'v128.load64_zero',
  },
};

/** Indices of the function's parameters; the epilogue's operands follow. */
export const parameter = { a: 0, b: 1, c: 2, bias: 3, scratch: 4, operands: 5 } as const;

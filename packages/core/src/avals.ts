import { type DType, isFloating } from '@tikhonov/array';
import { DTypeError } from './errors.ts';
import type { Aval } from './primitive.ts';

/** Shape rule of a unary operation on floating values. */
export const floatingUnary =
  (name: string) =>
  ([x]: readonly [Aval]): Aval => {
    requireFloating(name, x.dtype);
    return { shape: x.shape, dtype: x.dtype };
  };

/** Shape rule of a unary operation on numbers; `bool` is refused. */
export const numericUnary =
  (name: string) =>
  ([x]: readonly [Aval]): Aval => {
    requireNumeric(name, x.dtype);
    return { shape: x.shape, dtype: x.dtype };
  };

/** Shape rule of arithmetic on equal shapes and dtypes; `bool` is refused. */
export const numericBinary =
  (name: string) =>
  ([x]: readonly [Aval, Aval]): Aval => {
    requireNumeric(name, x.dtype);
    return { shape: x.shape, dtype: x.dtype };
  };

/** Throws unless the dtype is floating. */
export function requireFloating(name: string, dtype: DType): void {
  if (!isFloating(dtype)) {
    throw new DTypeError(
      `${name}: needs float32 or float64, got ${dtype}. Cast with astype('float32').`,
    );
  }
}

/** Throws for `bool`. */
export function requireNumeric(name: string, dtype: DType): void {
  if (dtype === 'bool') {
    throw new DTypeError(`${name}: bool values have no arithmetic. Cast with astype('float32').`);
  }
}

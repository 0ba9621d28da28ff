import { add, type DType, type Tensor } from '@tikhonov/core';
import { inDType } from '../strength.ts';

/** A strength that is 0 only where both are: what opens the gate of a penalty of two parts. */
export const eitherOf = (
  first: number | Tensor,
  second: number | Tensor,
  dtype: DType,
): number | Tensor =>
  typeof first === 'number' && typeof second === 'number'
    ? first + second
    : add(inDType(first, dtype), inDType(second, dtype));

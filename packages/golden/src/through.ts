import type { Tensor } from '@tikhonov/core';

/** What functions of tensors are called through: as they are, or compiled. */
export type Through = <Out extends readonly Tensor[]>(
  f: (...args: Tensor[]) => Out,
) => (...args: Tensor[]) => Out;

import { type Cell, type Parameter, parameter, type Tensor, tensor } from '@tikhonov/core';

/** A float64 tensor. */
export const float64 = (values: number | number[] | number[][]): Tensor =>
  tensor(values, { dtype: 'float64' });

/** A float64 parameter. */
export const cellOf = (values: number | number[] | number[][]): Parameter =>
  parameter(float64(values));

/** The number in a scalar. */
export const value = (x: Tensor): number => x.item() as number;

/** The elements of a tensor or cell. */
export const numbers = (x: Tensor | Cell): number[] =>
  Array.from(('read' in x ? x.read() : x).data());

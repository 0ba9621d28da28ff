import { DTypeError, type Parameter, ShapeError, Tensor } from '@tikhonov/core';
import { showShape } from '@tikhonov/core/engine';
import { own } from './named.ts';
import type { Named } from './transform.ts';

/** Shape and dtype. */
export type Kind = Pick<Tensor, 'shape' | 'dtype'>;

/** `float32 [2, 3]`. */
export const describeKind = (x: Kind): string => `${x.dtype} ${showShape(x.shape)}`;

/** Whether shape and dtype agree. */
export const sameKind = (x: Kind, y: Kind): boolean => describeKind(x) === describeKind(y);

/** Throws unless every tensor has the name, shape and dtype of a parameter. */
export function requireFit(
  name: string,
  what: string,
  parameters: Readonly<Record<string, Parameter>>,
  given: Named,
): void {
  for (const [key, value] of Object.entries(given)) {
    const parameter = own(parameters, key);
    if (parameter === undefined) {
      throw new TypeError(
        `${name}: ${what} "${key}" names no parameter.\n  Known are ${Object.keys(parameters).join(', ')}.`,
      );
    }
    if (!(value instanceof Tensor)) {
      throw new TypeError(`${name}: ${what} "${key}" is ${typeof value}, not a Tensor.`);
    }
    if (!sameKind(value, parameter)) {
      throw new (value.dtype === parameter.dtype ? ShapeError : DTypeError)(
        `${name}: ${what} "${key}" is ${describeKind(value)}, its parameter ${describeKind(parameter)}.\n  Reshape or cast it.`,
      );
    }
  }
}

import { Cell } from '../cell.ts';
import { DTypeError, kindOf, ShapeError, showShape } from '../errors.ts';
import { Tensor } from '../tensor.ts';

/** What decides: a bool scalar, in a cell perhaps, or a JS boolean, which is the same for every call. */
export type Predicate = Tensor | Cell | boolean;

/** The predicate as a boolean or a bool scalar. */
export function requirePredicate(label: string, given: unknown): Tensor | boolean {
  if (typeof given === 'boolean') return given;
  const value = given instanceof Cell ? given.read() : given;
  if (!(value instanceof Tensor)) {
    throw new TypeError(
      `${label} must be a bool scalar, got ${kindOf(value)}.\n  Compare tensors, as in less(x, 0).`,
    );
  }
  if (value.dtype !== 'bool') {
    throw new DTypeError(
      `${label} must be a bool scalar, got ${value.dtype} ${showShape(value.shape)}.\n  Compare it, as in greater(x, 0).`,
    );
  }
  if (value.rank !== 0) {
    throw new ShapeError(
      `${label} must be a bool scalar, got bool ${showShape(value.shape)}.\n  Reduce it with all() or any(), or choose per element with where().`,
    );
  }
  return value;
}

import { Cell } from './cell.ts';
import { scalar } from './create.ts';
import { kindOf } from './errors.ts';
import { Tensor } from './tensor.ts';

/** What operations accept: a tensor, a cell (read at that moment), or a weakly typed number. */
export type TensorLike = Tensor | Cell | number;

/**
 * A tensor as it is, a cell's value, or a float32 scalar.
 *
 * @param name  of the operation, for the error
 * @throws TypeError for anything else
 */
export function asTensor(x: TensorLike, name = 'asTensor'): Tensor {
  if (x instanceof Tensor) return x;
  if (x instanceof Cell) return x.read();
  if (typeof x === 'number') return scalar(x);
  throw new TypeError(
    `${name}: expected a Tensor, a Cell or a number, got ${kindOf(x)}. Make one with tensor(...).`,
  );
}

/** Several of them; a TypeError unless they come in an array. */
export function tensorList(name: string, tensors: readonly TensorLike[]): Tensor[] {
  if (!Array.isArray(tensors)) {
    throw new TypeError(`${name}: needs an array of tensors, as in ${name}([x, y]).`);
  }
  return tensors.map((x) => asTensor(x, name));
}

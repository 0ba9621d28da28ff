import { Cell } from './cell.ts';
import { scalar } from './create.ts';
import { Tensor } from './tensor.ts';

/** What operations accept: a tensor, a cell (read at that moment), or a weakly typed number. */
export type TensorLike = Tensor | Cell | number;

/** A tensor as it is, a cell's value, or a float32 scalar. */
export function asTensor(x: TensorLike): Tensor {
  if (x instanceof Tensor) return x;
  if (x instanceof Cell) return x.read();
  if (typeof x === 'number') return scalar(x);
  const kind = x === null ? 'null' : Array.isArray(x) ? 'an array' : typeof x;
  throw new TypeError(
    `Expected a Tensor, a Cell or a number, got ${kind}. Make one with tensor(...).`,
  );
}

import { add } from '../primitives/add.ts';
import { concat } from '../primitives/concat.ts';
import { slice } from '../primitives/slice-pad.ts';
import type { Tensor } from '../tensor.ts';

/**
 * Sum along the last axis, which stays with size 1, in an order that no implementation may change:
 * elementwise additions of halves. `[...s, n] -> [...s, 1]`, n >= 1.
 */
export function orderedSum(x: Tensor): Tensor {
  const part = (y: Tensor, start: number, stop: number): Tensor =>
    slice(y, [...y.shape.slice(1).map(() => null), { start, stop }]);
  let y = x;
  for (let n = x.shape.at(-1)!; n > 1; n = y.shape.at(-1)!) {
    const half = n >>> 1;
    const pairs = add(part(y, 0, half), part(y, half, 2 * half));
    y = n % 2 === 0 ? pairs : concat([pairs, part(y, n - 1, n)], { axis: -1 });
  }
  return y;
}

import type { Value } from '../graph/graph.ts';
import { isNamed } from '../graph/names.ts';
import { along, walkOf } from './along.ts';
import type { Member } from './group.ts';
import type { Place } from './places.ts';

/**
 * The row that a member adds to all rows of a product, if that is what it does.
 *
 * @param axes  sizes of the axes of the member's group
 * @param own  how the group walks through the product
 */
export function biasOf(
  product: Value,
  axes: readonly number[],
  own: readonly number[],
  { equation, operands, axes: onto }: Member,
): Place | null {
  if (!isNamed(equation.primitive, 'add')) return null;
  const [x, y] = operands;
  if (x!.root !== product && y!.root !== product) return null;
  const other = x!.root === product ? y! : x!;
  if (other.root === product) return null;
  const walk = walkOf(other.layout.strides, onto, axes.length);
  const strides = along(product.shape, axes, own, walk);
  if (strides === null || strides.slice(0, -1).some((stride) => stride !== 0)) return null;
  return strides.at(-1) === 1 || product.shape.at(-1) === 1 ? other : null;
}

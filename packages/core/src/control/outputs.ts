import { sameShape } from '@tikhonov/array';
import { Cell } from '../cell.ts';
import { DTypeError, ShapeError, showShape } from '../errors.ts';
import type { Aval } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { type Flat, flattenTree, leavesLike } from '../tree.ts';

/** A tree of tensors; cells in it stand for their present values. */
export function outputsOf(name: string, tree: unknown): Flat<Tensor> {
  const flat = flattenTree(tree, name);
  return {
    ...flat,
    leaves: flat.leaves.map((leaf) => (leaf instanceof Cell ? leaf.read() : leaf)),
  };
}

/**
 * The leaves in the order of another tree of the same structure, shapes and dtypes.
 *
 * @param say  the message's first line, and what to do
 */
export function leavesAlike(
  name: string,
  want: { readonly leaves: readonly Aval[]; readonly paths: readonly string[] },
  got: Flat<Tensor>,
  say: (got: string, want: string, place: string) => string,
): readonly Tensor[] {
  const leaves = leavesLike(name, want, got);
  for (const [i, x] of want.leaves.entries()) {
    const y = leaves[i]!;
    if (x.dtype === y.dtype && sameShape(x.shape, y.shape)) continue;
    const path = want.paths[i]!;
    const message = say(typeOf(y), typeOf(x), path === '' ? '' : ` at "${path}"`);
    throw x.dtype === y.dtype ? new ShapeError(message) : new DTypeError(message);
  }
  return leaves;
}

const typeOf = ({ shape, dtype }: Aval): string => `${dtype} ${showShape(shape)}`;

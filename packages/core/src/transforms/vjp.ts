import { isFloating, sameShape } from '@tikhonov/array';
import { Cell } from '../cell.ts';
import { zerosLike } from '../create.ts';
import { DTypeError, requireFunction, ShapeError, showShape } from '../errors.ts';
import { Tensor } from '../tensor.ts';
import {
  type Flat,
  flattenTree,
  leavesLike,
  type TensorsOf,
  type Tree,
  type TreeParts,
} from '../tree.ts';
import { type Differentiable, grad } from './grad.ts';
import { leave, linearize } from './linearize.ts';

type Output = Tree<Tensor>;
type Arguments = readonly Differentiable[];

/**
 * `f` at the primals, and the function that pulls a cotangent of the output back to them:
 * `pullback(g) = J^T g`. It may be called several times.
 *
 * @param f  from tensors (or trees) to a tensor (or a tree)
 * @param primals  one per argument of `f`
 * @example
 * ```ts
 * const [y, pullback] = vjp((x) => x.mul(x), [tensor([1, 2])]);
 * pullback(tensor([1, 10]))[0].toArray(); // => [2, 40]
 * ```
 */
export function vjp<
  Primals extends Arguments | (readonly unknown[] & TreeParts<Primals>),
  Out extends Output | TreeParts<Out, Tensor>,
>(
  f: (...primals: Primals) => Out,
  primals: readonly [...Primals],
): [Out, (cotangent: TensorsOf<Out>) => TensorsOf<Primals>] {
  requireCall('vjp', f, primals);
  const tree = flattenTree(primals, 'vjp');
  const linear = linearize('vjp', tree, (leaves) => f(...substitute<Primals>(tree, leaves)));
  const outputs = flattenTree<Tensor>(linear.out, 'vjp');
  const pullback = (cotangent: TensorsOf<Out>): TensorsOf<Primals> => {
    const gs = matching('vjp', outputs, outputs.leaves, cotangent);
    const seeds = outputs.leaves.map((output, i) => ({ output, cotangent: gs[i]! }));
    return tree.rebuild<TensorsOf<Primals>>(linear.pullback(seeds).map(leave));
  };
  return [outputs.rebuild<Out>(outputs.leaves.map(leave)), pullback];
}

/**
 * `f` at the primals and its derivative along the tangents, `J v`: the pullback, which is linear in
 * its cotangent, pulled back once more. Outputs that are not floating have tangents of 0.
 *
 * @param tangents  as the primals, in structure, shapes and dtypes
 * @example
 * ```ts
 * const [y, slope] = jvp((x) => x.mul(x), [tensor([1, 2])], [tensor([1, 10])]);
 * slope.toArray(); // => [2, 40]
 * ```
 */
export function jvp<
  Primals extends Arguments | (readonly unknown[] & TreeParts<Primals>),
  Out extends Output | TreeParts<Out, Tensor>,
>(
  f: (...primals: Primals) => Out,
  primals: readonly [...Primals],
  tangents: TensorsOf<Primals>,
): [Out, TensorsOf<Out>] {
  requireCall('jvp', f, primals);
  const tree = flattenTree(primals, 'jvp');
  const values = tree.leaves.map((leaf) => (leaf instanceof Cell ? leaf.read() : leaf));
  const vs = matching('jvp', tree, values, tangents);
  const linear = linearize('jvp', tree, (leaves) => f(...substitute<Primals>(tree, leaves)));
  const outputs = flattenTree<Tensor>(linear.out, 'jvp');
  // g -> J^T g is linear, so its own pullback at any point, here 0, is v -> J v.
  const floating = outputs.leaves.filter((output) => isFloating(output.dtype));
  const zero = { leaves: floating.map((y) => zerosLike(y)), paths: outputs.paths };
  const transposed = linearize('jvp', zero, (gs) =>
    linear.pullback(floating.map((output, i) => ({ output, cotangent: gs[i]! }))),
  );
  const seeds = transposed.out.map((output, i) => ({ output, cotangent: vs[i]! }));
  const slopes = transposed.pullback(seeds).map(leave).values();
  const along = outputs.leaves.map((output) =>
    isFloating(output.dtype) ? slopes.next().value : zerosLike(output),
  );
  return [outputs.rebuild<Out>(outputs.leaves.map(leave)), outputs.rebuild<TensorsOf<Out>>(along)];
}

/**
 * Hessian-vector product of a scalar function: the derivative of its gradient along the tangents,
 * by one pullback through the gradient.
 *
 * @example
 * ```ts
 * const f = (x: Tensor) => x.mul(x).mul(x).sum();
 * hvp(f, [tensor([1, 2])], [tensor([1, 1])])[0].toArray(); // => [6, 12]
 * ```
 */
export function hvp<Primals extends Arguments | (readonly unknown[] & TreeParts<Primals>)>(
  f: (...primals: Primals) => Tensor,
  primals: readonly [...Primals],
  tangents: TensorsOf<Primals>,
): TensorsOf<Primals> {
  requireCall('hvp', f, primals);
  const gradient = (...xs: Primals): Output => {
    const tree = flattenTree<Tensor>(grad((all: Primals) => f(...all))(xs));
    return tree.rebuild<Output>(tree.leaves);
  };
  // The Hessian is symmetric, so H v = (v^T H)^T.
  const [, pullback] = vjp<Primals, Output>(gradient, primals);
  const along = flattenTree<Tensor>(tangents, 'hvp');
  return pullback(along.rebuild<TensorsOf<Output>>(along.leaves));
}

/** Throws unless there is a function and an array of its arguments. */
function requireCall(name: string, f: unknown, primals: unknown): void {
  requireFunction(name, f);
  if (!Array.isArray(primals)) {
    throw new TypeError(
      `${name}: the primals must be an array of arguments, as in ${name}(f, [x]).`,
    );
  }
}

/** The primals with leaves in place of the tensors; cells stay, they have been rebound. */
const substitute = <Primals>(tree: Flat<Tensor | Cell>, leaves: readonly Tensor[]): Primals =>
  tree.rebuild<Primals>(tree.leaves.map((leaf, i) => (leaf instanceof Tensor ? leaves[i]! : leaf)));

function matching(
  name: string,
  tree: { readonly paths: readonly string[] },
  want: readonly Tensor[],
  along: unknown,
): readonly Tensor[] {
  const what = name === 'vjp' ? ['cotangents', 'outputs'] : ['tangents', 'primals'];
  const flat = flattenTree<Tensor>(along, name);
  if (want.length !== flat.leaves.length) {
    throw new TypeError(`${name}: ${flat.leaves.length} ${what[0]} for ${want.length} ${what[1]}.`);
  }
  const got = leavesLike(name, tree, flat);
  for (const [i, x] of want.entries()) {
    const y = got[i]!;
    if (!sameShape(x.shape, y.shape)) {
      throw new ShapeError(
        `${name}: ${what[0]}[${i}] has shape ${showShape(y.shape)}, its ${what[1]} ${showShape(x.shape)}.`,
      );
    }
    if (x.dtype !== y.dtype) {
      throw new DTypeError(`${name}: ${what[0]}[${i}] is ${y.dtype}, its ${what[1]} ${x.dtype}.`);
    }
  }
  return got;
}

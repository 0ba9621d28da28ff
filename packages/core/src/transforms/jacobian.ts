import { isFloating, sizeOf } from '@tikhonov/array';
import { Cell } from '../cell.ts';
import { tensor, zeros, zerosLike } from '../create.ts';
import { DTypeError, requireFunction } from '../errors.ts';
import { requireOptions } from '../options.ts';
import type { Aval } from '../primitive.ts';
import { stack } from '../primitives/concat.ts';
import { reshape } from '../primitives/reshape.ts';
import { permute } from '../primitives/transpose.ts';
import { Tensor } from '../tensor.ts';
import { flattenTree, type TensorsOf, type Tree, type TreeParts } from '../tree.ts';
import { type Differentiable, grad } from './grad.ts';
import { leave, linearize } from './linearize.ts';

/** For every tensor of the output, the structure of the input. */
export type JacobianOf<Out, X> = [Tree<Tensor>] extends [Out]
  ? Tree<Tensor>
  : Out extends Tensor
    ? TensorsOf<X>
    : { readonly [K in keyof Out]: JacobianOf<Out[K], X> };

/** Options of `jacobian`. */
export interface JacobianOptions {
  /**
   * `'reverse'` pulls back one cotangent per element of the output, `'forward'` pushes one tangent per
   * element of the input. @defaultValue whichever is fewer
   */
  readonly mode?: 'reverse' | 'forward';
}

/**
 * All first derivatives of a function with respect to its first argument, as a function. For an output
 * `[...m]` and an input `[...n]` the result is `[...m, ...n]`; trees of outputs and inputs give a tree
 * of trees, outputs first.
 *
 * @param f  from a tensor, a cell or a tree of them to a floating tensor or a tree of them
 * @example
 * ```ts
 * jacobian((x) => x.mul(x))(tensor([1, 2])).toArray(); // => [[2, 0], [0, 4]]
 * ```
 */
export function jacobian<
  X extends Differentiable | TreeParts<X> = Tensor,
  Rest extends readonly unknown[] = readonly unknown[],
  Out extends Tree<Tensor> | TreeParts<Out, Tensor> = Tensor,
>(
  f: (x: X, ...rest: Rest) => Out,
  options: JacobianOptions = {},
): (x: X, ...rest: Rest) => JacobianOf<Out, X> {
  requireFunction('jacobian', f);
  requireOptions('jacobian', options, { mode: true });
  const { mode } = options;
  if (mode !== undefined && mode !== 'reverse' && mode !== 'forward') {
    throw new RangeError(`jacobian: mode must be 'reverse' or 'forward', got ${String(mode)}.`);
  }
  return (x, ...rest) => {
    const tree = flattenTree(x, 'jacobian');
    const linear = linearize('jacobian', tree, (leaves) =>
      f(
        tree.rebuild<X>(tree.leaves.map((leaf, i) => (leaf instanceof Tensor ? leaves[i]! : leaf))),
        ...rest,
      ),
    );
    const outputs = flattenTree<Tensor>(linear.out, 'jacobian');
    for (const { dtype } of outputs.leaves) {
      if (!isFloating(dtype)) {
        throw new DTypeError(`jacobian: the function must return floating values, got ${dtype}.`);
      }
    }
    const inputs = tree.leaves.map((leaf) => (leaf instanceof Cell ? leaf.peek() : leaf));
    const total = (avals: readonly Aval[]): number =>
      avals.reduce((n, { shape }) => n + sizeOf(shape), 0);
    const reverse =
      (mode ?? (total(outputs.leaves) <= total(inputs) ? 'reverse' : 'forward')) === 'reverse';
    const pullback = (gs: readonly Tensor[]): Tensor[] =>
      linear.pullback(outputs.leaves.map((output, i) => ({ output, cotangent: gs[i]! })));
    const blocks = reverse
      ? rowsOf(outputs.leaves, inputs, pullback)
      : transposed(
          rowsOf(inputs, outputs.leaves, pushforward(outputs.leaves, pullback)),
          outputs.leaves,
          inputs,
        );
    return outputs.rebuild<JacobianOf<Out, X>>(blocks.map((row) => tree.rebuild(row.map(leave))));
  };
}

/** `v -> J v` from the pullback, which is linear, so that its own pullback is the same everywhere. */
function pushforward(
  outputs: readonly Tensor[],
  pullback: (gs: readonly Tensor[]) => Tensor[],
): (vs: readonly Tensor[]) => Tensor[] {
  const zero = { leaves: outputs.map((y) => zerosLike(y)), paths: [] };
  const linear = linearize('jacobian', zero, pullback);
  return (vs) => linear.pullback(linear.out.map((output, i) => ({ output, cotangent: vs[i]! })));
}

/** `blocks[a][b]` is `[...from[a], ...to[b]]`: what a linear map makes of every unit of `from`. */
function rowsOf(
  from: readonly Aval[],
  to: readonly Aval[],
  apply: (units: readonly Tensor[]) => readonly Tensor[],
): Tensor[][] {
  const blank = from.map((x) => zerosLike(x));
  return from.map((aval, a) => {
    const size = sizeOf(aval.shape);
    const rows = Array.from({ length: size }, (_, i) =>
      apply(blank.map((zero, k) => (k === a ? unit(aval, i) : zero))),
    );
    return to.map((target, b) => {
      const shape = [...aval.shape, ...target.shape];
      return size === 0
        ? zeros(shape, { dtype: target.dtype })
        : reshape(stack(rows.map((row) => row[b]!)), shape);
    });
  });
}

function unit({ shape, dtype }: Aval, i: number): Tensor {
  const data = new Float64Array(sizeOf(shape));
  data[i] = 1;
  return tensor(data, { shape, dtype });
}

/** `[...from, ...to]` blocks by input as `[...to, ...from]` blocks by output. */
const transposed = (
  blocks: readonly (readonly Tensor[])[],
  outputs: readonly Aval[],
  inputs: readonly Aval[],
): Tensor[][] =>
  outputs.map((_, o) =>
    inputs.map(({ shape }, i) => {
      const block = blocks[i]![o]!;
      const axes = block.shape.map((_, k) => k);
      return permute(block, [...axes.slice(shape.length), ...axes.slice(0, shape.length)]);
    }),
  );

/**
 * All second derivatives of a scalar function with respect to its first argument, as a function: for an
 * input `[...n]`, `[...n, ...n]`; for a tree of inputs, a tree of trees. For products of the Hessian
 * with a vector, `hvp` is cheaper.
 *
 * @throws ShapeError if the value is not a scalar
 * @example
 * ```ts
 * hessian((x) => x.mul(x).mul(x).sum())(tensor([1, 2])).toArray(); // => [[6, 0], [0, 12]]
 * ```
 */
export function hessian<
  X extends Differentiable | TreeParts<X> = Tensor,
  Rest extends readonly unknown[] = readonly unknown[],
>(f: (x: X, ...rest: Rest) => Tensor): (x: X, ...rest: Rest) => JacobianOf<TensorsOf<X>, X> {
  const gradient = (x: X, ...rest: Rest): Tree<Tensor> => {
    const tree = flattenTree<Tensor>(grad(f)(x, ...rest));
    return tree.rebuild<Tree<Tensor>>(tree.leaves);
  };
  const both = jacobian<X, Rest, Tree<Tensor>>(gradient, { mode: 'reverse' });
  return (x, ...rest) => {
    const blocks = flattenTree<Tensor>(both(x, ...rest), 'hessian');
    return blocks.rebuild<JacobianOf<TensorsOf<X>, X>>(blocks.leaves);
  };
}

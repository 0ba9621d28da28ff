import { isFloating, sameShape } from '@tikhonov/array';
import { Cell, detach } from '../cell.ts';
import { kindOf, requireFunction, ShapeError, showShape } from '../errors.ts';
import { frame } from '../interpreter.ts';
import { createNode } from '../tape.ts';
import { Tensor } from '../tensor.ts';
import { flattenTree, leavesLike, type TensorsOf, type Tree, type TreeParts } from '../tree.ts';
import { jointPullback } from './boundary.ts';
import type { Differentiable } from './grad.ts';

/** What the function under `customGradient` returns. */
export interface CustomGradient<Args extends readonly unknown[], Out> {
  /** The result. Its own history is dropped. */
  readonly value: Out;
  /**
   * One cotangent per argument, from that of the value. Write it in operations, linear in `g`: then
   * higher orders and forward mode follow.
   */
  readonly pullback: (
    g: TensorsOf<Out>,
  ) => readonly [...{ readonly [K in keyof Args]: TensorsOf<Args[K]> }];
}

/**
 * A function with a derivative of your own: for a rule that is more stable or cheaper than that of its
 * parts, or for a deliberate one such as a straight-through estimator. What the function closes over
 * gets no gradient through it: pass it as an argument.
 *
 * @param f  returns the value and the pullback. Entries of the pullback for integer or bool leaves are
 * ignored, but must be there
 * @throws TypeError or ShapeError, when a cotangent is pulled back, if the pullback's result does not
 * have the structure, shapes and dtypes of the arguments
 * @see Bengio, Léonard & Courville, "Estimating or Propagating Gradients Through Stochastic Neurons"
 * (2013), for the straight-through estimator
 * @example
 * ```ts
 * const round = customGradient((x) => ({ value: floor(x.add(0.5)), pullback: (g) => [g] }));
 * const x = tensor([0.2, 1.7]);
 * round(x).toArray(); // => [0, 2]
 * grad((x) => round(x).sum())(x).toArray(); // => [1, 1]
 * ```
 */
export function customGradient<
  Args extends
    | readonly Differentiable[]
    | (readonly unknown[] & TreeParts<Args>) = readonly Tensor[],
  Out extends Tree<Tensor> | TreeParts<Out, Tensor> = Tensor,
>(f: (...args: Args) => CustomGradient<Args, Out>): (...args: Args) => Out {
  requireFunction('customGradient', f);
  return (...args) => {
    const given = flattenTree(args, 'customGradient');
    const inputs = given.leaves.map((leaf) => (leaf instanceof Cell ? leaf.read() : leaf));
    const returned = f(...given.rebuild<Args>(inputs));
    const { value, pullback } = returned ?? {};
    if (typeof pullback !== 'function') {
      throw new TypeError('customGradient: the function must return { value, pullback }.');
    }
    const flat = flattenTree<Tensor>(value, 'customGradient');
    const plain = flat.leaves.map(detach);
    const level = Math.min(...inputs.map((input) => input.level));
    if (level >= frame().recordBelow || level === Infinity) return flat.rebuild<Out>(plain);

    const all = jointPullback((gs) => {
      const result = pullback(flat.rebuild<TensorsOf<Out>>(gs));
      if (!Array.isArray(result)) {
        throw new TypeError(
          `customGradient: the pullback must return an array, one cotangent per argument, got ${kindOf(result)}.\n  Return [g], not g.`,
        );
      }
      const leaves = leavesLike(
        'customGradient',
        given,
        flattenTree<Tensor>(result, 'customGradient'),
      );
      for (const [i, g] of leaves.entries()) requireLike(inputs[i]!, g, given.paths[i]!);
      return leaves;
    });
    const node = createNode({
      level,
      name: 'customGradient',
      outputs: plain.map(({ shape, dtype }) => ({ shape, dtype })),
      edges: inputs.flatMap(({ node, output, level }, i) =>
        node === null || level >= frame().recordBelow
          ? []
          : [{ parent: node, output, pullback: all(i) }],
      ),
      cell: null,
    });
    return flat.rebuild<Out>(
      plain.map((leaf, k) =>
        isFloating(leaf.dtype) ? new Tensor(leaf.shape, leaf.dtype, leaf.payload, node, k) : leaf,
      ),
    );
  };
}

function requireLike(input: Tensor, g: Tensor, path: string): void {
  if (!isFloating(input.dtype)) return;
  if (sameShape(input.shape, g.shape) && input.dtype === g.dtype) return;
  throw new ShapeError(
    `customGradient: the pullback returned ${g.dtype} ${showShape(g.shape)} for argument ${path}, which is ${input.dtype} ${showShape(input.shape)}.\n` +
      '  Return one cotangent per argument, of its shape and dtype.',
  );
}

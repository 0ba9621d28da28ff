import { isFloating } from '@tikhonov/array';
import { backpropagate } from '../backpropagate.ts';
import { zerosLike } from '../create.ts';
import { requireFunction } from '../errors.ts';
import { frame, within } from '../interpreter.ts';
import { createNode, type Node, newest } from '../tape.ts';
import { Tensor } from '../tensor.ts';
import { flattenTree, type Tree, type TreeParts } from '../tree.ts';
import { boundaryOf, jointPullback } from './boundary.ts';
import { emptyState, rebound, silent, watching } from './replay.ts';

/**
 * A function that keeps nothing of what it computes for its derivative: it is computed again when a
 * cotangent is pulled back. Memory falls to its inputs and outputs, time rises by one more call.
 * Results are those of `f`, and so are derivatives of any order (but for the order in which their
 * contributions are added), also with respect to parameters and other tensors that `f` closes over.
 *
 * The second call sees every cell as the first one did, and writes nothing; random keys are values, so
 * its draws are the same. `f` must not depend on anything else that changes.
 *
 * @param f  from anything to a tensor or a tree of tensors
 * @throws TypeError unless it is a function that returns such
 * @see Chen, Xu, Zhang & Guestrin, "Training Deep Nets with Sublinear Memory Cost" (2016)
 * @example
 * ```ts
 * const plain = (x: Tensor) => tanh(x.mul(2));
 * const block = checkpoint(plain);
 * const slope = (f: typeof plain) => grad((x) => f(x).sum())(tensor([0.5])).item();
 * slope(block) === slope(plain); // => true
 * ```
 */
export function checkpoint<
  Args extends readonly unknown[] = readonly Tensor[],
  Out extends Tree<Tensor> | TreeParts<Out, Tensor> = Tensor,
>(f: (...args: Args) => Out): (...args: Args) => Out {
  requireFunction('checkpoint', f);
  return (...args) => {
    const { depth, recordBelow, evaluator } = frame();
    const start = newest();
    const state = emptyState();
    const out = within({ evaluator: watching(evaluator, state) }, () => f(...args));
    const flat = flattenTree<Tensor>(out, 'checkpoint');
    const before = (node: Node): boolean => node.id <= start;
    const floats = flat.leaves.filter(({ dtype }) => isFloating(dtype));
    const inputs = boundaryOf(floats, before);
    if (inputs.length === 0) return out;
    const oldest = inputs[0]!.node.id;

    const again = (): readonly Tensor[] =>
      rebound(state, () => {
        const evaluator = silent(frame().evaluator);
        // Nodes are made in between, so no two have the same number.
        return within({ depth, recordBelow, evaluator, recomputation: newest() }, () =>
          flattenTree<Tensor>(f(...args), 'checkpoint').leaves.filter(({ dtype }) =>
            isFloating(dtype),
          ),
        );
      });
    const pullback = jointPullback((gs) => {
      const seeds = again().map((output, k) => ({ output, cotangent: gs[k]! }));
      const found = backpropagate(seeds, before, oldest);
      return inputs.map(
        ({ node, output }) => found.get(node)?.[output] ?? zerosLike(node.outputs[output]!),
      );
    });
    const node = createNode({
      level: Math.min(...inputs.map((input) => input.node.level)),
      name: 'checkpoint',
      outputs: floats.map(({ shape, dtype }) => ({ shape, dtype })),
      edges: inputs.map((input, k) => ({
        parent: input.node,
        output: input.output,
        pullback: pullback(k),
      })),
      cell: null,
    });
    return flat.rebuild<Out>(
      flat.leaves.map((leaf) => {
        const at = floats.indexOf(leaf);
        return at === -1 || leaf.node === null
          ? leaf
          : new Tensor(leaf.shape, leaf.dtype, leaf.payload, node, at);
      }),
    );
  };
}

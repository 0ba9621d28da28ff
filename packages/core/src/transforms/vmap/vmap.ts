import { isFloating } from '@tikhonov/array';
import { normalizeAxis } from '../../axes.ts';
import { backpropagate } from '../../backpropagate.ts';
import { zerosLike } from '../../create.ts';
import { requireFunction, ShapeError, showShape } from '../../errors.ts';
import { frame, within } from '../../interpreter.ts';
import { requireOptions } from '../../options.ts';
import { broadcastTo, sum } from '../../primitives/sum-broadcast.ts';
import { permute } from '../../primitives/transpose.ts';
import { createNode, type Node, newest } from '../../tape.ts';
import { Tensor } from '../../tensor.ts';
import { flattenTree, type Tree, type TreeParts } from '../../tree.ts';
import { boundaryOf, jointPullback } from '../boundary.ts';
import { BatchingEvaluator } from './evaluator.ts';

/** Options of `vmap`. */
export interface VmapOptions {
  /**
   * The axis of the examples, for all arguments or for each of them; `null` for an argument that all
   * examples share. @defaultValue 0
   */
  readonly inAxes?: number | null | readonly (number | null)[];
  /** Where the examples lie in the results. @defaultValue 0 */
  readonly outAxes?: number;
}

/**
 * A function of one example as a function of many: what it computes with an axis of examples added,
 * at once where the operations allow it. It composes with derivatives: `vmap(grad(loss))` gives
 * per-example gradients, and a vmapped function can be differentiated, also with respect to what it
 * closes over.
 *
 * Random keys that all examples share give all of them the same draws: pass one key per example. The
 * function must not write to cells.
 *
 * @param f  from tensors (or trees) to a tensor (or a tree)
 * @throws ShapeError if arguments disagree in the number of examples, or an axis does not exist
 * @throws RangeError if no argument has an axis of examples
 * @throws TraceError if the function reads a value or writes to a cell
 * @see JAX's `vmap`
 * @example
 * ```ts
 * const loss = (w: Tensor, x: Tensor) => matmul(w, x).mul(matmul(w, x));
 * const each = vmap(grad(loss), { inAxes: [null, 0] });
 * each(tensor([1, 1]), tensor([[1, 0], [2, 1]])).toArray(); // => [[2, 0], [12, 6]]
 * ```
 */
export function vmap<
  Args extends
    | readonly Tree<Tensor>[]
    | (readonly unknown[] & TreeParts<Args, Tensor>) = readonly Tensor[],
  Out extends Tree<Tensor> | TreeParts<Out, Tensor> = Tensor,
>(f: (...args: Args) => Out, options: VmapOptions = {}): (...args: Args) => Out {
  requireFunction('vmap', f);
  requireOptions('vmap', options, { inAxes: true, outAxes: true });
  const { inAxes = 0, outAxes = 0 } = options;
  return (...args) => {
    const given = args.map((arg) => flattenTree<Tensor>(arg, 'vmap'));
    const axes = axesOf(inAxes, args.length);
    const leaves = given.flatMap(({ leaves }, i) => {
      const axis = axes[i]!;
      return leaves.map((leaf) => (axis === null ? leaf : toFront(leaf, axis)));
    });
    const shared = given.flatMap(({ leaves }, i) => leaves.map(() => axes[i] === null));
    const batch = new Batch(sizeOfBatch(leaves, shared));
    let rebuild: (<Like>(leaves: readonly unknown[]) => Like) | undefined;
    const results = batch.run(leaves, shared, (inner) => {
      let at = 0;
      const inputs = given.map((tree) => tree.rebuild(tree.leaves.map(() => inner[at++]!)));
      const out = flattenTree<Tensor>(f(...(inputs as readonly unknown[] as Args)), 'vmap');
      rebuild = out.rebuild;
      return out.leaves;
    });
    return rebuild!<Out>(results.map((all) => fromFront(all, outAxes)));
  };
}

/**
 * A set of examples. What runs in it is recorded as it would be for one example; towards the outside
 * each run is a single node, whose pullback is a run of its own. So derivatives of any order work
 * across the border, in both directions.
 */
class Batch {
  readonly #evaluator: BatchingEvaluator;
  readonly #start = newest();
  readonly #depth = frame().depth;
  /** Leaves inside, and the tensors outside that they are the examples of. */
  readonly #entered = new Map<Node, Tensor>();

  constructor(size: number) {
    this.#evaluator = new BatchingEvaluator(size);
  }

  /** Runs `body` on the examples of the inputs; the results have them along axis 0. */
  run(
    inputs: readonly Tensor[],
    shared: readonly boolean[],
    body: (inner: readonly Tensor[]) => readonly Tensor[],
  ): Tensor[] {
    const { recordBelow } = frame();
    const inner = inputs.map((x, i) => (shared[i] ? x : this.#enter(x)));
    const outputs = within(
      { evaluator: this.#evaluator, depth: Math.max(this.#depth, frame().depth) },
      () => body(inner),
    );
    const plain = outputs.map((y) => this.#leave(y));
    const floats = outputs.filter(({ dtype }) => isFloating(dtype));
    const places = boundaryOf(floats, (node) => this.#isOutside(node)).filter(
      ({ node }) => node.level < recordBelow,
    );
    if (places.length === 0) return plain;
    const oldest = places[0]!.node.id;
    const pullback = jointPullback((gs) =>
      this.run(
        gs,
        gs.map(() => false),
        (cotangents) => {
          const seeds = floats.map((output, k) => ({ output, cotangent: cotangents[k]! }));
          const found = backpropagate(seeds, (node) => this.#isOutside(node), oldest);
          return places.map(
            ({ node, output }) => found.get(node)?.[output] ?? zerosLike(node.outputs[output]!),
          );
        },
      ).map((all, i) => (this.#entered.has(places[i]!.node) ? all : sumOver(all))),
    );
    const edges = places.flatMap(({ node, output }, i) => {
      const outer = this.#entered.get(node);
      const parent = outer === undefined ? node : outer.node!;
      return [{ parent, output: outer?.output ?? output, pullback: pullback(i) }];
    });
    const avals = plain.filter(({ dtype }) => isFloating(dtype));
    const node = createNode({
      level: Math.min(...places.map((place) => place.node.level)),
      name: 'vmap',
      outputs: avals.map(({ shape, dtype }) => ({ shape, dtype })),
      edges,
      cell: null,
    });
    return plain.map((y) => {
      const at = avals.indexOf(y);
      return at === -1 ? y : new Tensor(y.shape, y.dtype, y.payload, node, at);
    });
  }

  #isOutside(node: Node): boolean {
    return node.id <= this.#start || this.#entered.has(node);
  }

  /** One example's tensor for all of `x`, a leaf if a derivative outside follows `x`. */
  #enter(x: Tensor): Tensor {
    const aval = { shape: x.shape.slice(1), dtype: x.dtype };
    const payload = this.#evaluator.wrap(new Tensor(x.shape, x.dtype, x.payload));
    if (x.node === null) return new Tensor(aval.shape, aval.dtype, payload);
    const leaf = createNode({
      level: x.level,
      name: 'input',
      outputs: [aval],
      edges: [],
      cell: null,
    });
    this.#entered.set(leaf, x);
    return new Tensor(aval.shape, aval.dtype, payload, leaf);
  }

  /** All examples of a value; repeated if it is the same for all of them. */
  #leave(y: Tensor): Tensor {
    const all = this.#evaluator.examples(y.payload);
    if (all !== null) return all;
    const plain = new Tensor(y.shape, y.dtype, y.payload);
    return within({ recordBelow: -Infinity }, () =>
      broadcastTo(plain, [this.#evaluator.size, ...y.shape]),
    );
  }
}

const sumOver = (all: Tensor): Tensor => sum(all, { axis: 0 });

function axesOf(inAxes: VmapOptions['inAxes'], count: number): readonly (number | null)[] {
  const axes =
    typeof inAxes === 'object' && inAxes !== null
      ? inAxes
      : new Array<number | null>(count).fill(inAxes ?? null);
  if (axes.length !== count) {
    throw new RangeError(
      `vmap: inAxes has ${axes.length} entries for ${count} arguments.\n  Give one per argument, null for those that all examples share.`,
    );
  }
  if (axes.every((axis) => axis === null)) {
    throw new RangeError('vmap: no argument has an axis of examples; inAxes is null for all.');
  }
  return axes;
}

function sizeOfBatch(leaves: readonly Tensor[], shared: readonly boolean[]): number {
  const batched = leaves.filter((_, i) => !shared[i]);
  const sizes = [...new Set(batched.map(({ shape }) => shape[0]!))];
  if (sizes.length !== 1) {
    throw new ShapeError(
      sizes.length === 0
        ? 'vmap: there is no tensor with an axis of examples.'
        : `vmap: arguments have different numbers of examples: ${sizes.join(', ')} (examples first: ${batched.map(({ shape }) => showShape(shape)).join(', ')}).`,
    );
  }
  if (sizes[0] === 0) throw new ShapeError('vmap: there are no examples: the axis has size 0.');
  return sizes[0]!;
}

function toFront(x: Tensor, axis: number): Tensor {
  const from = normalizeAxis('vmap', axis, x.shape);
  if (from === 0) return x;
  const others = x.shape.map((_, k) => k).filter((k) => k !== from);
  return permute(x, [from, ...others]);
}

function fromFront(x: Tensor, axis: number): Tensor {
  const to = normalizeAxis('vmap', axis, x.shape);
  if (to === 0) return x;
  const order = x.shape.slice(1).map((_, k) => k + 1);
  order.splice(to, 0, 0);
  return permute(x, order);
}

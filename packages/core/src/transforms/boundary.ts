import type { Node, NodePullback } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

/** One output of a node. */
export interface Place {
  readonly node: Node;
  readonly output: number;
}

/**
 * Where the history of the outputs leaves a stretch of the graph: the first outputs of nodes that
 * `outside` holds for, each once, in the order of their creation.
 */
export function boundaryOf(
  outputs: readonly Tensor[],
  outside: (node: Node) => boolean,
): readonly Place[] {
  const places = new Map<Node, Set<number>>();
  const seen = new Set<Node>();
  const stack: Node[] = [];
  const visit = (node: Node, output: number): void => {
    if (outside(node)) {
      const held = places.get(node);
      if (held === undefined) places.set(node, new Set([output]));
      else held.add(output);
    } else if (!seen.has(node)) {
      seen.add(node);
      stack.push(node);
    }
  };
  for (const { node, output } of outputs) if (node !== null) visit(node, output);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (const edge of node.edges) visit(edge.parent, edge.output);
  }
  return [...places]
    .sort(([a], [b]) => a.id - b.id)
    .flatMap(([node, held]) => [...held].sort((a, b) => a - b).map((output) => ({ node, output })));
}

/**
 * Pullbacks for several inputs that are computed together: the work is done once for a set of
 * cotangents, and forgotten with it.
 */
export function jointPullback(
  all: (gs: readonly Tensor[]) => readonly Tensor[],
): (index: number) => NodePullback {
  const done = new WeakMap<readonly Tensor[], readonly Tensor[]>();
  return (index) => (gs) => {
    const results = done.get(gs) ?? all(gs);
    done.set(gs, results);
    return results[index]!;
  };
}

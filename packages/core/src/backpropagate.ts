import { sameShape } from '@tikhonov/array';
import { zerosLike } from './create.ts';
import { showShape } from './errors.ts';
import { add } from './primitives/add.ts';
import type { Edge, Node } from './tape.ts';
import type { Tensor } from './tensor.ts';

/** An output with its cotangent. */
export interface Seed {
  readonly output: Tensor;
  readonly cotangent: Tensor;
}

/**
 * Pulls cotangents back from the seeds to the targets; returns, per target that was reached, one for
 * each of its outputs that was.
 * Only operations that lie between them run. Everything is done with lists, so a graph may be as
 * deep as memory allows. Whether the work is itself recorded is up to the current frame.
 */
export function backpropagate(
  seeds: readonly Seed[],
  isTarget: (node: Node) => boolean,
  oldest: number,
): Map<Node, readonly (Tensor | undefined)[]> {
  const order = nodesBetween(seeds, isTarget, oldest);
  const cotangents = new Map<Node, (Tensor | undefined)[]>();
  for (const { output, cotangent } of seeds) {
    if (output.node !== null && order.useful.has(output.node)) {
      accumulate(cotangents, output.node, output.output, cotangent);
    }
  }
  const found = new Map<Node, readonly (Tensor | undefined)[]>();
  for (let i = order.nodes.length - 1; i >= 0; i--) {
    const node = order.nodes[i]!;
    const gs = cotangents.get(node);
    if (gs === undefined || !order.useful.has(node)) continue;
    cotangents.delete(node);
    if (isTarget(node)) {
      found.set(node, gs);
      continue;
    }
    const full = node.outputs.map((aval, k) => gs[k] ?? zerosLike(aval));
    for (const edge of node.edges) {
      if (!order.useful.has(edge.parent)) continue;
      const g = edge.pullback(full);
      verify(g, node, edge);
      accumulate(cotangents, edge.parent, edge.output, g);
    }
  }
  return found;
}

/** Nodes reachable from the seeds, oldest first, and which of them lead to a target. */
function nodesBetween(
  seeds: readonly Seed[],
  isTarget: (node: Node) => boolean,
  oldest: number,
): { nodes: Node[]; useful: Set<Node> } {
  const seen = new Set<Node>();
  const stack: Node[] = [];
  const push = (node: Node): void => {
    // Inputs are older than what is computed from them, so nothing below the oldest target counts.
    if (node.id < oldest || seen.has(node)) return;
    seen.add(node);
    stack.push(node);
  };
  for (const { output } of seeds) if (output.node !== null) push(output.node);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (!isTarget(node)) for (const edge of node.edges) push(edge.parent);
  }
  const nodes = [...seen].sort((a, b) => a.id - b.id);
  const useful = new Set<Node>();
  for (const node of nodes) {
    if (isTarget(node) || node.edges.some((edge) => useful.has(edge.parent))) useful.add(node);
  }
  return { nodes, useful };
}

function accumulate(
  cotangents: Map<Node, (Tensor | undefined)[]>,
  node: Node,
  output: number,
  g: Tensor,
): void {
  const held = cotangents.get(node);
  if (held === undefined) {
    const fresh = new Array<Tensor | undefined>(node.outputs.length).fill(undefined);
    fresh[output] = g;
    cotangents.set(node, fresh);
  } else {
    const before = held[output];
    held[output] = before === undefined ? g : add(before, g);
  }
}

/** A rule that returns another shape or dtype than its input had is our bug: say which. */
function verify(g: Tensor, node: Node, edge: Edge): void {
  const want = edge.parent.outputs[edge.output]!;
  if (!sameShape(g.shape, want.shape) || g.dtype !== want.dtype) {
    throw new Error(
      `internal: the pullback of ${node.name} returned ${g.dtype} ${showShape(g.shape)} for an input of ${want.dtype} ${showShape(want.shape)}.`,
    );
  }
}

import type { Cell } from './cell.ts';
import type { Aval } from './primitive.ts';
import type { Tensor } from './tensor.ts';

/** Cotangents of a node's outputs in, cotangent of one parent out. */
export type NodePullback = (gs: readonly Tensor[]) => Tensor;

/** One recorded operation. Nodes point only to their inputs, so an unused graph is garbage. */
export interface Node {
  /** Creation order: parents always have smaller numbers. */
  readonly id: number;
  /** The outermost level of differentiation that the node depends on; 0 is `backward()`. */
  readonly level: number;
  readonly name: string;
  readonly outputs: readonly Aval[];
  /** The inputs that are tracked: their node, which output of it, and how to pull back to it. */
  readonly edges: readonly Edge[];
  /** The cell whose value this leaf is, for `backward()`. */
  readonly cell: Cell | null;
}

/** A tracked input of a node: where it came from, and how to pull a cotangent back to it. */
export interface Edge {
  readonly parent: Node;
  readonly output: number;
  readonly pullback: NodePullback;
}

// Ordering numbers only: their values never influence a result.
let created = 0;

/** A new node; its number is larger than that of every node before it. */
export function createNode({ level, name, outputs, edges, cell }: Omit<Node, 'id'>): Node {
  created += 1;
  return { id: created, level, name, outputs, edges, cell };
}

/** The number of the newest node: what is recorded from now on has larger ones. */
export const newest = (): number => created;

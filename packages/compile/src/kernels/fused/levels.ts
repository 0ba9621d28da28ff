import type { FusedSpec, Node, Walk } from './spec.ts';

/** How often a node has another value: never, once per row, or at every element. */
export type Level = 'kernel' | 'row' | 'element';

/** When the nodes of a kernel are computed. */
export interface Levels {
  readonly level: readonly Level[];
  /** How often each result is stored, which may be more often than it changes. */
  readonly stored: readonly Level[];
  /**
   * The pass over a row in which a node can be computed first; a row's values come before the pass of
   * that number.
   */
  readonly phase: readonly number[];
  /** How many passes a row needs. */
  readonly phases: number;
}

/** Sorts nodes by how often they change and by the reductions that they wait for. */
export function levelsOf({ nodes, inputs, outputs, reduced, axes }: FusedSpec): Levels {
  const reduces = nodes.some(({ kind }) => kind === 'reduce');
  const level: Level[] = [];
  const phase: number[] = [];
  const walks = ({ strides }: Walk, over: boolean): boolean =>
    strides.some((stride, k) => stride !== 0 && axes[k] !== 1 && (!reduces || reduced[k] === over));
  const walkLevel = (walk: Walk): Level => {
    if (walks(walk, true)) return 'element';
    return reduces && walks(walk, false) ? 'row' : 'kernel';
  };
  const levelOf = (node: Node): Level => {
    if (node.kind === 'constant') return 'kernel';
    if (node.kind === 'reduce') return 'row';
    if (node.kind === 'input') return walkLevel(inputs[node.input]!);
    const args = node.args.map((arg) => level[arg]!);
    if (args.includes('element')) return 'element';
    return args.includes('row') ? 'row' : 'kernel';
  };
  for (const node of nodes) {
    level.push(levelOf(node));
    if (node.kind === 'reduce') phase.push(phase[node.arg]! + 1);
    else if (node.kind === 'map') phase.push(Math.max(0, ...node.args.map((arg) => phase[arg]!)));
    else phase.push(0);
  }
  // What is stored for every row, or every element, is so even if it is the same in all.
  const stored = outputs.map((output): Level => {
    const own = walkLevel(output);
    if (own === 'kernel' && reduces && level[output.node] !== 'kernel') return 'row';
    return own;
  });
  const last = Math.max(0, ...phase);
  const lastHasElements = outputs.some(
    ({ node }, k) => stored[k] === 'element' && phase[node] === last,
  );
  return { level, stored, phase, phases: lastHasElements || last === 0 ? last + 1 : last };
}

import { isFloating } from '@tikhonov/array';
import { backpropagate, type Seed } from '../backpropagate.ts';
import { Cell, detach } from '../cell.ts';
import { zerosLike } from '../create.ts';
import { DTypeError, showShape } from '../errors.ts';
import { frame, within } from '../interpreter.ts';
import { createNode } from '../tape.ts';
import { Tensor } from '../tensor.ts';
import type { Flat } from '../tree.ts';

const where = (path: string): string => (path === '' ? ' one' : ` "${path}"`);

/** A fresh leaf with the value of `x`; if `linked`, what led to `x` stays differentiable outside. */
function leafOf(name: string, x: Tensor, path: string, level: number, linked: boolean): Tensor {
  if (!isFloating(x.dtype)) {
    throw new DTypeError(
      `${name}: cannot differentiate with respect to ${x.dtype} values, found${where(path)} with shape ${showShape(x.shape)}.\n` +
        "  Cast it with astype('float32'), or use it from outside the function.",
    );
  }
  const edges =
    x.node === null || !linked
      ? []
      : [{ parent: x.node, output: x.output, pullback: (gs: readonly Tensor[]) => gs[0]! }];
  const node = createNode({
    level: linked ? Math.min(level, x.level) : level,
    name: 'input',
    outputs: [x],
    edges,
    cell: null,
  });
  return new Tensor(x.shape, x.dtype, x.payload, node);
}

/** A function evaluated at a point, ready to pull cotangents back to the point. */
export interface Linearized<Out> {
  readonly out: Out;
  /** Cotangents of the targets; zeros for those not reached (see `reached`). */
  pullback(seeds: readonly Seed[]): Tensor[];
  /** Which targets the seeds depend on. */
  reached(outputs: readonly Tensor[]): boolean[];
}

/**
 * Calls `f` with leaves in place of the targets. A cell among them is rebound to its leaf during the
 * call, so that everything that reads it sees the leaf; then its value is put back, unless `f` wrote
 * to it. With `createGraph` false nothing outside can differentiate the result, and the pullback
 * records nothing.
 */
export function linearize<Out>(
  name: string,
  { leaves: targets, paths }: Pick<Flat<Tensor | Cell>, 'leaves' | 'paths'>,
  f: (leaves: readonly Tensor[]) => Out,
  createGraph = true,
): Linearized<Out> {
  requireDistinct(name, targets, paths);
  const level = frame().depth + 1;
  const leaves: Tensor[] = [];
  const out = within({ depth: level, recordBelow: Infinity }, () => {
    const swapped: { cell: Cell; leaf: Tensor; before: Tensor }[] = [];
    try {
      for (const target of targets) {
        const x = target instanceof Cell ? target.read() : target;
        const leaf = leafOf(name, x, paths[leaves.length]!, level, createGraph);
        leaves.push(leaf);
        if (target instanceof Cell) {
          swapped.push({ cell: target, leaf, before: target.swap(leaf) });
        }
      }
      return f(leaves);
    } finally {
      for (const { cell, leaf, before } of swapped.reverse()) {
        const after = cell.swap(before);
        if (after !== leaf) cell.swap(after);
      }
    }
  });
  const nodes = leaves.map((leaf) => leaf.node!);
  const isTarget = new Set(nodes);
  // Leaves were made in order. (Math.min(...ids) overflows the stack for a hundred thousand.)
  const oldest = nodes[0]?.id ?? Infinity;
  return {
    out,
    pullback(seeds) {
      // Record what outer derivatives need: anything that depends on a level still open around us,
      // or on a parameter (level 0), but not what depends on our own leaves alone.
      const now = frame();
      const needed = createGraph ? Math.max(level, now.depth + 1) : -Infinity;
      const recordBelow = Math.min(now.recordBelow, needed);
      return within({ recordBelow }, () => {
        const found = backpropagate(seeds, (node) => isTarget.has(node), oldest);
        return leaves.map((leaf) => found.get(leaf.node!)?.[0] ?? zerosLike(leaf));
      });
    },
    reached(outputs) {
      const seeds = outputs.map((output) => ({ output, cotangent: output }));
      const reach = new Set<unknown>();
      const stack = seeds.map(({ output }) => output.node);
      const seen = new Set<unknown>();
      for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
        if (node === null || node.id < oldest || seen.has(node)) continue;
        seen.add(node);
        if (isTarget.has(node)) reach.add(node);
        else for (const edge of node.edges) stack.push(edge.parent);
      }
      return nodes.map((node) => reach.has(node));
    },
  };
}

/** A cell can be rebound to one leaf only: its derivative cannot be divided between two places. */
function requireDistinct(
  name: string,
  targets: readonly (Tensor | Cell)[],
  paths: readonly string[],
): void {
  const seen = new Map<Cell, number>();
  for (const [i, target] of targets.entries()) {
    if (!(target instanceof Cell)) continue;
    const first = seen.get(target);
    if (first !== undefined) {
      throw new TypeError(
        `${name}: cannot differentiate with respect to a cell twice: "${paths[first]}" and "${paths[i]}" are the same cell.\n` +
          '  Name a shared cell once.',
      );
    }
    seen.set(target, i);
  }
}

/** A result as the caller's level sees it: without history if that led only to our own leaves. */
export function leave(value: Tensor): Tensor {
  const { depth, recordBelow } = frame();
  return value.level > depth || value.level >= recordBelow ? detach(value) : value;
}

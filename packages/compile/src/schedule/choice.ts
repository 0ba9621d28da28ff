import type { Node } from '../kernels/fused/index.ts';
import type { Lanes } from '../math/lanes.ts';

/** A choice between values in one instruction, and what it is made from. */
export interface Choice {
  readonly args: readonly number[];
  readonly emit: (args: readonly Lanes[]) => Lanes;
}

/** Whether two nodes are one, or constants of the same bits. */
function isSame(nodes: readonly Node[], a: number, b: number): boolean {
  const [x, y] = [nodes[a]!, nodes[b]!];
  if (x.kind !== 'constant' || y.kind !== 'constant') return a === b;
  return x.dtype === y.dtype && Object.is(x.value, y.value);
}

/**
 * A choice that takes one instruction rather than three: between the two sides of the comparison itself, or with
 * 0 on one side, for which the mask is enough. The same bits, with NaN and signs of zeros.
 *
 * @param nodes  those of the kernel
 * @param choice  the condition, what is chosen where it holds, and what elsewhere
 * @param sides  `[a, b]` if the condition is `a < b` of floating numbers
 */
export function choiceOf(
  nodes: readonly Node[],
  [condition, yes, no]: readonly [number, number, number],
  sides: readonly [number, number] | undefined,
): Choice | null {
  if (sides !== undefined) {
    const [a, b] = sides;
    if (isSame(nodes, a, yes) && isSame(nodes, b, no)) {
      return { args: [a, b], emit: ([x, y]) => y!.most(x!) };
    }
    if (isSame(nodes, b, yes) && isSame(nodes, a, no)) {
      return { args: [a, b], emit: ([x, y]) => x!.least(y!) };
    }
  }
  const isZero = (index: number): boolean => {
    const node = nodes[index]!;
    return node.kind === 'constant' && Object.is(node.value, 0);
  };
  if (isZero(yes)) return { args: [condition, no], emit: ([mask, x]) => x!.without(mask!) };
  if (isZero(no)) return { args: [condition, yes], emit: ([mask, x]) => x!.and(mask!) };
  return null;
}

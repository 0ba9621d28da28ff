import type { Layout } from '../../layout/layout.ts';

/** A loop nest over several operands: sizes from outside in, and each operand's strides for them. */
export interface Nest {
  readonly sizes: readonly number[];
  readonly strides: readonly (readonly number[])[];
}

/**
 * The loops over layouts of one shape, axes of size 1 left out, and neighbours merged that every
 * operand walks in one stride. There is at least one.
 */
export function nestOf(layouts: readonly Layout[]): Nest {
  const sizes: number[] = [];
  const strides: number[][] = layouts.map(() => []);
  const shape = layouts[0]?.shape ?? [];
  for (const [k, n] of shape.entries()) {
    if (n === 1) continue;
    const last = sizes.length - 1;
    const merges =
      last >= 0 && layouts.every((layout, i) => strides[i]![last] === layout.strides[k]! * n);
    if (merges) sizes[last]! *= n;
    else sizes.push(n);
    for (const [i, layout] of layouts.entries()) strides[i]![sizes.length - 1] = layout.strides[k]!;
  }
  if (sizes.length === 0) {
    sizes.push(1);
    for (const own of strides) own.push(0);
  }
  return { sizes, strides };
}

import type { Equation } from '../graph/graph.ts';
import type { PrimitiveName } from '../graph/names.ts';
import type { Reduction } from '../kernels/fused/index.ts';

/** The primitives that reduce axes, which stay with size 1. */
const reductions: ReadonlySet<string> = /* @__PURE__ */ new Set<PrimitiveName & Reduction>([
  'sum',
  'max',
  'norm',
]);

/** What an equation reduces, and over which axes; `null` if it is no reduction. */
export function reductionOf({
  primitive,
  attrs,
}: Equation): { readonly op: Reduction; readonly axes: readonly number[] } | null {
  if (!reductions.has(primitive.name)) return null;
  return {
    op: primitive.name as Reduction,
    axes: (attrs as { readonly axes: readonly number[] }).axes,
  };
}

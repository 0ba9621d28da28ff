import { type AnyPrimitive, erase, maxP, normP, sumP } from '@tikhonov/core/engine';
import type { Equation } from '../graph/graph.ts';
import type { Reduction } from '../kernels/fused/index.ts';

/** The primitives that reduce axes, which stay with size 1. */
const reductions: ReadonlyMap<AnyPrimitive, Reduction> = /* @__PURE__ */ new Map([
  [erase(sumP), 'sum'],
  [erase(maxP), 'max'],
  [erase(normP), 'norm'],
]);

/** What an equation reduces, and over which axes; `null` if it is no reduction. */
export function reductionOf({
  primitive,
  attrs,
}: Equation): { readonly op: Reduction; readonly axes: readonly number[] } | null {
  const op = reductions.get(primitive);
  if (op === undefined) return null;
  return { op, axes: (attrs as { readonly axes: readonly number[] }).axes };
}

import type { AnyPrimitive, Aval, View } from '@tikhonov/core/engine';
import { isMap, type PrimitiveName } from '../graph/names.ts';
import { splatOf, splatView } from './splat.ts';

/** What moves elements, none of them made up. */
const moving: ReadonlySet<string> = /* @__PURE__ */ new Set<PrimitiveName>([
  'broadcastTo',
  'flip',
  'permute',
  'reshape',
  'slice',
]);

/**
 * A move or a map of operands that repeat one number each, computed once; `null` of anything else, and
 * where an operand is not known.
 */
export function foldRepeated(
  primitive: AnyPrimitive,
  operands: readonly (View | undefined)[],
  attrs: unknown,
  output: Aval,
): View | null {
  if (primitive.kind === 'multi' || operands.length === 0 || output.shape.includes(0)) return null;
  const numbers: View[] = [];
  for (const view of operands) {
    const number = view === undefined ? undefined : splatOf(view);
    if (view === undefined || number === undefined) return null;
    numbers.push(splatView(number, { shape: [], dtype: view.dtype }));
  }
  if (moving.has(primitive.name)) return splatView(numbers[0]!.data[0]!, output);
  if (!isMap(primitive)) return null;
  const one = primitive.forward(numbers, attrs);
  return splatView(one.data[one.offset]!, output);
}

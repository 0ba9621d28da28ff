import {
  type AnyPrimitive,
  type Aval,
  broadcastToP,
  erase,
  flipP,
  permuteP,
  reshapeP,
  sliceP,
  type View,
} from '@tikhonov/core/engine';
import { mapRules } from '../lower/maps/index.ts';
import { splatOf, splatView } from './splat.ts';

/** What moves elements, none of them made up. */
const moving: ReadonlySet<AnyPrimitive> = /* @__PURE__ */ new Set([
  erase(broadcastToP),
  erase(flipP),
  erase(permuteP),
  erase(reshapeP),
  erase(sliceP),
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
  if (moving.has(primitive)) return splatView(numbers[0]!.data[0]!, output);
  if (!mapRules.has(primitive)) return null;
  const one = primitive.forward(numbers, attrs);
  return splatView(one.data[one.offset]!, output);
}

import type { AttrsOf, PrimitiveName } from '../graph/names.ts';
import { type Layout, reshaped } from './layout.ts';

/** Where the result of a move lies in the storage of its operand; `null` if it must be copied. */
export type MoveRule = (operand: Layout, attrs: unknown) => Layout | null;

/** A rule with the attributes' type that its primitive has. */
const move = <Name extends PrimitiveName>(
  name: Name,
  rule: (operand: Layout, attrs: AttrsOf<Name>) => Layout | null,
): [string, MoveRule] => [name, (operand, attrs) => rule(operand, attrs as AttrsOf<Name>)];

/** The primitives that only move elements, and how: they need no kernel unless a rule gives `null`. */
export const moves: ReadonlyMap<string, MoveRule> = /* @__PURE__ */ new Map([
  move('permute', ({ shape, strides, offset }, { permutation }) => ({
    shape: permutation.map((axis) => shape[axis]!),
    strides: permutation.map((axis) => strides[axis]!),
    offset,
  })),
  move('broadcastTo', ({ shape: from, strides, offset }, { shape }) => {
    const added = shape.length - from.length;
    return {
      shape,
      strides: shape.map((n, k) => {
        const axis = k - added;
        return axis < 0 || (from[axis] === 1 && n !== 1) ? 0 : strides[axis]!;
      }),
      offset,
    };
  }),
  move('slice', ({ shape: from, strides, offset }, { starts, stops, steps }) => {
    const shape = from.map((_, k) => Math.max(0, Math.ceil((stops[k]! - starts[k]!) / steps[k]!)));
    return {
      shape,
      strides: strides.map((stride, k) => stride * steps[k]!),
      // An empty axis has no first element to start from.
      offset: shape.includes(0)
        ? offset
        : strides.reduce((at, stride, k) => at + stride * starts[k]!, offset),
    };
  }),
  move('flip', ({ shape, strides, offset }, { axes }) => ({
    shape,
    strides: strides.map((stride, k) => (axes.includes(k) ? -stride : stride)),
    offset: axes.reduce((at, axis) => at + Math.max(0, shape[axis]! - 1) * strides[axis]!, offset),
  })),
  move('reshape', (operand, { shape }) => reshaped(operand, shape)),
  move('windows', ({ shape, strides, offset }, { count, size, stride, dilation }) => {
    const lead = shape.length - size.length;
    const inner = strides.slice(lead);
    return {
      shape: [...shape.slice(0, lead), ...count, ...size],
      strides: [
        ...strides.slice(0, lead),
        ...inner.map((step, k) => step * stride[k]!),
        ...inner.map((step, k) => step * dilation[k]!),
      ],
      offset,
    };
  }),
]);

import { type AnyPrimitive, erase, type Primitive } from '@tikhonov/core/engine';
import type { Lanes } from '../../math/lanes.ts';
import type { MapContext, MapRule } from '../rule.ts';

/**
 * What computing a map again costs: `cheap` is less than a value's way to memory and back, `dear` is
 * more.
 */
export type Cost = 'cheap' | 'dear';

/** A primitive with its rule. */
export interface MapEntry {
  readonly primitive: AnyPrimitive;
  readonly cost: Cost;
  readonly rule: MapRule;
}

/** An entry whose rule has the attributes' type that its primitive has. */
export const entry = <N extends number, Attrs>(
  primitive: Primitive<N, Attrs>,
  cost: Cost,
  emit: (inputs: readonly Lanes[], attrs: Attrs, context: MapContext) => Lanes,
): MapEntry => ({
  primitive: erase(primitive),
  cost,
  rule: {
    kind: 'map',
    emit: (inputs, attrs, context) => emit(inputs, attrs as Attrs, context),
  },
});

/** An entry of one operand. */
export const unary = (
  primitive: Primitive<1, null>,
  cost: Cost,
  emit: (x: Lanes, context: MapContext) => Lanes,
): MapEntry => entry(primitive, cost, ([x], _attrs, context) => emit(x!, context));

/** An entry of two operands. */
export const binary = (
  primitive: Primitive<2, null>,
  cost: Cost,
  emit: (x: Lanes, y: Lanes, context: MapContext) => Lanes,
): MapEntry => entry(primitive, cost, ([x, y], _attrs, context) => emit(x!, y!, context));

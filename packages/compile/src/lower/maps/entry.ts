import type { Primitive } from '@tikhonov/core/engine';
import type { AttrsOf, PrimitiveName, PrimitiveOf } from '../../graph/names.ts';
import type { Lanes } from '../../math/lanes.ts';
import type { MapContext, MapRule } from '../rule.ts';

/**
 * What computing a map again costs: `cheap` is less than a value's way to memory and back, `dear` is
 * more.
 */
export type Cost = 'cheap' | 'dear';

/** A primitive's name with its rule. */
export interface MapEntry {
  readonly name: PrimitiveName;
  readonly cost: Cost;
  readonly rule: MapRule;
}

/** The names of primitives of `N` operands without attributes. */
type PlainName<N extends number> = {
  [Name in PrimitiveName]: PrimitiveOf<Name> extends Primitive<N, null> ? Name : never;
}[PrimitiveName];

/** The names of primitives of one operand. */
export type UnaryName = PlainName<1>;

/** The names of primitives of two operands. */
export type BinaryName = PlainName<2>;

/** An entry whose rule has the attributes' type that its primitive has. */
export const entry = <Name extends PrimitiveName>(
  name: Name,
  cost: Cost,
  emit: (inputs: readonly Lanes[], attrs: AttrsOf<Name>, context: MapContext) => Lanes,
): MapEntry => ({
  name,
  cost,
  rule: {
    kind: 'map',
    emit: (inputs, attrs, context) => emit(inputs, attrs as AttrsOf<Name>, context),
  },
});

/** An entry of one operand. */
export const unary = (
  name: UnaryName,
  cost: Cost,
  emit: (x: Lanes, context: MapContext) => Lanes,
): MapEntry => entry(name, cost, ([x], _attrs, context) => emit(x!, context));

/** An entry of two operands. */
export const binary = (
  name: BinaryName,
  cost: Cost,
  emit: (x: Lanes, y: Lanes, context: MapContext) => Lanes,
): MapEntry => entry(name, cost, ([x, y], _attrs, context) => emit(x!, y!, context));

/** An entry of a function of one number that is better stored than computed again. */
export const dear = (name: UnaryName, f: (x: Lanes) => Lanes): MapEntry =>
  unary(name, 'dear', (x) => f(x));

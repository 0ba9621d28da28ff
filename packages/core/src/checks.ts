import type { CaseDraw } from './case-draw.ts';
import type { AnyPrimitive, Items, MultiPrimitive, Primitive } from './primitive.ts';
import type { Tensor } from './tensor.ts';

// What only the checks need to know of a primitive: beside its definition, but apart from it, so that
// programs do not load it.

/** One input for the checks: tensors in float64 away from kinks, with the attributes. */
export interface PrimitiveCase<N extends number, Attrs> {
  readonly inputs: Items<Tensor, N>;
  readonly attrs: Attrs;
}

/** How a primitive with `N` inputs is checked. */
export interface PrimitiveChecks<N extends number = number, Attrs = unknown> {
  /**
   * Draws a valid case. The checks run every primitive of the registry on such cases: `infer`
   * against `forward`, derivatives against finite differences, linearity, views against copies.
   */
  readonly cases: (draw: CaseDraw) => PrimitiveCase<N, Attrs>;
  /**
   * Set to say why derivatives are not compared with finite differences, e.g. for integer results.
   * Without it, a primitive whose rules are all `null` must be locally constant.
   */
  readonly discrete?: string;
  /**
   * Set to say what NaN does, where it may stay out of results whose derivative is not zero. Without
   * it, a NaN must reach every such result.
   */
  readonly nonFinite?: string;
  /** Set to say why no case has an axis of size 0. Without it, some case must, and some one of size 1. */
  readonly nonEmpty?: string;
}

/** How the primitive of type `P` is checked. */
export type Checks<P> =
  P extends Primitive<infer N, infer Attrs>
    ? PrimitiveChecks<N, Attrs>
    : P extends MultiPrimitive<infer N, infer Attrs>
      ? PrimitiveChecks<N, Attrs>
      : never;

/** A primitive with its checks, as the registry holds it. */
export interface RegisteredPrimitive extends PrimitiveChecks {
  readonly name: string;
  readonly primitive: AnyPrimitive;
}

/** Pairs a primitive with its checks. */
export function register<P extends Pick<AnyPrimitive, 'name' | 'kind'>>(
  primitive: P,
  checks: Checks<P>,
): RegisteredPrimitive;
export function register(primitive: AnyPrimitive, checks: PrimitiveChecks): RegisteredPrimitive {
  return { name: primitive.name, primitive, ...checks };
}

import type { DType, Shape, View } from '@tikhonov/array';
import type { Region } from './control/region.ts';
import type { Tensor } from './tensor.ts';

/** What is known of a value without its elements. Tensors are avals. */
export interface Aval {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A tuple of `N` items, or an array where `N` is just `number` (variadic primitives). */
export type Items<T, N extends number> = number extends N ? readonly T[] : TupleOf<T, N, []>;
type TupleOf<T, N extends number, Acc extends readonly T[]> = Acc['length'] extends N
  ? Acc
  : TupleOf<T, N, readonly [...Acc, T]>;

/** Maps the cotangent of the output to the cotangent of one input; linear in `g`. */
export type Pullback = (g: Tensor) => Tensor;

/**
 * The derivative with respect to one input. It runs when the operation is recorded and returns the
 * pullback, which captures only what it needs. `null` states that the derivative is zero everywhere
 * (integer inputs, `sign`, ...).
 */
export type VjpRule<N extends number, Attrs> =
  | ((ans: Tensor, inputs: Items<Tensor, N>, attrs: Attrs) => Pullback)
  | null;

/** As `VjpRule`, for several outputs; a missing cotangent has been filled with zeros. */
export type MultiVjpRule<N extends number, Attrs> =
  | ((
      ans: readonly Tensor[],
      inputs: Items<Tensor, N>,
      attrs: Attrs,
    ) => (gs: readonly Tensor[]) => Tensor)
  | null;

interface PrimitiveBase {
  /** No other primitive has it: compiled programs know primitives by their names. */
  readonly name: string;
  /**
   * Set to say why a floating result has no derivative at all. Asking for one through a floating input
   * is then a `NoDerivativeError`; rules of `null` alone mean a derivative of zero.
   */
  readonly nondifferentiable?: string;
  /** Set if it must run although nothing uses its result, for what it throws. */
  readonly effect?: true;
}

/** A primitive with one output: shape rule, kernel and derivative in one place. */
export interface Primitive<N extends number = number, Attrs = unknown> extends PrimitiveBase {
  readonly kind: 'single';
  /** Output shape and dtype; throws the user's error for inputs that do not fit. */
  readonly infer: (inputs: Items<Aval, N>, attrs: Attrs) => Aval;
  /** The eager kernel. May return a view that shares storage with an input. */
  readonly forward: (inputs: Items<View, N>, attrs: Attrs) => View;
  /** The derivative rule of the input at `index`. */
  readonly vjp: (index: number) => VjpRule<N, Attrs>;
}

/** What `definePrimitive` takes: a `Primitive` whose rules are listed one per input. */
export interface PrimitiveDefinition<N extends number, Attrs>
  extends Omit<Primitive<N, Attrs>, 'kind' | 'vjp'> {
  /** One rule per input; for variadic primitives a function of the input's index. */
  readonly vjp: number extends N
    ? (index: number) => VjpRule<N, Attrs>
    : Items<VjpRule<N, Attrs>, N>;
}

/** An operand under vmap: all examples along axis 0 if `batched`, else the one value that all of them share. */
export interface Batched {
  readonly tensor: Tensor;
  readonly batched: boolean;
}

/** Runs `body` for one example on all examples of the operands; the results have them along axis 0. */
export type RunBatched = (
  operands: readonly Batched[],
  body: (example: readonly Tensor[]) => readonly Tensor[],
) => readonly Tensor[];

/** What is asked of a primitive that runs others: its attributes hold them as regions. */
export interface Control<Attrs> {
  /** The regions, under the names that the attributes have for them. */
  readonly regions: (attrs: Attrs) => Readonly<Record<string, Region>>;
  /** Runs it so that what its regions check counts only where the bool scalar `taken` is true. */
  readonly masked: (inputs: readonly Tensor[], attrs: Attrs, taken: Tensor) => readonly Tensor[];
  /** Runs it on all examples at once: see vmap. */
  readonly batch: (
    operands: readonly Batched[],
    attrs: Attrs,
    size: number,
    run: RunBatched,
  ) => readonly Tensor[];
}

/** A primitive with several outputs. */
export interface MultiPrimitive<N extends number = number, Attrs = unknown> extends PrimitiveBase {
  readonly kind: 'multi';
  readonly infer: (inputs: Items<Aval, N>, attrs: Attrs) => readonly Aval[];
  readonly forward: (inputs: Items<View, N>, attrs: Attrs) => readonly View[];
  readonly vjp: (index: number) => MultiVjpRule<N, Attrs>;
  readonly control?: Control<Attrs>;
}

/** A primitive seen without its arity and attribute types, as evaluators and the registry hold it. */
export type AnyPrimitive = Primitive<number, unknown> | MultiPrimitive<number, unknown>;

/**
 * Forgets the arity and the attribute types. This is the one place that casts: the rules keep their
 * exact types where they are written, and `bind` passes each of them what it was defined for.
 */
export function erase<N extends number, Attrs>(
  primitive: Primitive<N, Attrs>,
): Primitive<number, unknown>;
export function erase<N extends number, Attrs>(
  primitive: MultiPrimitive<N, Attrs>,
): MultiPrimitive<number, unknown>;
export function erase(primitive: unknown): unknown {
  return primitive;
}

/** Defines a primitive with `N` inputs and one output. */
export function definePrimitive<N extends number, Attrs = null>(
  definition: PrimitiveDefinition<N, Attrs>,
): Primitive<N, Attrs> {
  const { vjp, ...rest } = definition;
  const rules: unknown = vjp;
  const rule = Array.isArray(rules) ? (index: number) => rules[index] : rules;
  return { kind: 'single', ...rest, vjp: rule as Primitive<N, Attrs>['vjp'] };
}

/** Defines a primitive with `N` inputs and several outputs. */
export function defineMultiPrimitive<N extends number, Attrs = null>(
  definition: Omit<MultiPrimitive<N, Attrs>, 'kind' | 'vjp'> & {
    readonly vjp: Items<MultiVjpRule<N, Attrs>, N>;
  },
): MultiPrimitive<N, Attrs> {
  const rules: readonly MultiVjpRule<N, Attrs>[] = definition.vjp;
  return { kind: 'multi', ...definition, vjp: (index) => rules[index] ?? null };
}

import type { DType, Shape, View } from '@tikhonov/array';
import { bind, bindMulti } from '../bind.ts';
import { fromView } from '../create.ts';
import { eager, within } from '../interpreter.ts';
import type { AnyPrimitive, Aval } from '../primitive.ts';
import { logicalNot, logicalOr } from '../primitives/logical.ts';
import type { Tensor } from '../tensor.ts';

/** A tensor of a program: its shape and dtype are known, its elements are not. */
export interface Value extends Aval {
  /** Numbers the values of one program; a region inside it counts for itself. */
  readonly id: number;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One operation of a program. */
export interface Equation {
  readonly primitive: AnyPrimitive;
  readonly inputs: readonly Value[];
  readonly attrs: unknown;
  readonly outputs: readonly Value[];
  /**
   * The recomputation that it belongs to, if it computes a second time what need not be kept (see
   * `checkpoint`): it must not be replaced by an equation from outside of that.
   */
  readonly recomputation?: number | undefined;
}

/** A value with the elements it always has. */
export interface Constant {
  readonly value: Value;
  readonly view: View;
}

/**
 * A program that uses nothing but its inputs and constants; values are made by what comes before them. An
 * equation whose primitive has `control` holds further regions in its attributes.
 */
export interface Region {
  readonly inputs: readonly Value[];
  readonly constants: readonly Constant[];
  readonly equations: readonly Equation[];
  readonly results: readonly Value[];
}

/**
 * Runs a region on tensors, primitive by primitive: eagerly, in a trace, under derivatives (of what is
 * written in it: it no longer knows what was detached when it was recorded), as the current frame says.
 *
 * @param taken  a bool scalar: what the region checks must hold only where it is true
 */
export function runRegion(
  region: Region,
  inputs: readonly Tensor[],
  taken?: Tensor,
): readonly Tensor[] {
  const { constants, equations, results } = region;
  if (inputs.length !== region.inputs.length) {
    throw new Error(
      `internal: ${inputs.length} tensors for a region with ${region.inputs.length} inputs.`,
    );
  }
  const known = new Map<Value, Tensor>();
  for (const [i, value] of region.inputs.entries()) known.set(value, inputs[i]!);
  for (const { value, view } of constants) known.set(value, fromView(view));
  for (const { primitive, attrs, inputs: operands, outputs } of equations) {
    const xs = operands.map((value) => known.get(value)!);
    const ys =
      taken === undefined ? call(primitive, xs, attrs) : masked(primitive, xs, attrs, taken);
    for (const [k, value] of outputs.entries()) known.set(value, ys[k]!);
  }
  return results.map((value) => known.get(value)!);
}

const call = (
  primitive: AnyPrimitive,
  inputs: readonly Tensor[],
  attrs: unknown,
): readonly Tensor[] =>
  primitive.kind === 'single'
    ? [bind(primitive, inputs, attrs)]
    : bindMulti(primitive, inputs, attrs);

function masked(
  primitive: AnyPrimitive,
  inputs: readonly Tensor[],
  attrs: unknown,
  taken: Tensor,
): readonly Tensor[] {
  if (primitive.kind === 'multi' && primitive.control !== undefined) {
    return primitive.control.masked(inputs, attrs, taken);
  }
  // A check holds where its condition does, and where nobody asks for it.
  const [condition, ...others] = inputs;
  return primitive.effect
    ? call(primitive, [logicalOr(condition!, logicalNot(taken)), ...others], attrs)
    : call(primitive, inputs, attrs);
}

/** A region on elements, for kernels. */
export const evaluateRegion = (region: Region, inputs: readonly View[]): readonly View[] =>
  within({ evaluator: eager, recordBelow: -Infinity }, () =>
    runRegion(region, inputs.map(fromView)).map(({ view }) => view),
  );

/** The regions that an equation holds, under the names that its attributes have for them. */
export const regionsOf = ({
  primitive,
  attrs,
}: Pick<Equation, 'primitive' | 'attrs'>): Readonly<Record<string, Region>> =>
  primitive.kind === 'multi' ? (primitive.control?.regions(attrs) ?? {}) : {};

/** Whether an equation must run although nothing uses its results: it checks something, also deep inside. */
export const hasEffect = (equation: Equation): boolean =>
  equation.primitive.effect ??
  Object.values(regionsOf(equation)).some(({ equations }) => equations.some(hasEffect));

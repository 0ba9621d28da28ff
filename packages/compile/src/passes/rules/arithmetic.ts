import type { DType } from '@tikhonov/core';
import {
  type AnyPrimitive,
  absP,
  addP,
  axpbyP,
  divP,
  floorP,
  maximumP,
  minimumP,
  mulP,
  negP,
  type Primitive,
  powP,
  roundP,
  subP,
} from '@tikhonov/core/engine';
import type { Value } from '../../graph/graph.ts';
import { on, type Rule, type Simplifier } from '../simplifier.ts';

const isFloating = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64';

/** What added changes nothing: -0 of floating numbers, since -0 + 0 is 0. */
const nothing = ({ dtype }: Value): number => (isFloating(dtype) ? -0 : 0);

/** A rule for either order of the operands. */
const either =
  (rule: (x: Value, y: Value, graph: Simplifier) => Value | null): Rule<null> =>
  ({ inputs: [x, y] }, graph) =>
    rule(x!, y!, graph) ?? rule(y!, x!, graph);

/** A rule of two operands. */
const pair =
  (rule: (x: Value, y: Value, graph: Simplifier) => Value | null): Rule<null> =>
  ({ inputs: [x, y] }, graph) =>
    rule(x!, y!, graph);

/** `-x` as written, or nothing. */
const negated = (x: Value, graph: Simplifier): Value | undefined => graph.under(negP, x);

const add = either((x, y, graph) => {
  if (graph.is(y, nothing(x))) return x;
  const z = negated(y, graph);
  return z === undefined ? null : graph.make(subP, [x, z], null);
});

const sub = pair((x, y, graph) => {
  if (graph.is(y, 0)) return x;
  if (graph.is(x, nothing(x))) return graph.make(negP, [y], null);
  const z = negated(y, graph);
  return z === undefined ? null : graph.make(addP, [x, z], null);
});

/** Both operands without their minus signs, which cancel. */
const positive = (
  primitive: Primitive<2, null>,
  x: Value,
  y: Value,
  graph: Simplifier,
): Value | null => {
  const [a, b] = [negated(x, graph), negated(y, graph)];
  return a === undefined || b === undefined ? null : graph.make(primitive, [a, b], null);
};

const mul = either((x, y, graph) => {
  if (graph.is(y, 1)) return x;
  if (graph.is(y, -1)) return graph.make(negP, [x], null);
  return positive(mulP, x, y, graph);
});

/** Powers of 2 whose reciprocals are exact in both floating types: both results round the same number. */
function reciprocal(value: number | undefined): number | undefined {
  if (value === undefined || !Number.isInteger(Math.log2(Math.abs(value)))) return undefined;
  const exponent = Math.log2(Math.abs(value));
  return Math.abs(exponent) <= 120 && Math.abs(value) === 2 ** exponent ? 1 / value : undefined;
}

const div = pair((x, y, graph) => {
  const factor = reciprocal(graph.splat(y));
  if (factor !== undefined) return graph.make(mulP, [x, graph.number(factor, y)], null);
  return positive(divP, x, y, graph);
});

const neg: Rule<null> = ({ inputs: [x] }, graph) => negated(x!, graph) ?? null;

const abs: Rule<null> = ({ inputs: [x] }, graph) => {
  if (x!.dtype === 'uint32' || graph.under(absP, x!) !== undefined) return x!;
  const y = negated(x!, graph);
  return y === undefined ? null : graph.make(absP, [y], null);
};

/** Whole exponents; the eager kernel's square is the product, bit for bit. */
const pow = pair((x, y, graph) => {
  if (graph.is(y, 1)) return x;
  return graph.is(y, 2) ? graph.make(mulP, [x, x], null) : null;
});

const same = pair((x, y) => (x === y ? x : null));

/** Whole numbers are not rounded again. */
const whole: Rule<null> = ({ inputs: [x] }, graph) =>
  graph.by(floorP, x!) === undefined && graph.by(roundP, x!) === undefined ? null : x!;

/** `a x + b y` without the product by 1, and with the sum only where both are. */
const axpby: Rule<null> = ({ inputs: [x, y, a, b] }, graph) =>
  graph.is(a!, 1) && graph.is(b!, 1) ? graph.make(addP, [x!, y!], null) : null;

/** Sums, products and powers. */
export const arithmeticRules: readonly (readonly [AnyPrimitive, Rule])[] = [
  on(addP, add),
  on(subP, sub),
  on(mulP, mul),
  on(divP, div),
  on(negP, neg),
  on(absP, abs),
  on(powP, pow),
  on(maximumP, same),
  on(minimumP, same),
  on(floorP, whole),
  on(roundP, whole),
  on(axpbyP, axpby),
];

import type { DType } from '@tikhonov/core';
import { addP, mulP, negP, type Primitive, subP } from '@tikhonov/core/engine';
import type { Value } from '../../graph/graph.ts';
import { type NamedRule, on, type Rule, type Simplifier } from '../simplifier.ts';

const isFloating = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64';

/** What added changes nothing: -0 of floating numbers, since -0 + 0 is 0. */
const nothing = ({ dtype }: Value): number => (isFloating(dtype) ? -0 : 0);

/** A rule of two operands, and the primitive that it looks at. */
type PairRule = (
  x: Value,
  y: Value,
  graph: Simplifier,
  primitive: Primitive<number, null>,
) => Value | null;

/** A rule for either order of the operands. */
const either =
  (rule: PairRule): Rule<null> =>
  ({ primitive, inputs: [x, y] }, graph) =>
    rule(x!, y!, graph, primitive) ?? rule(y!, x!, graph, primitive);

/** A rule for one order. */
const pair =
  (rule: PairRule): Rule<null> =>
  ({ primitive, inputs: [x, y] }, graph) =>
    rule(x!, y!, graph, primitive);

/** `-x` as written, or nothing. */
const negated = (x: Value, graph: Simplifier): Value | undefined => graph.under('neg', x);

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
  primitive: Primitive<number, null>,
  x: Value,
  y: Value,
  graph: Simplifier,
): Value | null => {
  const [a, b] = [negated(x, graph), negated(y, graph)];
  return a === undefined || b === undefined ? null : graph.make(primitive, [a, b], null);
};

const mul = either((x, y, graph, primitive) => {
  if (graph.is(y, 1)) return x;
  if (graph.is(y, -1)) return graph.make(negP, [x], null);
  return positive(primitive, x, y, graph);
});

/** Powers of 2 whose reciprocals are exact in both floating types: both results round the same number. */
function reciprocal(value: number | undefined): number | undefined {
  if (value === undefined || !Number.isInteger(Math.log2(Math.abs(value)))) return undefined;
  const exponent = Math.log2(Math.abs(value));
  return Math.abs(exponent) <= 120 && Math.abs(value) === 2 ** exponent ? 1 / value : undefined;
}

const div = pair((x, y, graph, primitive) => {
  const factor = reciprocal(graph.splat(y));
  if (factor !== undefined) return graph.make(mulP, [x, graph.number(factor, y)], null);
  return positive(primitive, x, y, graph);
});

const neg: Rule<null> = ({ inputs: [x] }, graph) => negated(x!, graph) ?? null;

const abs: Rule<null> = ({ primitive, inputs: [x] }, graph) => {
  if (x!.dtype === 'uint32' || graph.under('abs', x!) !== undefined) return x!;
  const y = negated(x!, graph);
  return y === undefined ? null : graph.make(primitive, [y], null);
};

/** Whole exponents; the eager kernel's square is the product, bit for bit. */
const pow = pair((x, y, graph) => {
  if (graph.is(y, 1)) return x;
  return graph.is(y, 2) ? graph.make(mulP, [x, x], null) : null;
});

const same = pair((x, y) => (x === y ? x : null));

/** Whole numbers are not rounded again. */
const whole: Rule<null> = ({ inputs: [x] }, graph) =>
  graph.by('floor', x!) === undefined && graph.by('round', x!) === undefined ? null : x!;

/** `a x + b y` without the product by 1, and with the sum only where both are. */
const axpby: Rule<null> = ({ inputs: [x, y, a, b] }, graph) =>
  graph.is(a!, 1) && graph.is(b!, 1) ? graph.make(addP, [x!, y!], null) : null;

/** Sums, products and powers. */
export const arithmeticRules: readonly NamedRule[] = [
  on('add', add),
  on('sub', sub),
  on('mul', mul),
  on('div', div),
  on('neg', neg),
  on('abs', abs),
  on('pow', pow),
  on('maximum', same),
  on('minimum', same),
  on('floor', whole),
  on('round', whole),
  on('axpby', axpby),
];

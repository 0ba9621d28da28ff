import { broadcastToP, equalP, type View, whereP } from '@tikhonov/core/engine';
import type { Value } from '../graph/graph.ts';
import type { AttrsOf } from '../graph/names.ts';
import type { Pass } from './pass.ts';
import { choiceRules } from './rules/choices.ts';
import { on, type Rule, rulesOf, Simplifier } from './simplifier.ts';
import { sameNumbers, storage } from './splat.ts';

/** A range that the program has made sure of by now, for everything that follows. */
type Sizes = Map<Value, number>;

/** The value whose elements these are, under another shape. */
function root(value: Value, graph: Simplifier): Value {
  const source = graph.by('reshape', value)?.inputs[0];
  return source === undefined ? value : root(source, graph);
}

/** Notes that all elements lie in `[0, size)`. */
function note(sizes: Sizes, value: Value, size: number, graph: Simplifier): void {
  const key = root(value, graph);
  sizes.set(key, Math.min(size, sizes.get(key) ?? Infinity));
}

/** What a checked condition says: values that are not negative, and those below a size. */
function readCondition(condition: Value, graph: Simplifier, low: Set<Value>, high: Sizes): void {
  const both = graph.by('logicalAnd', condition);
  if (both !== undefined) {
    for (const part of both.inputs) readCondition(part, graph, low, high);
    return;
  }
  const same = graph.by('reshape', condition);
  if (same !== undefined) {
    readCondition(same.inputs[0]!, graph, low, high);
    return;
  }
  const strict = graph.by('less', condition);
  const [a, b] = (strict ?? graph.by('lessEqual', condition))?.inputs ?? [];
  if (a === undefined || b === undefined) return;
  const [least, most] = [graph.splat(a), graph.splat(b)];
  const more = strict === undefined ? 1 : 0;
  if (least !== undefined && least >= more - 1) low.add(root(b, graph));
  if (most !== undefined) note(high, a, most + more, graph);
}

/** Whether a tensor that is always in range for an axis has been found to be. */
const isInRange = (index: Value, size: number, sizes: Sizes, graph: Simplifier): boolean =>
  (sizes.get(root(index, graph)) ?? Infinity) <= size;

interface AxisAttrs {
  readonly axis: number;
}

/** `0, 1, ...` along the last axis, repeated over the others. */
function positions(shape: readonly number[], dtype: Value['dtype']): View {
  const n = shape.at(-1)!;
  const data = storage(dtype, n);
  for (let i = 0; i < n; i++) data[i] = i;
  const stride = shape.map((_, k) => (k === shape.length - 1 ? 1 : 0));
  return { dtype, data, shape, stride, offset: 0 };
}

/** The rules, for one graph: they remember what has been checked before. */
function rules(): ReturnType<typeof rulesOf> {
  const sizes: Sizes = new Map();
  // Conditions that hold for exactly one element of every row.
  const single = new Set<Value>();

  const check: Rule<AttrsOf<'check'>> = ({ inputs: [condition] }, graph) => {
    const low = new Set<Value>();
    const high: Sizes = new Map();
    readCondition(condition!, graph, low, high);
    for (const [value, size] of high) {
      if (value.dtype === 'uint32' || low.has(value)) note(sizes, value, size, graph);
    }
    return null;
  };

  // The kernel throws unless the index is in range, so afterwards it is.
  const gather: Rule<AxisAttrs> = ({ inputs: [x, index], attrs: { axis } }, graph) => {
    note(sizes, index!, x!.shape[axis]!, graph);
    return null;
  };

  const scatterAdd: Rule<AxisAttrs> = (use, graph) => {
    const [condition, made] = choiceOf(use.inputs, use.attrs.axis, graph, sizes) ?? [];
    note(sizes, use.inputs[1]!, use.output.shape[use.attrs.axis]!, graph);
    if (condition !== undefined) single.add(condition);
    return made ?? null;
  };

  const sum: Rule<{ readonly axes: readonly number[] }> = (
    { inputs: [x], attrs: { axes }, output },
    graph,
  ) => {
    const [condition, yes, no] = graph.by('where', x!)?.inputs ?? [];
    if (condition === undefined || !single.has(condition) || graph.splat(no!) !== 0) return null;
    const number = graph.splat(yes!);
    const alongRow = sameNumbers(axes, [x!.shape.length - 1]);
    return number === undefined || !alongRow ? null : graph.number(number + 0, output);
  };

  return rulesOf([
    on('check', check),
    on('gather', gather),
    on('scatterAdd', scatterAdd),
    on('sum', sum),
    ...choiceRules,
  ]);
}

/** A choice in place of the scatter, if every row gets one number at one place. */
function choiceOf(
  [base, index, source]: readonly Value[],
  axis: number,
  graph: Simplifier,
  sizes: Sizes,
): readonly [condition: Value, choice: Value] | null {
  const { shape, dtype } = base!;
  const last = shape.length - 1;
  const [off, added] = [graph.splat(base!), graph.splat(source!)];
  if (off === undefined || added === undefined || shape.includes(0)) return null;
  if (axis !== last || index!.shape[last] !== 1) return null;
  if (!isInRange(index!, shape[last]!, sizes, graph)) return null;
  const sum = storage(dtype, 1);
  sum[0] = off + added;
  const places = graph.make(broadcastToP, [index!], { shape });
  const here = graph.make(equalP, [places, graph.constant(positions(shape, index!.dtype))], null);
  const branches = [graph.number(sum[0], base!), base!];
  return [here, graph.make(whereP, [here, ...branches], null)];
}

/**
 * One-hot rows by comparison instead of by scattering, where the program has made sure by then that no
 * index is out of range: with a check of its own, or with a gather or scatter that throws.
 */
export const oneHot: Pass = {
  name: 'one-hot',
  run: (graph) => new Simplifier(graph, rules()).run(),
};

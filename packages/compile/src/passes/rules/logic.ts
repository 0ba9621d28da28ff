import { equalP, lessEqualP, lessP, logicalNotP, notEqualP } from '@tikhonov/core/engine';
import type { Value } from '../../graph/graph.ts';
import type { AttrsOf } from '../../graph/names.ts';
import { type NamedRule, on, type Rule, type Simplifier } from '../simplifier.ts';

const and: Rule<null> = ({ inputs: [x, y] }, graph) => {
  if (x === y) return x!;
  for (const [a, b] of [
    [x!, y!],
    [y!, x!],
  ] as const) {
    if (graph.is(b, 1)) return a;
    if (graph.is(b, 0)) return b;
  }
  return null;
};

/** NaN makes every order false, so that only those of integers and bools can be turned around. */
const not: Rule<null> = ({ inputs: [x] }, graph) => {
  const twice = graph.under('logicalNot', x!);
  if (twice !== undefined) return twice;
  const equal = graph.by('equal', x!);
  if (equal !== undefined) return graph.make(notEqualP, equal.inputs, null);
  const different = graph.by('notEqual', x!);
  if (different !== undefined) return graph.make(equalP, different.inputs, null);
  const less = ordered(graph.by('less', x!));
  if (less !== undefined) return graph.make(lessEqualP, less, null);
  const most = ordered(graph.by('lessEqual', x!));
  return most === undefined ? null : graph.make(lessP, most, null);
};

/** The operands of a comparison without NaN, in the other order. */
function ordered(
  comparison: { readonly inputs: readonly Value[] } | undefined,
): readonly [Value, Value] | undefined {
  const [a, b] = comparison?.inputs ?? [];
  if (a === undefined || b === undefined) return undefined;
  return a.dtype === 'float32' || a.dtype === 'float64' ? undefined : [b, a];
}

const where: Rule<null> = ({ primitive, inputs: [c, x, y] }, graph) => {
  if (x === y || graph.is(c!, 1)) return x!;
  if (graph.is(c!, 0)) return y!;
  const turned = graph.under('logicalNot', c!);
  if (turned !== undefined) return graph.make(primitive, [turned, y!, x!], null);
  if (x!.dtype === 'bool' && graph.is(x!, 1) && graph.is(y!, 0)) return c!;
  if (x!.dtype === 'bool' && graph.is(x!, 0) && graph.is(y!, 1)) {
    return graph.make(logicalNotP, [c!], null);
  }
  const yes = chosen(c!, x!, 1, graph);
  const no = chosen(c!, y!, 2, graph);
  return yes === x && no === y ? null : graph.make(primitive, [c!, yes, no], null);
};

/** What a choice by the same condition comes to, where the condition is known. */
function chosen(c: Value, x: Value, side: 1 | 2, graph: Simplifier): Value {
  const inner = graph.by('where', x);
  return inner !== undefined && inner.inputs[0] === c ? inner.inputs[side]! : x;
}

/** Casts that keep every number as it is. */
const widens = (from: Value, to: Value): boolean =>
  from.dtype === 'bool' ||
  (to.dtype === 'float64' && from.dtype !== 'float64') ||
  from.dtype === to.dtype;

/** Integers of 32 bits are the same bits. */
const wraps = ({ dtype }: { readonly dtype: string }): boolean =>
  dtype === 'int32' || dtype === 'uint32';

const astype: Rule<{ readonly dtype: Value['dtype'] }> = (
  { primitive, inputs: [x], attrs },
  graph,
) => {
  if (x!.dtype === attrs.dtype) return x!;
  const inner = graph.by('astype', x!);
  if (inner === undefined) return null;
  const source = inner.inputs[0]!;
  const exact = widens(source, x!) || (wraps(source) && wraps(x!) && wraps(attrs));
  return exact ? graph.make(primitive, [source], attrs) : null;
};

/** Conditions that are known to be true need no check. */
const check: Rule<AttrsOf<'check'>> = ({ inputs: [condition] }, graph) =>
  graph.is(condition!, 1) ? condition! : null;

/** Conditions, choices and casts. */
export const logicRules: readonly NamedRule[] = [
  on('logicalAnd', and),
  on('logicalNot', not),
  on('where', where),
  on('astype', astype),
  on('check', check),
];

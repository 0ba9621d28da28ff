import type { Primitive } from '@tikhonov/core/engine';
import type { Value } from '../../graph/graph.ts';
import type { AttrsOf } from '../../graph/names.ts';
import { type NamedRule, on, type Rule, type Simplifier } from '../simplifier.ts';

type SliceAttrs = AttrsOf<'slice'>;
type PadAttrs = AttrsOf<'pad'>;

/** Positions on one axis: `count` of them, `step` apart. */
interface Range {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

const rangesOf = ({ starts, steps }: SliceAttrs, { shape }: Value): readonly Range[] =>
  shape.map((count, k) => ({ start: starts[k]!, step: steps[k]!, count }));

/** What makes slices, and where. */
interface Slicing {
  readonly primitive: Primitive<number, SliceAttrs>;
  readonly graph: Simplifier;
}

/** The slice of these positions, of which there are some on every axis. */
function sliceOf({ primitive, graph }: Slicing, x: Value, ranges: readonly Range[]): Value {
  const starts = ranges.map(({ start }) => start);
  const steps = ranges.map(({ step }) => step);
  const stops = ranges.map(({ start, step, count }) => start + (count - 1) * step + 1);
  return graph.make(primitive, [x], { starts, stops, steps });
}

const slice: Rule<SliceAttrs> = ({ primitive, inputs: [x], attrs, output }, graph) => {
  if (output.shape.includes(0)) return null;
  const ranges = rangesOf(attrs, output);
  if (ranges.every(({ start, count }, k) => start === 0 && count === x!.shape[k])) return x!;
  const by = { primitive, graph };
  return (
    sliceOfSlice(by, x!, ranges) ??
    sliceOfPad(by, x!, ranges) ??
    sliceOfConcat(by, x!, ranges) ??
    sliceOfBroadcast(by, x!, ranges, output)
  );
};

function sliceOfSlice(by: Slicing, x: Value, ranges: readonly Range[]): Value | null {
  const inner = by.graph.by('slice', x);
  if (inner === undefined) return null;
  const { starts, steps } = inner.attrs;
  const composed = ranges.map(({ start, step, count }, k) => ({
    start: starts[k]! + start * steps[k]!,
    step: step * steps[k]!,
    count,
  }));
  return sliceOf(by, inner.inputs[0]!, composed);
}

/** Where nothing of what was padded is taken. */
function sliceOfPad(by: Slicing, x: Value, ranges: readonly Range[]): Value | null {
  const inner = by.graph.by('pad', x);
  if (inner === undefined) return null;
  const source = inner.inputs[0]!;
  const { low, interior } = inner.attrs;
  const composed = ranges.map(({ start, step, count }, k) => {
    const apart = interior[k]! + 1;
    return { start: (start - low[k]!) / apart, step: count === 1 ? 1 : step / apart, count };
  });
  const inside = composed.every(
    ({ start, step, count }, k) =>
      Number.isInteger(start) &&
      Number.isInteger(step) &&
      start >= 0 &&
      start + (count - 1) * step < source.shape[k]!,
  );
  return inside ? sliceOf(by, source, composed) : null;
}

/** Where all of it lies in one of the parts. */
function sliceOfConcat(by: Slicing, x: Value, ranges: readonly Range[]): Value | null {
  const inner = by.graph.by('concat', x);
  if (inner === undefined) return null;
  const { axis } = inner.attrs;
  const { start, step, count } = ranges[axis]!;
  let from = 0;
  for (const part of inner.inputs) {
    const to = from + part.shape[axis]!;
    if (start >= from && start + (count - 1) * step < to) {
      const shifted = { start: start - from, step, count };
      return sliceOf(
        by,
        part,
        ranges.map((range, k) => (k === axis ? shifted : range)),
      );
    }
    from = to;
  }
  return null;
}

function sliceOfBroadcast(
  by: Slicing,
  x: Value,
  ranges: readonly Range[],
  { shape }: Value,
): Value | null {
  const inner = by.graph.by('broadcastTo', x);
  if (inner === undefined) return null;
  const source = inner.inputs[0]!;
  const added = x.shape.length - source.shape.length;
  const own = source.shape.map((n, k) => {
    const range = ranges[k + added]!;
    return n === 1 ? { start: 0, step: 1, count: 1 } : range;
  });
  return by.graph.make(inner.primitive, [sliceOf(by, source, own)], { shape });
}

const pad: Rule<PadAttrs> = ({ inputs: [x], attrs }, graph) => {
  const { low, high, interior } = attrs;
  const still = x!.shape.every(
    (n, k) => low[k] === 0 && high[k] === 0 && (interior[k] === 0 || n <= 1),
  );
  if (still) return x!;
  const inner = graph.by('pad', x!);
  if (inner === undefined || [...interior, ...inner.attrs.interior].some((n) => n !== 0))
    return null;
  return graph.make(inner.primitive, inner.inputs, {
    low: low.map((n, k) => n + inner.attrs.low[k]!),
    high: high.map((n, k) => n + inner.attrs.high[k]!),
    interior,
  });
};

const concat: Rule<{ readonly axis: number }> = ({ primitive, inputs, attrs: { axis } }, graph) => {
  const parts = inputs.filter(({ shape }) => shape[axis] !== 0);
  if (parts.length === 1) return parts[0]!;
  const changed = parts.length > 0 && parts.length < inputs.length;
  return changed ? graph.make(primitive, parts, { axis }) : null;
};

/** Slices, padding and concatenation that undo each other or do nothing. */
export const partRules: readonly NamedRule[] = [
  on('slice', slice),
  on('pad', pad),
  on('concat', concat),
];

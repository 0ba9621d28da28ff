import type { Shape } from '@tikhonov/core';
import { addP, broadcastToP, mulP } from '@tikhonov/core/engine';
import type { Value } from '../../graph/graph.ts';
import { mapNames } from '../../graph/names.ts';
import { sizeOf } from '../../layout/layout.ts';
import { type NamedRule, on, type Rule, type Simplifier } from '../simplifier.ts';

/** The shape that all broadcast to. They do: each broadcasts to the result's shape. */
function jointShape(shapes: readonly Shape[]): Shape {
  const rank = Math.max(0, ...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, k) => {
    let size = 1;
    for (const shape of shapes) {
      const n = shape[k - rank + shape.length] ?? 1;
      if (n !== 1) size = n;
    }
    return size;
  });
}

/** A map of repeated operands is computed once for all repetitions, and repeated itself. */
const hoist: Rule = ({ primitive, inputs, attrs, output }, graph) => {
  const sources: Value[] = [];
  for (const value of inputs) {
    const source = graph.by('broadcastTo', value)?.inputs[0];
    if (source !== undefined) sources.push(source);
    // Numbers that are the same all over fit every shape.
    else if (graph.splat(value) === undefined) return null;
  }
  if (sources.length === 0) return null;
  const shape = jointShape(sources.map((value) => value.shape));
  if (sizeOf(shape) >= sizeOf(output.shape)) return null;
  const operands = inputs.map((value) => {
    const source = graph.by('broadcastTo', value)?.inputs[0];
    return source === undefined
      ? graph.number(graph.splat(value)!, { shape, dtype: value.dtype })
      : graph.make(broadcastToP, [source], { shape });
  });
  const once = graph.again(primitive, operands, attrs);
  return graph.make(broadcastToP, [once], { shape: output.shape });
};

/**
 * Whether a sum over a repeated axis has the bits of the product by that count: in float32 all partial sums
 * are exact in the float64 that they are made in; in float64 those of up to four equal terms come out right.
 */
function exactCount(n: number, { dtype }: Value): boolean {
  if (n === 0 || n > 2 ** 24) return false;
  return dtype !== 'float64' || n === 1 || n === 2 || n === 4;
}

/** Sums of one element are that element, but 0 for -0, since they begin with 0. */
const fromZero = (x: Value, graph: Simplifier): Value =>
  x.dtype === 'float32' || x.dtype === 'float64'
    ? graph.make(addP, [x, graph.number(0, x)], null)
    : x;

const sum: Rule<{ readonly axes: readonly number[] }> = (
  { primitive, inputs: [x], attrs: { axes }, output },
  graph,
) => {
  const needed = axes.filter((axis) => x!.shape[axis] !== 1);
  if (needed.length === 0) return fromZero(x!, graph);
  if (needed.length < axes.length) return graph.make(primitive, [x!], { axes: needed });
  const source = graph.by('broadcastTo', x!)?.inputs[0];
  if (source === undefined) return null;
  const added = x!.shape.length - source.shape.length;
  if (needed.some((axis) => axis >= added && source.shape[axis - added] !== 1)) return null;
  const count = needed.reduce((n, axis) => n * x!.shape[axis]!, 1);
  if (!exactCount(count, x!)) return null;
  const product = graph.make(mulP, [source, graph.number(count, source)], null);
  return graph.make(broadcastToP, [fromZero(product, graph)], { shape: output.shape });
};

/** Broadcasts come after what can be computed before them; not those of numbers, as `axpby` has. */
export const broadcastRules: readonly NamedRule[] = [
  ...mapNames.flatMap((name): NamedRule[] => (name === 'axpby' ? [] : [[name, hoist]])),
  on('sum', sum),
];

import { type Aval, type Region, regionsOf, showShape } from '@tikhonov/core/engine';
import { type Graph, resultsOf, type Value } from './graph.ts';

/**
 * Throws unless the graph is well formed: values are defined once and before they are used, every
 * equation's outputs are what its shape rule says, cells keep shape and dtype, and so in its regions, which
 * use nothing from outside.
 */
export function checkGraph(graph: Graph): void {
  const reads = graph.reads.map(({ value }) => value);
  checkRegion(graph, reads, resultsOf(graph));
  for (const { cell, value } of graph.writes) requireLike(value, cell, `the write of ${cell.name}`);
}

function checkRegion(region: Region, reads: readonly Value[], results: readonly Value[]): void {
  const defined = new Set<Value>();
  const define = (value: Value, by: string): void => {
    if (defined.has(value)) throw new Error(`internal: ${by} defines a value twice.`);
    defined.add(value);
  };
  const use = (value: Value, by: string): void => {
    if (!defined.has(value)) throw new Error(`internal: ${by} uses a value before it is defined.`);
  };
  for (const value of region.inputs) define(value, 'an input');
  for (const value of reads) define(value, 'a read');
  for (const { value, view } of region.constants) {
    define(value, 'a constant');
    requireLike(value, view, 'a constant');
  }
  for (const equation of region.equations) {
    const { primitive, inputs, attrs, outputs } = equation;
    for (const input of inputs) use(input, primitive.name);
    const avals =
      primitive.kind === 'single'
        ? [primitive.infer(inputs, attrs)]
        : primitive.infer(inputs, attrs);
    if (avals.length !== outputs.length) {
      throw new Error(
        `internal: ${primitive.name} has ${outputs.length} outputs, not ${avals.length}.`,
      );
    }
    for (const [k, output] of outputs.entries()) {
      requireLike(output, avals[k]!, primitive.name);
      define(output, primitive.name);
    }
    for (const inner of Object.values(regionsOf(equation))) checkRegion(inner, [], inner.results);
  }
  for (const value of results) use(value, 'the end');
}

function requireLike(got: Aval, want: Aval, by: string): void {
  if (got.dtype === want.dtype && showShape(got.shape) === showShape(want.shape)) return;
  throw new Error(
    `internal: ${by}: ${got.dtype} ${showShape(got.shape)} instead of ${want.dtype} ${showShape(want.shape)}.`,
  );
}

import { type Aval, showShape } from '@tikhonov/core/engine';
import { type Graph, resultsOf, type Value } from './graph.ts';

/**
 * Throws unless the graph is well formed: values are defined once and before they are used, every
 * equation's outputs are what its shape rule says, and cells keep shape and dtype.
 */
export function checkGraph(graph: Graph): void {
  const defined = new Set<Value>();
  const define = (value: Value, by: string): void => {
    if (defined.has(value)) throw new Error(`internal: ${by} defines a value twice.`);
    defined.add(value);
  };
  const use = (value: Value, by: string): void => {
    if (!defined.has(value)) throw new Error(`internal: ${by} uses a value before it is defined.`);
  };
  for (const value of graph.inputs) define(value, 'an input');
  for (const { value } of graph.reads) define(value, 'a read');
  for (const { value, view } of graph.constants) {
    define(value, 'a constant');
    requireLike(value, view, 'a constant');
  }
  for (const { primitive, inputs, attrs, outputs } of graph.equations) {
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
  }
  for (const value of resultsOf(graph)) use(value, 'the end');
  for (const { cell, value } of graph.writes) requireLike(value, cell, `the write of ${cell.name}`);
}

function requireLike(got: Aval, want: Aval, by: string): void {
  if (got.dtype === want.dtype && showShape(got.shape) === showShape(want.shape)) return;
  throw new Error(
    `internal: ${by}: ${got.dtype} ${showShape(got.shape)} instead of ${want.dtype} ${showShape(want.shape)}.`,
  );
}

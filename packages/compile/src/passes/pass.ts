import type { Equation, Graph, Value } from '../graph/graph.ts';

/** A rewriting of graphs that computes the same; the same graph if there is nothing to do. */
export interface Pass {
  readonly name: string;
  readonly run: (graph: Graph) => Graph;
}

/** The graph with values replaced wherever they are used; equations are mapped or left out. */
export function rewrite(
  graph: Graph,
  equations: readonly Equation[],
  replaced: ReadonlyMap<Value, Value>,
): Graph {
  const now = (value: Value): Value => replaced.get(value) ?? value;
  return {
    ...graph,
    equations,
    results: graph.results.map(now),
    writes: graph.writes.map(({ cell, value }) => ({ cell, value: now(value) })),
  };
}

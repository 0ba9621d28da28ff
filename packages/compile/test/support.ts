import type { Tensor } from '@tikhonov/core';
import { checkGraph } from '../src/graph/check.ts';
import type { Graph } from '../src/graph/graph.ts';
import { printGraph } from '../src/graph/print.ts';
import type { Pass } from '../src/passes/pass.ts';
import { signatureOf } from '../src/trace/signature.ts';
import { trace } from '../src/trace/trace.ts';

/** The graph of a call, checked. */
export function graphOf(f: (...args: never[]) => unknown, ...args: readonly unknown[]): Graph {
  const { graph } = trace(f, signatureOf(args));
  checkGraph(graph);
  return graph;
}

/** The text of a graph, with passes applied and checked one after the other. */
export function textOf(graph: Graph, ...passes: readonly Pass[]): string {
  let now = graph;
  for (const pass of passes) {
    now = pass.run(now);
    checkGraph(now);
  }
  return printGraph(now);
}

/** A function of tensors with its parameters' types left out. */
export type Call = (...xs: Tensor[]) => unknown;

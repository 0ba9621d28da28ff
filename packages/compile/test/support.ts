import { expect } from '@jest/globals';
import { noGrad, type Tensor } from '@tikhonov/core';
import { runRegion } from '@tikhonov/core/engine';
import { checkGraph } from '../src/graph/check.ts';
import { type Graph, resultsOf } from '../src/graph/graph.ts';
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

/** Records a call, runs the recording primitive by primitive, and leaves cells as the program does. */
export function runTraced(
  f: (...args: never[]) => unknown,
  ...args: readonly Tensor[]
): readonly Tensor[] {
  const graph = graphOf(f, ...args);
  for (const { parameter, before } of graph.grads) expect(parameter.hasGrad).toBe(before);
  const region = {
    ...graph,
    inputs: [...graph.inputs, ...graph.reads.map(({ value }) => value)],
    results: resultsOf(graph),
  };
  const state = graph.reads.map(({ cell }) => cell.read());
  const out = noGrad(() => runRegion(region, [...args, ...state]));
  for (const [i, { cell }] of graph.writes.entries()) {
    cell.write(out[graph.results.length + i]!);
  }
  for (const { parameter, after } of graph.grads) {
    if (after) parameter.hasGrad = true;
    else parameter.zeroGrad();
  }
  return out.slice(0, graph.results.length);
}

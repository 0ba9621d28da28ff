import type { Transformation } from '@tikhonov/check';
import { Tensor } from '@tikhonov/core';
import { eager, fromView, type View } from '@tikhonov/core/engine';
import { checkGraph } from '../../src/graph/check.ts';
import type { Graph, Value } from '../../src/graph/graph.ts';
import { optimize } from '../../src/passes/pipeline.ts';
import { signatureOf } from '../../src/trace/signature.ts';
import { trace } from '../../src/trace/trace.ts';

/** Carries out a graph with the eager kernels. */
export function interpret(graph: Graph, inputs: readonly Tensor[]): Tensor[] {
  const views = new Map<Value, View>();
  for (const [k, value] of graph.inputs.entries()) views.set(value, inputs[k]!.view);
  for (const { cell, value } of graph.reads) views.set(value, cell.read().view);
  for (const { value, view } of graph.constants) views.set(value, view);
  for (const { primitive, inputs: operands, attrs, outputs } of graph.equations) {
    const given = operands.map((value) => views.get(value)!);
    const made = eager.run(primitive, given, attrs, outputs, operands);
    for (const [k, value] of outputs.entries()) views.set(value, made[k] as View);
  }
  const tensorOf = (value: Value): Tensor => fromView(views.get(value)!);
  const results = graph.results.map(tensorOf);
  const writes = graph.writes.map(({ cell, value }) => [cell, tensorOf(value)] as const);
  for (const [cell, value] of writes) cell.write(value);
  return results;
}

/** What a compiler does short of code: calls are recorded, simplified, and carried out by eager kernels. */
export const interpreted: Transformation =
  (f) =>
  (...args) => {
    const { graph, rebuild } = trace(f, signatureOf(args));
    checkGraph(graph);
    const simple = optimize(graph, (pass, _before, after) => {
      try {
        checkGraph(after);
      } catch (error) {
        throw new Error(`after ${pass.name}: ${String(error)}`);
      }
    });
    const returned = rebuild(interpret(simple, args)) as readonly Tensor[];
    if (!returned.every((x) => x instanceof Tensor)) throw new Error('internal: not tensors');
    return returned;
  };

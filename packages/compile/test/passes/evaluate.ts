import { eager, type View } from '@tikhonov/core/engine';
import { type Graph, resultsOf, type Value } from '../../src/graph/graph.ts';
import { contiguous } from './contiguous.ts';

/** The elements of a graph's results, by eager kernels; of those without cells. */
export function evaluate(graph: Graph, args: readonly View[]): readonly (readonly number[])[] {
  const views = new Map<Value, View>();
  for (const [i, value] of graph.inputs.entries()) views.set(value, args[i]!);
  for (const { value, view } of graph.constants) views.set(value, view);
  for (const { primitive, inputs, attrs, outputs } of graph.equations) {
    const operands = inputs.map((value) => views.get(value)!);
    const made = eager.run(primitive, operands, attrs, outputs, inputs) as readonly View[];
    for (const [k, value] of outputs.entries()) views.set(value, made[k]!);
  }
  return resultsOf(graph).map((value) => contiguous(views.get(value)!));
}

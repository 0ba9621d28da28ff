import { type Graph, printGraph, signatureOf, trace } from '@tikhonov/compile';
import type { Cell, Tensor } from '@tikhonov/core';
import { eager, fromView, type View } from '@tikhonov/core/engine';

/** What `f` does with tensors and cells, recorded; cells hold afterwards what they held before. */
export const record = (
  f: (...args: Tensor[]) => readonly Tensor[],
  ...args: readonly Tensor[]
): Graph => trace(f, signatureOf(args)).graph;

/** Everything that a recording is made of, constants included, for comparison. */
export const contentsOf = (graph: Graph): unknown => ({
  text: printGraph(graph),
  attrs: graph.equations.map(({ attrs }) => JSON.stringify(attrs)),
  constants: graph.constants.map(({ view }) => Array.from(fromView(view).data())),
});

/** Runs a recording with the eager kernels, writes its cells, and returns its results. */
export function replay(graph: Graph, ...args: readonly Tensor[]): readonly Tensor[] {
  const views = new Map<number, View>();
  for (const [i, input] of graph.inputs.entries()) views.set(input.id, args[i]!.view);
  for (const { cell, value } of graph.reads) views.set(value.id, cell.read().view);
  for (const { value, view } of graph.constants) views.set(value.id, view);
  for (const { primitive, inputs, attrs, outputs } of graph.equations) {
    const payloads = inputs.map(({ id }) => views.get(id)!);
    const made = eager.run(primitive, payloads, attrs, outputs, inputs);
    for (const [i, { id }] of outputs.entries()) views.set(id, made[i] as View);
  }
  for (const { cell, value } of graph.writes) cell.write(fromView(views.get(value.id)!));
  return graph.results.map(({ id }) => fromView(views.get(id)!));
}

/** The elements of cells by name. */
export const valuesOf = (cells: Readonly<Record<string, Cell>>): Record<string, number[]> =>
  Object.fromEntries(
    Object.entries(cells).map(([name, cell]) => [name, Array.from(cell.read().data())]),
  );

import { eager, hasEffect, type View } from '@tikhonov/core/engine';
import type { Constant, Equation, Graph, Value } from '../graph/graph.ts';
import { sizeOf } from '../layout/layout.ts';
import { foldRepeated } from './fold-repeated.ts';
import type { Pass } from './pass.ts';

/** Larger results are computed in the program rather than carried in it. */
const largest = 4096;

/** Runs what depends on constants only now; of one number repeated, however often, that one. */
export const foldConstants: Pass = {
  name: 'fold-constants',
  run: (graph): Graph => {
    const views = new Map<Value, View>(graph.constants.map(({ value, view }) => [value, view]));
    const constants: Constant[] = [...graph.constants];
    const equations: Equation[] = [];
    for (const equation of graph.equations) {
      const made = fold(equation, views);
      if (made === null) {
        equations.push(equation);
        continue;
      }
      for (const [k, value] of equation.outputs.entries()) {
        views.set(value, made[k]!);
        constants.push({ value, view: made[k]! });
      }
    }
    return equations.length === graph.equations.length ? graph : { ...graph, constants, equations };
  },
};

/** The results, if all operands are known and it is worth it. */
function fold(equation: Equation, views: ReadonlyMap<Value, View>): readonly View[] | null {
  if (hasEffect(equation)) return null;
  const { primitive, inputs, attrs, outputs } = equation;
  const operands: View[] = [];
  for (const input of inputs) {
    const view = views.get(input);
    if (view === undefined) return null;
    operands.push(view);
  }
  const repeated = foldRepeated(primitive, operands, attrs, outputs[0]!);
  if (repeated !== null) return [repeated];
  if (!outputs.every(({ shape }) => sizeOf(shape) <= largest)) return null;
  try {
    return eager.run(primitive, operands, attrs, outputs, inputs) as readonly View[];
  } catch {
    // It counts only if it is run: in a branch that is never taken it is not.
    return null;
  }
}

import { type AnyPrimitive, eager, type View } from '@tikhonov/core/engine';
import type { Constant, Equation, Graph, Value } from '../graph/graph.ts';
import type { Pass } from './pass.ts';

/** Larger results are computed in the program rather than carried in it. */
const largest = 4096;

/** Runs what depends on constants only now. */
export const foldConstants: Pass = {
  name: 'fold-constants',
  run: (graph): Graph => {
    const views = new Map<Value, View>(graph.constants.map(({ value, view }) => [value, view]));
    const constants: Constant[] = [...graph.constants];
    const equations: Equation[] = [];
    for (const equation of graph.equations) {
      const operands = equation.inputs.map((value) => views.get(value));
      const small = equation.outputs.every(
        ({ shape }) => shape.reduce((a, b) => a * b, 1) <= largest,
      );
      if (!small || equation.primitive.effect || operands.includes(undefined)) {
        equations.push(equation);
        continue;
      }
      const made = compute(equation.primitive, operands as readonly View[], equation);
      for (const [k, value] of equation.outputs.entries()) {
        views.set(value, made[k]!);
        constants.push({ value, view: made[k]! });
      }
    }
    return { ...graph, constants, equations };
  },
};

const compute = (
  primitive: AnyPrimitive,
  operands: readonly View[],
  { attrs, outputs, inputs }: Equation,
): readonly View[] => eager.run(primitive, operands, attrs, outputs, inputs) as readonly View[];

import { eager, type View } from '@tikhonov/core/engine';
import type { Constant, Equation, Value } from '../graph/graph.ts';

/** What has been recorded so far, and what it is given. */
export interface Replay {
  readonly given: ReadonlyMap<Value, View>;
  readonly constants: readonly Constant[];
  readonly equations: readonly Equation[];
}

/** The elements of a value, computed by eager kernels from what is given. */
export function replayed(value: Value, { given, constants, equations }: Replay): View {
  const needed = new Set([value]);
  const steps: Equation[] = [];
  for (const equation of equations.toReversed()) {
    if (!equation.outputs.some((output) => needed.has(output))) continue;
    for (const input of equation.inputs) needed.add(input);
    steps.push(equation);
  }
  const views = new Map(given);
  for (const constant of constants) views.set(constant.value, constant.view);
  for (const { primitive, inputs, attrs, outputs } of steps.reverse()) {
    const operands = inputs.map((input) => views.get(input)!);
    const made = eager.run(primitive, operands, attrs, outputs, inputs) as readonly View[];
    for (const [k, output] of outputs.entries()) views.set(output, made[k]!);
  }
  return views.get(value)!;
}

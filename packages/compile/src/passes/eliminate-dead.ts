import { hasEffect, type Region, regionsOf } from '@tikhonov/core/engine';
import { type Equation, resultsOf, type Value } from '../graph/graph.ts';
import type { Pass } from './pass.ts';

/**
 * Leaves out what no result needs, and constants and reads with it. Checks stay: they are there for
 * what they throw.
 */
export const eliminateDead: Pass = {
  name: 'eliminate-dead',
  run: (graph) => {
    const used = new Set<Value>(resultsOf(graph));
    const kept: Equation[] = [];
    let changed = false;
    for (const equation of graph.equations.toReversed()) {
      const needed = hasEffect(equation) || equation.outputs.some((value) => used.has(value));
      if (!needed) continue;
      const smaller = needingLess(equation, used);
      if (smaller !== equation) changed = true;
      for (const input of smaller.inputs) used.add(input);
      kept.push(smaller);
    }
    const reads = graph.reads.filter(({ value }) => used.has(value));
    const constants = graph.constants.filter(({ value }) => used.has(value));
    const still =
      !changed &&
      kept.length === graph.equations.length &&
      reads.length === graph.reads.length &&
      constants.length === graph.constants.length;
    return still ? graph : { ...graph, reads, constants, equations: kept.reverse() };
  },
};

/** A branch without the results that nobody uses, and without what it was given for them alone. */
function needingLess(equation: Equation, used: ReadonlySet<Value>): Equation {
  const { onTrue, onFalse } = regionsOf(equation);
  if (onTrue === undefined || onFalse === undefined) return equation;
  const { inputs, outputs, attrs } = equation;
  const wanted = outputs.map((value) => used.has(value));
  const sides = [onTrue, onFalse].map((region): Region => {
    const results = region.results.filter((_, k) => wanted[k]);
    return eliminateDead.run({ ...region, results, reads: [], writes: [], grads: [] });
  });
  const needed = inputs.slice(1).map((_, k) => sides.some((region) => uses(region, k)));
  if (!wanted.includes(false) && !needed.includes(false)) return equation;
  const [yes, no] = sides.map(
    ({ inputs: own, constants, equations, results }): Region => ({
      inputs: own.filter((_, k) => needed[k]),
      constants,
      equations,
      results,
    }),
  );
  return {
    ...equation,
    inputs: inputs.filter((_, k) => k === 0 || needed[k - 1]),
    outputs: outputs.filter((_, k) => wanted[k]),
    attrs: { ...(attrs as object), onTrue: yes, onFalse: no },
  };
}

/** Whether a region uses its input of that number. */
function uses({ inputs, equations, results }: Region, number: number): boolean {
  const value = inputs[number]!;
  return results.includes(value) || equations.some((equation) => equation.inputs.includes(value));
}

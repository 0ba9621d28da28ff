import { hasEffect, type Region, regionsOf } from '@tikhonov/core/engine';
import { type Equation, type Graph, resultsOf, type Value } from '../graph/graph.ts';
import { indexGuards } from './index-guards.ts';
import type { Pass } from './pass.ts';

/**
 * Leaves out what no result needs, and constants and reads with it. Checks stay, and what alone would find
 * an index out of range: they are there for what they throw.
 */
export const eliminateDead: Pass = {
  name: 'eliminate-dead',
  run: (graph) => {
    const found = needed(graph, new Set());
    const guards = indexGuards(graph, new Set(found.keys()));
    const live = guards.length === 0 ? found : needed(graph, new Set(guards));
    const equations: Equation[] = [];
    const used = new Set<Value>(resultsOf(graph));
    for (const equation of graph.equations) {
      const kept = live.get(equation);
      if (kept === undefined) continue;
      equations.push(kept);
      for (const input of kept.inputs) used.add(input);
    }
    const reads = graph.reads.filter(({ value }) => used.has(value));
    const constants = graph.constants.filter(({ value }) => used.has(value));
    const still =
      equations.length === graph.equations.length &&
      equations.every((equation, k) => equation === graph.equations[k]) &&
      reads.length === graph.reads.length &&
      constants.length === graph.constants.length;
    return still ? graph : { ...graph, reads, constants, equations };
  },
};

/** What must run, and in what form: for results, for effects, and the given ones. */
function needed(graph: Graph, also: ReadonlySet<Equation>): ReadonlyMap<Equation, Equation> {
  const used = new Set<Value>(resultsOf(graph));
  const kept = new Map<Equation, Equation>();
  for (const equation of graph.equations.toReversed()) {
    const isNeeded =
      also.has(equation) ||
      hasEffect(equation) ||
      equation.outputs.some((value) => used.has(value));
    if (!isNeeded) continue;
    const smaller = needingLess(equation, used);
    for (const input of smaller.inputs) used.add(input);
    kept.set(equation, smaller);
  }
  return kept;
}

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

import { hasEffect } from '@tikhonov/core/engine';
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
    for (const equation of graph.equations.toReversed()) {
      const needed = hasEffect(equation) || equation.outputs.some((value) => used.has(value));
      if (!needed) continue;
      for (const input of equation.inputs) used.add(input);
      kept.push(equation);
    }
    const reads = graph.reads.filter(({ value }) => used.has(value));
    const constants = graph.constants.filter(({ value }) => used.has(value));
    const still =
      kept.length === graph.equations.length &&
      reads.length === graph.reads.length &&
      constants.length === graph.constants.length;
    return still ? graph : { ...graph, reads, constants, equations: kept.reverse() };
  },
};

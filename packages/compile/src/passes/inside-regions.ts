import { type Region, regionsOf } from '@tikhonov/core/engine';
import type { Equation, Graph } from '../graph/graph.ts';
import type { Pass } from './pass.ts';

/** The equation with every region changed; the same one if none is. */
export function mapRegions(equation: Equation, change: (region: Region) => Region): Equation {
  const regions = Object.entries(regionsOf(equation));
  const changed = regions.map(([name, region]) => [name, change(region)] as const);
  if (changed.every(([, region], k) => region === regions[k]![1])) return equation;
  return { ...equation, attrs: { ...(equation.attrs as object), ...Object.fromEntries(changed) } };
}

/** A pass that does to branches and the bodies of loops what another one does to graphs. */
export const insideRegions = (optimize: (graph: Graph) => Graph): Pass => ({
  name: 'inside-regions',
  run: (graph) => {
    const visit = (region: Region): Region => {
      const before: Graph = { ...region, reads: [], writes: [], grads: [] };
      const { inputs, constants, equations, results } = optimize(before);
      const still = equations === region.equations && constants === region.constants;
      return still ? region : { inputs, constants, equations, results };
    };
    const equations = graph.equations.map((equation) => mapRegions(equation, visit));
    const still = equations.every((equation, k) => equation === graph.equations[k]);
    return still ? graph : { ...graph, equations };
  },
});

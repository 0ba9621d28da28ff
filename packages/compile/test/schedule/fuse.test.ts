import { describe, expect, test } from '@jest/globals';
import { fc, programs } from '@tikhonov/check';
import { abs, gather, mul, norm, parameter, softmax, type Tensor, tensor } from '@tikhonov/core';
import * as nn from '@tikhonov/nn';
import * as optim from '@tikhonov/optim';
import type { Equation, Graph, Value } from '../../src/graph/graph.ts';
import { allLowerings } from '../../src/lower/all.ts';
import { optimize } from '../../src/passes/pipeline.ts';
import { fuse, type Unit } from '../../src/schedule/fuse.ts';
import { kernelOf } from '../../src/schedule/kernel.ts';
import { type Places, placesOf } from '../../src/schedule/places.ts';
import { runFused } from '../kernels/fused-harness.ts';
import { graphOf } from '../support.ts';

interface Scheduled {
  readonly graph: Graph;
  readonly places: Places;
  readonly units: readonly Unit[];
}

const mayFail = ({ primitive }: Equation): boolean =>
  allLowerings.loops.get(primitive.name)?.fallible === true;

function scheduled(f: (...args: never[]) => unknown, ...args: readonly unknown[]): Scheduled {
  const graph = optimize(graphOf(f, ...args));
  const places = placesOf(graph);
  return { graph, places, units: fuse(graph, places, allLowerings, mayFail) };
}

/** One line per unit: the domain of its loops, which axes are reduced, and its primitives. */
const text = ({ units }: Scheduled): string[] =>
  units.map(({ equations, group }) => {
    const names = equations.map(({ primitive }) => primitive.name).join(' ');
    if (group === null) return names;
    const axes = group.axes.map((n, k) => (group.reduced?.[k] ? `+${n}` : `${n}`));
    return `[${axes.join(', ')}] ${names}`;
  });

const numbers = (...shape: number[]): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(Array.from({ length: size }, (_, i) => ((i * 7) % 11) / 4 - 1)).reshape(shape);
};

/** Throws unless units hold every equation that has storage once, after all that they use. */
function requireOrder({ graph, places, units }: Scheduled): void {
  const placed = graph.equations.filter(({ outputs }) =>
    outputs.every((value) => places.of(value).root === value),
  );
  const run = units.flatMap(({ equations }) => equations);
  expect(new Set(run).size).toBe(run.length);
  expect(new Set(run)).toEqual(new Set(placed));
  const makers = new Map<Value, Unit>();
  for (const unit of units) {
    for (const { outputs } of unit.equations) for (const value of outputs) makers.set(value, unit);
  }
  const done = new Set<Unit>();
  for (const unit of units) {
    for (const { inputs } of unit.equations) {
      for (const input of inputs) {
        const maker = makers.get(places.of(input).root);
        if (maker !== undefined && maker !== unit && !done.has(maker)) {
          throw new Error(`a unit runs before what it uses: ${text({ graph, places, units })}`);
        }
      }
    }
    done.add(unit);
  }
  const failing = (equations: readonly Equation[]): Equation[] => equations.filter(mayFail);
  expect(failing(run)).toEqual(failing(graph.equations));
}

/** How many kernels have lanes that are columns side by side. */
function columnsOf({ places, units }: Omit<Scheduled, 'graph'>): number {
  return units.filter(
    ({ group }) => group !== null && kernelOf(group, places, allLowerings, () => true).spec.columns,
  ).length;
}

describe('the units of a program', () => {
  test('hold every equation once, in an order in which they can run', () => {
    let [columns, fused] = [0, 0];
    const drawn = fc.sample(programs({ without: ['cond', 'whileLoop'] }), {
      seed: 5,
      numRuns: 60,
    });
    for (const program of drawn) {
      const { f } = program.build();
      let all: Scheduled;
      try {
        all = scheduled(f as (...args: never[]) => unknown, ...program.arguments);
      } catch (error) {
        // A requirement of constants fails at once.
        if (error instanceof RangeError) continue;
        throw error;
      }
      requireOrder(all);
      columns += columnsOf(all);
      fused += all.units.filter(({ equations }) => equations.length > 1).length;
    }
    expect(columns).toBeGreaterThan(5);
    expect(fused).toBeGreaterThan(60);
  });

  test('are one for a softmax', () => {
    expect(text(scheduled((x: Tensor) => softmax(x, { axis: -1 }), numbers(5, 9)))).toEqual([
      '[5, +9] max abs less where sub exp sum div',
    ]);
  });

  test('are one for a layer norm', () => {
    const norm = new nn.LayerNorm(9);
    expect(text(scheduled((x: Tensor) => norm.forward(x), numbers(5, 9)))).toEqual([
      '[5, +9] sum div sub sum div sub mul sum div add equal where sqrt div where mul mul add',
    ]);
  });

  test('are one for the update of a parameter by Adam', () => {
    const w = parameter(numbers(4, 6));
    const optimizer = optim.adam({ w }, { lr: 1e-2 });
    const step = (x: Tensor): Tensor => optimizer.minimize(() => mul(w, x).sum());
    const all = scheduled(step, numbers(4, 6));
    requireOrder(all);
    expect(text(all)).toEqual([
      '[+4, +6] mul sum',
      '[] add astype pow sub pow sub sqrt mul astype div astype',
      '[] neg astype',
      '[+4, +6] mul axpby sqrt add axpby div mul mul abs max less add',
      '[] less lessEqual logicalAnd',
      'check',
      'check',
    ]);
  });

  test('add up the columns of what they have just computed', () => {
    const f = (g: Tensor, y: Tensor): Tensor[] => {
      const masked = g.mul(y.mul(y));
      return [masked, masked.sum({ axis: 0 })];
    };
    const all = scheduled(f, numbers(8, 3), numbers(8, 3));
    expect(text(all)).toEqual(['[+8, 3] mul mul sum']);
    expect(columnsOf(all)).toBe(1);
  });

  test('use a sum of columns at every element, unless these are long', () => {
    const f = (x: Tensor): Tensor => x.div(x.mul(x).sum({ axis: 0, keepdims: true }));
    expect(text(scheduled(f, numbers(8, 3)))).toEqual(['[+8, 3] mul sum div']);
    expect(text(scheduled(f, numbers(257, 3)))).toEqual(['[+257, 3] mul sum', '[257, 3] div']);
  });

  test.each(['float32', 'float64'] as const)('compute norms of columns, in %s', (dtype) => {
    const f = (x: Tensor): Tensor => norm(x, { axis: 0 });
    const { places, units } = scheduled(f, numbers(8, 3).astype(dtype));
    expect(units).toHaveLength(1);
    // In float64 numbers are divided by the largest first.
    expect(columnsOf({ places, units })).toBe(1);
    const { spec } = kernelOf(units[0]!.group!, places, allLowerings, () => true);
    const [found] = runFused(spec, [[3, 0, 1e-200, 4, ...new Array<number>(20).fill(0)]]);
    const want = dtype === 'float32' ? [5, 0, 0] : [5, 0, 1e-200];
    expect([0, 1, 2].map((at) => found!.get(at))).toEqual(want);
  });

  test('widen float32 while they add it up in float64, and need not scale it', () => {
    const f = (x: Tensor): Tensor => norm(x.astype('float64'));
    const { places, units, graph } = scheduled(f, numbers(8, 3));
    expect(text({ places, units, graph })).toEqual(['[+8, +3] astype norm']);
    const { spec } = kernelOf(units[0]!.group!, places, allLowerings, () => true);
    expect(spec.nodes.map(({ kind }) => kind)).toEqual(['input', 'map', 'reduce']);
    const [found] = runFused({ ...spec, outputs: spec.outputs.slice(-1) }, [
      [3e38, 4e38 / 4, 1e-45, ...new Array<number>(21).fill(0)].map(Math.fround),
    ]);
    expect(found!.get(0)).toBeCloseTo(Math.hypot(Math.fround(3e38), Math.fround(1e38)), -25);
    // Where float32 is computed with, it keeps its four lanes.
    const g = (x: Tensor): Tensor => norm(x.mul(x).astype('float64'));
    expect(text(scheduled(g, numbers(8, 3)))).toEqual(['[8, 3] mul', '[+8, +3] astype norm']);
  });

  test('tell bounds of absolute values, which have no signs, from others', () => {
    const unsigned = (f: (x: Tensor) => Tensor, dtype: 'float32' | 'float64'): unknown => {
      const { places, units } = scheduled(f, numbers(8, 3).astype(dtype));
      const { spec } = kernelOf(units[0]!.group!, places, allLowerings, () => true);
      return spec.nodes.flatMap((node) => (node.kind === 'reduce' ? [node.unsigned] : []));
    };
    expect(unsigned((x) => abs(x).max(), 'float32')).toEqual([true]);
    expect(unsigned((x) => x.max(), 'float32')).toEqual([false]);
    expect(unsigned((x) => abs(x).max(), 'float64')).toEqual([false]);
  });

  test('keep the order of what may fail, even if a kernel that begins early uses the later', () => {
    const f = (x: Tensor, at: Tensor): Tensor[] => {
      const early = x.mul(x);
      const first = gather(x, at, { axis: 0 });
      const second = gather(x, at.add(at), { axis: 0 });
      return [first, early.add(second)];
    };
    const all = scheduled(f, numbers(4), tensor([0, 1, 0, 1], { dtype: 'int32' }));
    expect(all.graph.equations.filter(mayFail)).toHaveLength(2);
    requireOrder(all);
  });
});

import { describe, expect, test } from '@jest/globals';
import { fc, programs } from '@tikhonov/check';
import { gather, mul, norm, parameter, softmax, type Tensor, tensor } from '@tikhonov/core';
import * as nn from '@tikhonov/nn';
import * as optim from '@tikhonov/optim';
import type { Equation, Graph, Value } from '../../src/graph/graph.ts';
import { loopRules } from '../../src/lower/loops/index.ts';
import { allLowerings } from '../../src/lower/lowerings.ts';
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

const mayFail = ({ primitive }: Equation): boolean => loopRules.get(primitive)?.fallible === true;

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

/** Throws if a kernel in columns uses a reduction at every element. */
function requireColumns({ places, units }: Omit<Scheduled, 'graph'>): number {
  let columns = 0;
  for (const { group } of units) {
    if (group === null) continue;
    const { spec } = kernelOf(group, places, allLowerings, () => true);
    if (!spec.columns) continue;
    columns += 1;
    const late: boolean[] = [];
    const everywhere: boolean[] = [];
    for (const node of spec.nodes) {
      const args = node.kind === 'map' ? node.args : node.kind === 'reduce' ? [node.arg] : [];
      const walk = node.kind === 'input' ? spec.inputs[node.input]! : null;
      late.push(node.kind === 'reduce' || args.some((arg) => late[arg]));
      everywhere.push(
        node.kind !== 'reduce' &&
          (args.some((arg) => everywhere[arg]) ||
            (walk?.strides.some((s, k) => s !== 0 && spec.reduced[k]) ?? false)),
      );
      expect(late.at(-1) && everywhere.at(-1)).toBe(false);
      if (node.kind === 'reduce') expect(late[node.arg]).toBe(false);
    }
  }
  return columns;
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
      const all = scheduled(f as (...args: never[]) => unknown, ...program.arguments);
      requireOrder(all);
      columns += requireColumns(all);
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
    expect(requireColumns(all)).toBe(1);
  });

  test('part where a sum of columns is used at every element', () => {
    const f = (x: Tensor): Tensor => x.div(x.mul(x).sum({ axis: 0, keepdims: true }));
    expect(text(scheduled(f, numbers(8, 3)))).toEqual(['[+8, 3] mul sum', '[8, 3] div']);
  });

  test.each(['float32', 'float64'] as const)('compute norms of columns, in %s', (dtype) => {
    const f = (x: Tensor): Tensor => norm(x, { axis: 0 });
    const { places, units } = scheduled(f, numbers(8, 3).astype(dtype));
    expect(units).toHaveLength(1);
    // In float64 numbers are divided by the largest, which columns could not wait for.
    requireColumns({ places, units });
    const { spec } = kernelOf(units[0]!.group!, places, allLowerings, () => true);
    const [found] = runFused(spec, [[3, 0, 1e-200, 4, ...new Array<number>(20).fill(0)]]);
    const want = dtype === 'float32' ? [5, 0, 0] : [5, 0, 1e-200];
    expect([0, 1, 2].map((at) => found!.get(at))).toEqual(want);
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

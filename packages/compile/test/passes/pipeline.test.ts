import { describe, expect, test } from '@jest/globals';
import {
  abs,
  add,
  astype,
  broadcastTo,
  concat,
  type DType,
  div,
  equal,
  exp,
  flip,
  floor,
  full,
  gather,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  max,
  maximum,
  mul,
  neg,
  notEqual,
  pad,
  permute,
  pow,
  relu,
  reshape,
  round,
  slice,
  sub,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  where,
} from '@tikhonov/core';
import { check } from '@tikhonov/core/engine';
import { checkGraph } from '../../src/graph/check.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { optimize } from '../../src/passes/pipeline.ts';
import { Draw } from '../math/harness.ts';
import { graphOf } from '../support.ts';
import { evaluate } from './evaluate.ts';

/** How many random programs; a soak test sets the variable. */
const programs = Number(process.env.TIKHONOV_PASS_PROGRAMS ?? 100);

const numbers = [0, -0, 1, -1, 2, 0.5, 4, -3, NaN, Infinity, -Infinity, 1e-45, 1e30];

const named = (graph: Graph): readonly string[] =>
  graph.equations.map(({ primitive }) => primitive.name);

/** Draws programs of operations that the passes know, on shapes with axes of size 1. */
class Program {
  readonly #draw: Draw;

  constructor(seed: number) {
    this.#draw = new Draw(seed);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.#draw.word() % items.length]!;
  }

  /** A tensor of special numbers, or one number. */
  leaf(shape: readonly number[], dtype: DType): Tensor {
    const size = shape.reduce((a, b) => a * b, 1);
    const values = Array.from({ length: size }, () => this.pick(numbers));
    return reshape(tensor(values, { dtype: 'float64' }), shape).astype(dtype);
  }

  shape(): readonly number[] {
    return Array.from({ length: this.pick([0, 1, 2, 3]) }, () => this.pick([1, 1, 2, 3]));
  }

  /** A tensor of the shape, from what there is. */
  fitting(known: readonly Tensor[], shape: readonly number[]): Tensor {
    const same = known.filter((x) => x.shape.join() === shape.join());
    if (same.length === 0 || this.pick([0, 0, 1]) === 1)
      return full(shape, this.pick(numbers), { dtype: known[0]!.dtype });
    return this.pick(same);
  }

  condition(known: readonly Tensor[], x: Tensor): Tensor {
    const y = this.fitting(known, x.shape);
    const one = this.pick([less, lessEqual, equal, notEqual])(x, y);
    if (this.pick([0, 1]) === 0) return one;
    const other = this.pick([less, lessEqual])(y, this.fitting(known, x.shape));
    return this.pick([
      () => logicalNot(one),
      () => logicalAnd(one, other),
      () => logicalNot(logicalNot(other)),
    ])();
  }

  step(known: readonly Tensor[]): Tensor {
    const x = this.pick(known);
    const y = this.fitting(known, x.shape);
    const axes = x.shape.map((_, k) => k);
    const order = [...axes].sort(() => this.pick([-1, 1]));
    const other: DType = x.dtype === 'float32' ? 'float64' : 'float32';
    const some = axes.filter(() => this.pick([true, false]));
    return this.pick<() => Tensor>([
      () => this.pick([add, sub, mul, div, maximum])(x, y),
      () => this.pick([neg, abs, floor, round, exp, relu])(x),
      () => pow(x, this.pick([1, 2])),
      () => where(this.condition(known, x), x, y),
      () => where(this.condition(known, x), this.pick(numbers), this.pick(numbers)).astype(x.dtype),
      () => astype(astype(x, this.pick([other, 'int32', 'bool'])), x.dtype),
      () => permute(x, order),
      () => reshape(x, [...x.shape.filter((n) => n !== 1)]),
      () => reshape(x, [1, x.size]),
      () => (x.rank > 3 ? x : broadcastTo(x, [this.pick([1, 2]), ...x.shape])),
      () =>
        broadcastTo(
          x,
          x.shape.map((n) => (n === 1 ? this.pick([1, 2, 3]) : n)),
        ),
      () => sum(x, { axis: some, keepdims: true }),
      () => max(x, { axis: some, keepdims: true }),
      () => flip(x, some),
      () =>
        slice(
          x,
          axes.map((k) => ({ start: this.pick([0, 0, x.shape[k]! - 1]), step: this.pick([1, 2]) })),
        ),
      () =>
        x.size > 60
          ? x
          : pad(
              x,
              axes.map(() => [this.pick([0, 1]), this.pick([0, 1])] as const),
            ),
      () => (x.rank === 0 ? x : concat([x, x], { axis: 0 })),
    ])();
  }
}

describe('optimized graphs', () => {
  test.each(['float32', 'float64'] as const)(
    'of random programs of %s give the same bits',
    (dtype) => {
      let fewer = 0;
      for (let seed = 0; seed < programs; seed++) {
        const program = new Program(seed * 7 + 1);
        const args = [0, 1].map(() => program.leaf(program.shape(), dtype));
        const graph = graphOf(
          (...xs: Tensor[]) => {
            const known: Tensor[] = [...xs];
            for (let k = 0; k < 14; k++) known.push(program.step(known));
            return known.slice(-4);
          },
          ...args,
        );
        const passes: string[] = [];
        const after = optimize(graph, (pass, _before, next) => {
          passes.push(pass.name);
          checkGraph(next);
        });
        const views = args.map((x) => x.view);
        const [got, want] = [evaluate(after, views), evaluate(graph, views)];
        const same = want.every((list, i) =>
          list.every((value, k) => Object.is(value, got[i]![k])),
        );
        if (!same) expect({ seed, passes, got }).toEqual({ seed, passes, got: want });
        if (after.equations.length < graph.equations.length) fewer += 1;
        expect(optimize(after)).toBe(after);
      }
      expect(fewer).toBeGreaterThan(0.75 * programs);
    },
  );

  test('of a step with a rectifier and labels need no scatter, and no mask in memory', () => {
    const w = tensor([
      [1, -2],
      [3, 4],
    ]);
    const y = tensor([0, 1], { dtype: 'int32' });
    const step = (x: Tensor, labels: Tensor): unknown =>
      valueAndGrad((p: Tensor) => {
        check(logicalAnd(lessEqual(0, labels), less(labels, 2)), () => new RangeError('no label'));
        const scores = relu(x.matmul(p)).matmul(p).div(2);
        return sum(gather(exp(scores.mul(1)), reshape(labels, [2, 1]), { axis: 1 })).neg();
      })(x);
    const graph = graphOf(step, w, y);
    const passes = new Set<string>();
    const after = optimize(graph, (pass, _before, next) => {
      passes.add(pass.name);
      checkGraph(next);
    });
    expect([...passes].sort()).toEqual(
      [
        'share-common',
        'one-hot',
        'simplify',
        'relu-mask',
        'turn-products',
        'eliminate-dead',
      ].sort(),
    );
    expect(named(graph).filter((name) => name === 'scatterAdd' || name === 'div')).toHaveLength(3);
    expect(named(after).filter((name) => name === 'scatterAdd' || name === 'div')).toEqual([]);
    expect(named(after).filter((name) => name === 'lessEqual')).toHaveLength(3);
    const args = [w.view, y.view];
    expect(evaluate(after, args)).toEqual(evaluate(graph, args));
  });

  test('of thousands of equations take no more rounds than those of dozens', () => {
    const x = tensor(2);
    const roundsOf = (length: number): number => {
      const graph = graphOf(
        (a: Tensor, m: Tensor) => {
          let now = m;
          for (let k = 0; k < length; k++) {
            now = mul(exp(add(now, broadcastTo(a.mul(k + 1).neg(), [3, 4]))), 1e-8);
            if (k % 10 === 0) now = now.transpose().transpose().div(1);
          }
          return now;
        },
        x,
        full([3, 4], 1),
      );
      expect(graph.equations.length).toBeGreaterThan(5 * length);
      let rounds = 0;
      optimize(graph, () => {
        rounds += 1;
      });
      return rounds;
    };
    expect(roundsOf(1000)).toBe(roundsOf(20));
  });
});

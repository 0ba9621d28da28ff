import { describe, expect, test } from '@jest/globals';
import {
  Cell,
  cond,
  flip,
  greater,
  less,
  mul,
  noGrad,
  type Parameter,
  parameter,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  whileLoop,
  withValues,
} from '@tikhonov/core';
import { check } from '@tikhonov/core/engine';
import * as optim from '@tikhonov/optim';
import { type Compiled, compile } from '../../src/compile.ts';
import { expectSame } from './support.ts';

// Programs, plain calls and writes from outside by turns, at random, on one state; beside it the same with
// plain calls only. Whatever the order, both see the same.

const float64 = { dtype: 'float64' } as const;
const tolerance = 1e-9;
const [sessions, actions] = [8, 120];

type Step = (x: Tensor) => unknown;

interface World {
  readonly cells: Readonly<Record<string, Cell>>;
  readonly parameters: readonly Parameter[];
  readonly optimizer: optim.Optimizer;
  readonly steps: readonly Step[];
}

/** Cells, and steps that read and write them in all ways. */
function world(): World {
  const cell = (...values: number[]): Cell => new Cell(tensor(values, float64));
  const [a, b, p, q] = [
    cell(1, 2, 3),
    cell(-1, 0.5, 0.25),
    parameter(tensor([0.5, -1, 2], float64), { name: 'p' }),
    parameter(tensor([1, 1, -1], float64), { name: 'q' }),
  ] as const;
  const optimizer = optim.sgd({ p, q }, { lr: 0.05, momentum: 0.5 });
  const loss = (x: Tensor): Tensor => sum(tanh(mul(p, x).add(mul(q, a))));
  const steps: readonly Step[] = [
    (x) => {
      a.write(a.read().mul(0.5).add(x));
      return a.read();
    },
    () => {
      const [before, other] = [a.read(), b.read()];
      a.write(other);
      b.write(before);
      return [before, other];
    },
    (x) => {
      const before = p.read();
      p.write(before.mul(0.5).add(b));
      q.write(flip(q.read(), 0));
      return [before, p.read(), mul(p, x)];
    },
    (x) => loss(x).backward(),
    () => {
      const g = p.grad;
      if (g === null) return null;
      p.write(sub(p, g.mul(0.1)));
      p.zeroGrad();
      return g;
    },
    (x) => {
      a.write(x);
      loss(x).backward();
      check(less(sum(x), 0), () => new RangeError(`the sum is ${sum(x).item()}`));
      b.write(x);
      return a.read();
    },
    () => {
      a.write(b.read());
      q.write(q.read());
      return [a.read(), b.read(), a.read()];
    },
    (x) => {
      a.write(a.read().add(x).mul(0.5));
      const between = a.read();
      a.write(flip(between, 0).sub(b));
      return between;
    },
    (x) => optimizer.minimize(() => loss(x)),
    (x) =>
      cond(
        greater(sum(x), 0),
        () => {
          a.write(x);
          return b.read();
        },
        () => {
          b.write(mul(b, 0.5).add(x));
          return a.read();
        },
      ),
    (x) =>
      whileLoop(
        (y) => less(sum(y), 4),
        (y) => {
          b.write(b.read().mul(0.5).add(y.mul(0.1)));
          return y.add(1);
        },
        x,
        { maxSteps: 6 },
      ),
    () => [a.read(), b.read(), p.read(), q.read(), q.grad],
  ];
  return { cells: { a, b, p, q }, parameters: [p, q], optimizer, steps };
}

/** Numbers in [0, 1) (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const stateOf = ({ cells, parameters, optimizer }: World) => [
  ...Object.values(cells).map((cell) => cell.read()),
  ...parameters.map(({ grad }) => grad),
  optimizer.stateDict(),
];

/** What a call returns or throws; of a plain one that throws, what it has written is undone. */
function outcome(given: World, isPlain: boolean, f: () => unknown): unknown {
  const { cells, parameters, optimizer } = given;
  const held = Object.values(cells).map((cell) => [cell, cell.read()] as const);
  const moments = optimizer.stateDict();
  const grads = parameters.map((one) => [one, one.grad] as const);
  try {
    return f();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    if (isPlain) {
      for (const [cell, value] of held) cell.write(value);
      optimizer.loadStateDict(moments);
      for (const [one, g] of grads) {
        if (g === null) one.zeroGrad();
        else one.setGrad(g);
      }
    }
    return error.message;
  }
}

describe('a session of programs, plain calls and writes', () => {
  test.each(Array.from({ length: sessions }, (_, seed) => seed))(
    'is that of plain calls, %i',
    (seed) => {
      const random = numbers(seed);
      const pick = (n: number): number => Math.floor(random() * n);
      const [ours, plain] = [world(), world()];
      const programs = [0, 1].map((): readonly Compiled<[Tensor], unknown>[] =>
        ours.steps.map((step) => compile(step, { maxTraces: 100 })),
      );
      const kept: unknown[][] = [[], []];
      let failures = 0;
      for (let k = 0; k < actions; k++) {
        const x = tensor([random() - 0.5, random() - 0.5, random() - 0.5], float64);
        const at = pick(ours.steps.length);
        const action = pick(10);
        const name = 'abpq'[pick(4)]!;
        const both = (f: (here: World) => unknown): void => {
          for (const [i, here] of [ours, plain].entries()) kept[i]!.push(f(here));
        };
        if (action === 0) both(({ cells }) => cells[name]!.write(x));
        else if (action === 1) both(({ cells }) => cells[name]!.read());
        else if (action === 2) both(({ parameters }) => parameters[0]!.zeroGrad());
        else {
          const wrap = (step: Step): unknown => {
            if (action === 3) return noGrad(() => (at === 3 || at === 5 ? null : step(x)));
            return step(x);
          };
          const around = (here: World, step: Step): unknown =>
            action === 4
              ? withValues(here.cells, { [name]: x.mul(2) }, () => wrap(step))
              : wrap(step);
          const step = action === 5 ? ours.steps[at]! : programs[pick(2)]![at]!;
          const got = outcome(ours, action === 5, () => around(ours, step));
          const want = outcome(plain, true, () => around(plain, plain.steps[at]!));
          if (typeof want === 'string') failures += 1;
          expect([k, at, typeof got]).toEqual([k, at, typeof want]);
          if (typeof want === 'string') expect(got).toBe(want);
          expectSame(got, want, tolerance);
          kept[0]!.push(got);
          kept[1]!.push(want);
        }
        if (pick(4) === 0) expectSame(stateOf(ours), stateOf(plain), tolerance);
      }
      expectSame(stateOf(ours), stateOf(plain), tolerance);
      // What was handed out on the way has not moved.
      expectSame(kept[0], kept[1], tolerance);
      expect(failures).toBeGreaterThan(0);
    },
  );
});

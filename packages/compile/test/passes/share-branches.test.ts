import { describe, expect, test } from '@jest/globals';
import {
  checkpoint,
  cond,
  exp,
  greater,
  less,
  matmul,
  sum,
  type Tensor,
  tanh,
  tensor,
  valueAndGrad,
} from '@tikhonov/core';
import { check } from '@tikhonov/core/engine';
import { compile } from '../../src/index.ts';
import { eliminateDead } from '../../src/passes/eliminate-dead.ts';
import { shareBranches } from '../../src/passes/share-branches.ts';
import { graphOf, textOf } from '../support.ts';
import { evaluate } from './evaluate.ts';

const a = tensor([
  [1, 2],
  [3, 4],
]);
const w = tensor([
  [0.5, -1],
  [2, 0.25],
]);

const countOf = (text: string, name: string): number => text.split(` = ${name}(`).length - 1;

/** How many equations of a name there are with the pass and without; results must be the same either way. */
function counts(f: (a: Tensor, w: Tensor) => unknown, name: string): readonly [number, number] {
  const graph = eliminateDead.run(graphOf(f, a, w));
  const shared = shareBranches.run(graph);
  for (const sign of [1, -1]) {
    const views = [a.mul(sign), w].map(({ view }) => view);
    expect(evaluate(shared, views)).toEqual(evaluate(graph, views));
  }
  return [countOf(textOf(graph), name), countOf(textOf(graph, shareBranches, eliminateDead), name)];
}

const branching =
  (onTrue: (x: Tensor, w: Tensor) => Tensor) =>
  (x: Tensor, y: Tensor): readonly Tensor[] => {
    const [value, grads] = valueAndGrad((p: { x: Tensor; y: Tensor }) =>
      cond(
        greater(sum(a0(p.x)), 0),
        () => sum(onTrue(p.x, p.y)),
        () => sum(exp(p.x)),
      ),
    )({ x, y });
    return [value, grads.x, grads.y];
  };

const a0 = (x: Tensor): Tensor => x.mul(1);

describe('what a branch has computed', () => {
  test('is kept for its derivative, if it is a product and no map', () => {
    const f = branching((x, y) => tanh(matmul(tanh(matmul(x, y)), y)));
    // Two of the value, two for the derivative of each, and before also the two of the value again.
    expect(counts(f, 'matmul')).toEqual([8, 6]);
    // Maps are done again: what they are made of is there.
    const [before, after] = counts(f, 'tanh');
    expect(after).toBe(before);
  });

  test('is the same in compiled functions, whichever side is taken', () => {
    const f = branching((x, y) => matmul(tanh(matmul(x, y)), y));
    const compiled = compile(f);
    for (const sign of [1, -1, 1]) {
      const [got, want] = [compiled, f].map((g) =>
        g(a.mul(sign), w).flatMap((x) => Array.from(x.data())),
      );
      for (const [i, x] of want!.entries()) expect(got![i]).toBeCloseTo(x, 4);
    }
  });

  test('is not taken from the branch of another predicate', () => {
    const f = (x: Tensor, y: Tensor): Tensor =>
      [greater(sum(x), 0), less(sum(x), 0)]
        .map((holds) =>
          cond(
            holds,
            () => sum(matmul(x, y)),
            () => sum(x),
          ),
        )
        .reduce((first, second) => first.add(second));
    expect(counts(f, 'matmul')).toEqual([2, 2]);
  });

  test('is kept on either side, for any later branch of the same predicate', () => {
    const f = (x: Tensor, y: Tensor): Tensor => {
      const holds = greater(sum(x), 0);
      const either = (scale: number): Tensor =>
        cond(
          holds,
          () => sum(matmul(x, y)).mul(scale),
          () => sum(matmul(y, x)).mul(scale),
        );
      return either(2).add(either(3)).add(either(4));
    };
    expect(counts(f, 'matmul')).toEqual([6, 2]);
  });

  test('stays apart from what is recomputed on purpose', () => {
    const f = branching((x, y) => checkpoint((z: Tensor) => tanh(matmul(z, y)))(x));
    const [before, after] = counts(f, 'matmul');
    expect(after).toBe(before);
  });

  test('checks once, and only where it is taken', () => {
    const f = branching((x, y) => {
      check(less(sum(x), 100), () => new RangeError('too large'));
      return matmul(x, y);
    });
    const compiled = compile(f);
    expect(() => compiled(a.mul(100), w)).toThrow('too large');
    expect(compiled(a.mul(-100), w)).toHaveLength(3);
  });
});

import { describe, expect, test } from '@jest/globals';
import { exp, full, less, sum, type Tensor, tensor } from '@tikhonov/core';
import { check } from '@tikhonov/core/engine';
import type { Graph } from '../../src/graph/graph.ts';
import { eliminateDead } from '../../src/passes/eliminate-dead.ts';
import { foldConstants } from '../../src/passes/fold-constants.ts';
import { shareCommon } from '../../src/passes/share-common.ts';
import { graphOf, textOf } from '../support.ts';

const x = tensor([1, 2]);

describe('eliminate-dead', () => {
  test('leaves out what no result needs, and keeps checks', () => {
    const graph = graphOf((a: Tensor) => {
      exp(a.mul(3));
      check(less(a, 5), () => new RangeError('too large'));
      return a.neg();
    }, x);
    expect(textOf(graph, eliminateDead)).toBe(
      [
        '%0 = input float32[2]',
        '%1 = constant float32[2]',
        '%2 = less(%0, %1) bool[2]',
        '%3 = check(%2) bool[2]',
        '%4 = neg(%0) float32[2]',
        'return %4',
      ].join('\n'),
    );
  });
});

describe('share-common', () => {
  test('computes once what is computed twice, in chains too', () => {
    const graph = graphOf((a: Tensor) => exp(a.neg()).add(exp(a.neg())), x);
    expect(textOf(graph, shareCommon)).toBe(
      [
        '%0 = input float32[2]',
        '%1 = neg(%0) float32[2]',
        '%2 = exp(%1) float32[2]',
        '%3 = add(%2, %2) float32[2]',
        'return %3',
      ].join('\n'),
    );
  });

  test('keeps apart what differs in attributes or operands', () => {
    const m = tensor([[1, 2]]);
    const graph = graphOf(
      (a: Tensor) => [sum(a, { axis: 0 }), sum(a, { axis: 1 }), a.sub(a.neg()), a.neg().sub(a)],
      m,
    );
    const names = shareCommon.run(graph).equations.map(({ primitive }) => primitive.name);
    expect(names.filter((name) => name === 'sum')).toHaveLength(2);
    expect(names.filter((name) => name === 'sub')).toHaveLength(2);
    expect(names.filter((name) => name === 'neg')).toHaveLength(1);
  });

  test('keeps checks with different errors apart', () => {
    const graph = graphOf((a: Tensor) => {
      const small = less(a, 5);
      check(small, () => new RangeError('one'));
      check(small, () => new RangeError('another'));
      return a;
    }, x);
    expect(
      shareCommon.run(graph).equations.filter(({ primitive }) => primitive.effect),
    ).toHaveLength(2);
  });
});

describe('fold-constants', () => {
  const range = (size: number): Tensor => tensor(Float32Array.from({ length: size }, (_, i) => i));

  // The trace itself runs what depends on nothing; constants arise again when passes replace values.
  const withConstant = (size: number, held: Tensor = range(size)): Graph => {
    const graph = graphOf((a: Tensor) => exp(a.neg()).add(a), tensor(new Float32Array(size)));
    const [value] = graph.inputs;
    return { ...graph, inputs: [], constants: [{ value: value!, view: held.view }] };
  };

  test('runs what depends on constants only', () => {
    expect(textOf(withConstant(2), foldConstants, eliminateDead)).toBe(
      '%0 = constant float32[2]\nreturn %0',
    );
  });

  test('leaves large results to the program', () => {
    expect(foldConstants.run(withConstant(5000)).equations).toHaveLength(3);
  });

  test('of one number repeated makes one number repeated, however often', () => {
    const graph = withConstant(5000, full([5000], 1));
    const folded = eliminateDead.run(foldConstants.run(graph));
    expect(folded.equations).toEqual([]);
    expect([...folded.constants[0]!.view.data]).toEqual([Math.fround(1 + Math.exp(-1))]);
    expect(folded.constants[0]!.view.stride).toEqual([0]);
  });
});

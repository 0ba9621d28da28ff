import { describe, expect, test } from '@jest/globals';
import {
  type DType,
  full,
  gather,
  less,
  lessEqual,
  logicalAnd,
  reshape,
  scatterAdd,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '@tikhonov/core';
import { check } from '@tikhonov/core/engine';
import type { Graph } from '../../src/graph/graph.ts';
import { eliminateDead } from '../../src/passes/eliminate-dead.ts';
import { oneHot } from '../../src/passes/one-hot.ts';
import { shareCommon } from '../../src/passes/share-common.ts';
import { graphOf, textOf } from '../support.ts';
import { evaluate } from './evaluate.ts';

const labels = (dtype: DType = 'int32'): Tensor => tensor([2, 0, 1], { dtype });

/** The value, of which the condition has been checked. */
function checked(y: Tensor, condition: Tensor): Tensor {
  check(condition, () => new RangeError('no label'));
  return y;
}

/** The labels, which must lie in `[low, high)`. */
const requireRange = (y: Tensor, low: number, high: number): Tensor =>
  checked(y, logicalAnd(lessEqual(low, y), less(y, high)));

/** Rows of `off` with `on` more at the label. */
const rows = (y: Tensor, classes: number, on = 1, off = 0): Tensor =>
  scatterAdd(full([3, classes], off), reshape(y, [3, 1]), full([3, 1], on), { axis: 1 });

const passed = (graph: Graph): Graph => eliminateDead.run(oneHot.run(shareCommon.run(graph)));

const names = (graph: Graph): readonly string[] =>
  graph.equations.map(({ primitive }) => primitive.name);

const scatters = (f: (y: Tensor) => unknown, dtype?: DType): boolean =>
  names(passed(graphOf(f, labels(dtype)))).includes('scatterAdd');

describe('one-hot', () => {
  test('compares with positions once the labels have been checked', () => {
    const graph = graphOf((y: Tensor) => {
      requireRange(y, 0, 4);
      return rows(y, 4);
    }, labels());
    expect(textOf(graph, shareCommon, oneHot, eliminateDead)).toBe(
      [
        '%0 = input int32[3]',
        '%1 = constant int32[3]',
        '%2 = constant int32[3]',
        '%3 = constant float32[3, 4]',
        '%4 = constant int32[3, 4]',
        '%5 = constant float32[3, 4]',
        '%6 = lessEqual(%1, %0) bool[3]',
        '%7 = less(%0, %2) bool[3]',
        '%8 = logicalAnd(%6, %7) bool[3]',
        '%9 = check(%8) bool[3]',
        '%10 = reshape(%0) { shape: [3,1] } int32[3, 1]',
        '%11 = broadcastTo(%10) { shape: [3,4] } int32[3, 4]',
        '%12 = equal(%11, %4) bool[3, 4]',
        '%13 = where(%12, %5, %3) float32[3, 4]',
        'return %13',
      ].join('\n'),
    );
  });

  test.each([
    [1, 0],
    [-0.5, 0],
    [0.1, 0.2],
    [-0, -0],
  ])('adds %d to rows of %d as the scatter does', (on, off) => {
    const graph = graphOf((y: Tensor) => {
      requireRange(y, 0, 4);
      return rows(y, 4, on, off);
    }, labels());
    const args = [labels().view];
    expect(names(passed(graph))).not.toContain('scatterAdd');
    expect(evaluate(passed(graph), args)).toEqual(evaluate(graph, args));
  });

  test('knows sums along the rows, and those of their maps', () => {
    const graph = graphOf((y: Tensor) => {
      requireRange(y, 0, 4);
      return sum(rows(y, 4, 3).neg().mul(2), { axis: 1, keepdims: true });
    }, labels());
    expect(names(passed(graph))).toEqual(['lessEqual', 'less', 'logicalAnd', 'check']);
    expect(evaluate(passed(graph), [labels().view])).toEqual([[-6, -6, -6]]);
  });

  test('sums rows of other numbers, and columns, as before', () => {
    for (const [off, axis] of [
      [1, 1],
      [0, 0],
    ] as const) {
      const graph = graphOf((y: Tensor) => {
        requireRange(y, 0, 4);
        return sum(rows(y, 4, 1, off), { axis });
      }, labels());
      expect(names(passed(graph))).toContain('sum');
    }
  });

  test('takes one check for smaller ranges, and the word of a gather before', () => {
    expect(scatters((y) => rows(requireRange(y, 0, 3), 4))).toBe(false);
    expect(
      scatters((y) => {
        const picked = gather(zeros([3, 4]), reshape(y, [3, 1]), { axis: 1 });
        return [picked, rows(y, 4)];
      }),
    ).toBe(false);
    expect(scatters((y) => rows(checked(y, less(y, 4)), 4), 'uint32')).toBe(false);
    expect(scatters((y) => rows(checked(y, lessEqual(y, 3)), 4), 'uint32')).toBe(false);
    expect(scatters((y) => rows(checked(y, lessEqual(y, 4)), 4), 'uint32')).toBe(true);
    expect(scatters((y) => [rows(y, 3), rows(y, 4)])).toBe(true);
    expect(names(passed(graphOf((y: Tensor) => [rows(y, 3), rows(y, 4)], labels())))).toEqual([
      'reshape',
      'scatterAdd',
      'broadcastTo',
      'equal',
      'where',
    ]);
  });

  test('leaves scatters whose own error might be due', () => {
    expect(scatters((y) => rows(y, 4))).toBe(true);
    expect(scatters((y) => rows(requireRange(y, 0, 5), 4))).toBe(true);
    expect(scatters((y) => rows(requireRange(y, -1, 4), 4))).toBe(true);
    expect(scatters((y) => rows(checked(y, less(y, 4)), 4))).toBe(true);
    expect(scatters((y) => rows(checked(y, less(y.neg(), 4)), 4), 'uint32')).toBe(true);
    expect(
      scatters((y) => {
        const made = rows(y, 4);
        requireRange(y, 0, 4);
        return made;
      }),
    ).toBe(true);
  });

  test('leaves scatters of several places a row, or of what is not one number', () => {
    const many = (y: Tensor): Tensor => {
      requireRange(y, 0, 4);
      return scatterAdd(zeros([4]), y, full([3], 1), { axis: 0 });
    };
    expect(scatters(many)).toBe(true);
    expect(
      scatters((y) => {
        requireRange(y, 0, 4);
        return scatterAdd(zeros([3, 4]), reshape(y, [3, 1]), tensor([[1], [2], [3]]), { axis: 1 });
      }),
    ).toBe(true);
  });
});

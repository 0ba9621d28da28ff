import { describe, expect, test } from '@jest/globals';
import { lessEqual, matmul, mul, relu, sum, type Tensor, tensor, where } from '@tikhonov/core';
import type { Graph } from '../../src/graph/graph.ts';
import { reluMask } from '../../src/passes/relu-mask.ts';
import { shareCommon } from '../../src/passes/share-common.ts';
import { graphOf, textOf } from '../support.ts';
import { evaluate } from './evaluate.ts';

const x = tensor([
  [-1, 0, 2],
  [-0, NaN, Infinity],
  [3, -Infinity, 1e-45],
]);

const masked = (mask: Tensor, g: Tensor): Tensor => where(mask, 0, g);

/** A layer whose output is multiplied by a matrix, and its backward step. */
const layer = (a: Tensor, w: Tensor): unknown => {
  const mask = lessEqual(a, 0);
  const h = where(mask, 0, a);
  const out = matmul(h, w);
  return [masked(mask, matmul(out, w))];
};

const graphOfCall = (f: (...xs: never[]) => unknown, ...args: readonly Tensor[]): Graph =>
  shareCommon.run(graphOf(f, ...args));

describe('relu-mask', () => {
  test('makes the mask from the output where only the output is in memory', () => {
    expect(textOf(graphOfCall(layer, x, x), reluMask)).toBe(
      [
        '%0 = input float32[3, 3]',
        '%1 = input float32[3, 3]',
        '%2 = constant float32[3, 3]',
        '%3 = lessEqual(%0, %2) bool[3, 3]',
        '%4 = where(%3, %2, %0) float32[3, 3]',
        '%5 = matmul(%4, %1) float32[3, 3]',
        '%6 = matmul(%5, %1) float32[3, 3]',
        '%7 = lessEqual(%4, %2) bool[3, 3]',
        '%8 = where(%7, %2, %6) float32[3, 3]',
        'return %8',
      ].join('\n'),
    );
  });

  test('gives the same mask, of zeros, infinities and NaN too', () => {
    const call = (a: Tensor, w: Tensor): unknown => {
      const mask = lessEqual(a, 0);
      const h = where(mask, 0, a);
      return [matmul(h, w), mask, masked(mask, w)];
    };
    const graph = graphOfCall(call, x, x);
    const args = [x.view, x.view];
    const changed = reluMask.run(graph);
    expect(changed).not.toBe(graph);
    expect(evaluate(changed, args)).toEqual(evaluate(graph, args));
  });

  test('looks through moves for what needs the output', () => {
    const call = (a: Tensor, w: Tensor): unknown => {
      const mask = lessEqual(a, 0);
      const h = where(mask, 0, a);
      return masked(mask, matmul(h.transpose(), w));
    };
    const graph = graphOfCall(call, x, x);
    expect(reluMask.run(graph).equations).toHaveLength(graph.equations.length + 1);
  });

  test.each<readonly [string, (a: Tensor, w: Tensor) => unknown]>([
    [
      'that is used before the output is in memory',
      (a, w) => {
        const mask = lessEqual(a, 0);
        const h = where(mask, 0, a);
        return matmul(h.add(masked(mask, w)), w);
      },
    ],
    [
      'of an output that maps alone use',
      (a, w) => {
        const mask = lessEqual(a, 0);
        return masked(mask, matmul(where(mask, 0, a).mul(2), w));
      },
    ],
    [
      'of an output that moves and maps alone use',
      (a, w) => {
        const mask = lessEqual(a, 0);
        return masked(mask, matmul(where(mask, 0, a).transpose().mul(2), w));
      },
    ],
    [
      'of another choice',
      (a, w) => masked(lessEqual(a, 0), matmul(where(lessEqual(a, 0), 1, a), w)),
    ],
    [
      'of another limit',
      (a, w) => {
        const mask = lessEqual(a, 1);
        return masked(mask, matmul(where(mask, 0, a), w));
      },
    ],
  ])('leaves a mask %s', (_name, call) => {
    const graph = graphOfCall(call, x, x);
    expect(reluMask.run(graph)).toBe(graph);
  });

  test('leaves rectifiers without a backward step', () => {
    const graph = graphOfCall((a: Tensor, w: Tensor) => sum(mul(matmul(relu(a), w), 2)), x, x);
    expect(reluMask.run(graph)).toBe(graph);
  });
});

import { describe, expect, test } from '@jest/globals';
import { add, Cell, matmul, mul, permute, sum, type Tensor, tensor } from '@tikhonov/core';
import type { Graph } from '../../src/graph/graph.ts';
import { turnProducts } from '../../src/passes/turn-products.ts';
import { graphOf, textOf } from '../support.ts';
import { evaluate } from './evaluate.ts';

const filled = (rows: number, columns: number, scale: number): Tensor =>
  tensor(
    Array.from({ length: rows }, (_, i) =>
      Array.from({ length: columns }, (_, k) => Math.sin(scale * (i * columns + k + 1))),
    ),
  );

const x = filled(5, 3, 1);
const g = filled(5, 4, 2);
const weight = filled(4, 3, 3);
const other = filled(3, 4, 5);
const column = filled(5, 1, 6);
const transposed = (a: Tensor): Tensor => permute(a, [1, 0]);

const turned = (graph: Graph): boolean => turnProducts.run(graph) !== graph;

describe('turn-products', () => {
  test('makes a gradient as its transpose where it meets the weight', () => {
    const f = (a: Tensor, b: Tensor, w: Tensor): unknown =>
      add(w, transposed(matmul(transposed(a), b)));
    expect(textOf(graphOf(f, x, g, weight), turnProducts)).toBe(
      [
        '%0 = input float32[5, 3]',
        '%1 = input float32[5, 4]',
        '%2 = input float32[4, 3]',
        '%3 = permute(%0) { permutation: [1,0] } float32[3, 5]',
        '%4 = permute(%1) { permutation: [1,0] } float32[4, 5]',
        '%5 = matmul(%4, %0) float32[4, 3]',
        '%6 = permute(%5) { permutation: [1,0] } float32[3, 4]',
        '%7 = permute(%6) { permutation: [1,0] } float32[4, 3]',
        '%8 = add(%2, %7) float32[4, 3]',
        'return %8',
      ].join('\n'),
    );
  });

  test('computes the same, through sums of products and scaled by numbers', () => {
    const f = (a: Tensor, b: Tensor, w: Tensor): unknown => {
      const both = add(
        matmul(transposed(a), b),
        matmul(transposed(w), matmul(w, matmul(transposed(a), b))),
      );
      return [mul(w, mul(transposed(both), 0.5)), matmul(a, both)];
    };
    const graph = graphOf(f, x, g, weight);
    const after = turnProducts.run(graph);
    expect(after).not.toBe(graph);
    const args = [x, g, weight].map(({ view }) => view);
    const [want, got] = [evaluate(graph, args), evaluate(after, args)];
    for (const [k, result] of want.entries()) {
      for (const [i, value] of result.entries()) expect(got[k]![i]).toBeCloseTo(value, 5);
    }
    // What is turned once stays.
    expect(turned(after)).toBe(false);
  });

  test('meets a transpose as it is, or as its transpose what lies straight', () => {
    const meets = (f: (product: Tensor, w: Tensor, v: Tensor) => Tensor): boolean =>
      turned(
        graphOf(
          (a: Tensor, b: Tensor, w: Tensor, v: Tensor) => sum(f(matmul(transposed(a), b), w, v)),
          ...[x, g, weight, other],
        ),
      );
    expect(meets((product, w) => mul(product, transposed(w)))).toBe(true);
    expect(meets((product, w) => mul(transposed(product), w))).toBe(true);
    expect(meets((product, _, v) => mul(product, v))).toBe(false);
    expect(meets((product, _, v) => mul(transposed(product), transposed(v)))).toBe(false);
  });

  test('sees cells that are written as well as those that are read', () => {
    const kept = new Cell(filled(4, 3, 4));
    const write = (a: Tensor, b: Tensor): unknown => {
      kept.write(transposed(matmul(transposed(a), b)));
      return [];
    };
    expect(turned(graphOf(write, x, g))).toBe(true);
  });

  test.each<[string, (a: Tensor, b: Tensor, w: Tensor, v: Tensor, c: Tensor) => Tensor]>([
    ['meet a matrix as they are', (a, b, _, v) => add(v, matmul(transposed(a), b))],
    [
      'meet as many one way as the other',
      (a, b, w, v) => {
        const product = matmul(transposed(a), b);
        return sum(mul(v, product)).add(sum(mul(w, transposed(product))));
      },
    ],
    ['meet none', (a, b) => sum(mul(matmul(transposed(a), b), 2))],
    [
      'are rows',
      (a, _b, w, _v, c) => {
        const row = sum(w, { axis: 0, keepdims: true });
        return sum(add(c, transposed(matmul(row, transposed(a)))));
      },
    ],
  ])('leaves products that %s', (_, f) => {
    expect(turned(graphOf(f, x, g, weight, other, column))).toBe(false);
  });
});

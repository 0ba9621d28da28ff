import { describe, expect, test } from '@jest/globals';
import { agreement } from '@tikhonov/check';
import { add, matmul, ones, type Tensor, tensor } from '@tikhonov/core';
import { compiled } from './compiled.ts';

/** What is wrong with a function compiled, called twice. */
const problemOf = (f: (...args: Tensor[]) => Tensor, ...args: Tensor[]): string | null =>
  agreement(
    { build: () => ({ f: (...xs) => [f(...xs)], cells: [] }), calls: [args, args] },
    compiled,
  ).problem;

describe('what random programs have found stays right', () => {
  test.each([1, 2, 5])(
    'a sum of three products of %i rows, two of which are added before the third',
    (n) => {
      const [a, b] = [
        ones([n, 3]),
        tensor([
          [2, 0, 1],
          [1, 1, 0],
          [3, 1, 2],
        ]),
      ];
      const sum = (x: Tensor, y: Tensor): Tensor =>
        add(add(matmul(x, y), matmul(x, matmul(y, y))), matmul(x, add(y, 1)));
      expect(problemOf(sum, a, b)).toBeNull();
    },
  );
});

import { describe, expect, test } from '@jest/globals';
import { argsortP, cumsumP, permutationP } from '@tikhonov/core/engine';
import { indexingRules } from '../../../src/lower/loops/indexing/index.ts';
import { denseView, elementsOf, runRule, thrown } from '../harness.ts';
import {
  expectSame,
  flipped,
  inDtype,
  numbers,
  numeric,
  permuted,
  randomView,
  repeated,
} from './support.ts';

const ways = [false, true];

describe('cumsum', () => {
  test('sums along any axis of any layout, as many lines as may be left over', () => {
    for (const dtype of numeric) {
      for (const n of [1, 2, 3, 5, 8, 9, 19, 23]) {
        const x = randomView([3, n], dtype);
        for (const reverse of ways) {
          for (const axis of [0, 1]) {
            expectSame(cumsumP, [x], { axis, reverse });
            expectSame(cumsumP, [flipped(x)], { axis, reverse });
            expectSame(cumsumP, [permuted(x, [1, 0])], { axis, reverse });
            expectSame(cumsumP, [repeated(randomView([1, n], dtype), [3, n])], { axis, reverse });
          }
        }
      }
      for (const axis of [0, 1, 2]) {
        const x = randomView([3, 4, 21], dtype);
        expectSame(cumsumP, [x], { axis, reverse: false });
        expectSame(cumsumP, [permuted(x, [1, 0, 2])], { axis, reverse: true });
      }
    }
  });

  test('sums float32 in float64, begins with 0, and wraps integers', () => {
    const attrs = { axis: 0, reverse: false };
    const small = denseView([1, 2 ** -24, 2 ** -24, 2 ** -24], [4], 'float32');
    expectSame(cumsumP, [small], attrs);
    expectSame(cumsumP, [repeated({ ...small, shape: [4, 1], stride: [1, 1] }, [4, 9])], attrs);
    expectSame(cumsumP, [denseView([-0, -0, NaN, 1], [4], 'float64')], attrs);
    expectSame(cumsumP, [denseView([-0, -0, Infinity, -Infinity], [2, 2], 'float32')], attrs);
    expectSame(cumsumP, [denseView([2 ** 31 - 1, 1, 1], [3], 'int32')], attrs);
    expectSame(cumsumP, [denseView([2 ** 32 - 1, 1, 2 ** 31], [3], 'uint32')], attrs);
    expectSame(cumsumP, [randomView([0, 3], 'float32')], attrs);
    expectSame(cumsumP, [randomView([3, 0], 'float32')], attrs);
  });
});

describe('argsort', () => {
  test('sorts lines of any length, stably', () => {
    for (const n of [0, 1, 2, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 257]) {
      for (const descending of ways) {
        for (const dtype of numeric) {
          expectSame(argsortP, [randomView([n], dtype, n)], { axis: 0, descending });
        }
        const few = numbers(n + 1)(n).map((x) => Math.abs(Math.trunc(x)) % 3);
        expectSame(argsortP, [denseView(few, [n], 'float32')], { axis: 0, descending });
        expectSame(argsortP, [inDtype(denseView(few, [n], 'int32'), 'bool')], {
          axis: 0,
          descending,
        });
      }
    }
  });

  test('counts NaN as the largest and -0 as 0', () => {
    const wild = [NaN, 0, -0, 1, -1, Infinity, -Infinity, NaN, -0, 0, 5e-324, -5e-324, 1e308];
    for (const dtype of ['float64', 'float32'] as const) {
      for (const descending of ways) {
        for (const times of [1, 3]) {
          const line = Array.from({ length: times }, () => wild).flat();
          expectSame(argsortP, [denseView(line, [line.length], dtype)], { axis: 0, descending });
        }
        // NaN of the other sign.
        const bits = Float64Array.of(1, NaN, 0);
        new Uint32Array(bits.buffer)[3]! = 0xfff80000;
        const view = { ...denseView([0, 0, 0], [3], 'float64'), data: bits };
        expectSame(argsortP, [view], { axis: 0, descending });
      }
    }
    expectSame(argsortP, [denseView([2 ** 32 - 1, 0, 2 ** 31], [3], 'uint32')], {
      axis: 0,
      descending: false,
    });
    expectSame(argsortP, [denseView([-1, 0, -(2 ** 31), 2 ** 31 - 1], [4], 'int32')], {
      axis: 0,
      descending: true,
    });
  });

  test('goes along any axis of any layout', () => {
    for (const dtype of [...numeric, 'bool'] as const) {
      for (const axis of [0, 1, 2]) {
        const x = inDtype(randomView([3, 20, 4], 'float64'), dtype);
        expectSame(argsortP, [x], { axis, descending: false });
        expectSame(argsortP, [flipped(x)], { axis, descending: true });
        expectSame(argsortP, [permuted(x, [2, 0, 1])], { axis, descending: false });
      }
    }
  });
});

describe('permutation', () => {
  test('is that of the eager kernel, for keys in any layout', () => {
    for (const n of [0, 1, 2, 3, 10, 1000]) {
      for (const words of [
        [0, 0],
        [1, 2 ** 32 - 1],
        [2 ** 31, 12345],
      ]) {
        expectSame(permutationP, [denseView(words, [2], 'uint32')], { n });
        expectSame(permutationP, [flipped(denseView(words, [2], 'uint32'))], { n });
      }
    }
  });

  test('uses all 53 bits', () => {
    expectSame(permutationP, [denseView([5, 6], [2], 'uint32')], { n: 100_000 });
  });

  test('is a permutation', () => {
    const rule = indexingRules.get('permutation')!;
    const key = denseView([3, 4], [2], 'uint32');
    const got = runRule(rule, [key], [{ shape: [50], dtype: 'int32' }], { n: 50 });
    if (got === thrown) throw new Error(thrown);
    expect(elementsOf(got[0]!).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    );
  });
});

import { describe, expect, test } from '@jest/globals';
import { fromNdarray, sum, type Tensor, tensor, toNdarray } from '@tikhonov/core';
import { compile } from '../../src/index.ts';

describe('storage that others write to is read again in every call', () => {
  const total = (): ((x: Tensor) => Tensor) => compile((x: Tensor) => sum(x));

  test('of a tensor on an ndarray', () => {
    const data = new Float32Array(4);
    const x = fromNdarray({ data, shape: [4], stride: [1], offset: 0 });
    const f = total();
    for (const k of [1, 2, 3]) {
      data.fill(k);
      expect(f(x).item()).toBe(4 * k);
    }
  });

  test('of a tensor that is seen as an ndarray', () => {
    const x = tensor([1, 2, 3]);
    const f = total();
    expect(f(x).item()).toBe(6);
    toNdarray(x).set(0, 5);
    expect(f(x).item()).toBe(10);
  });
});

import { describe, expect, test } from '@jest/globals';
import { grad, square, sum, type Tensor, tensor, windows } from '@tikhonov/core';
import { noise, numbers } from '../support.ts';

describe('windows', () => {
  test('are read in place, over the axes that size names', () => {
    const x = tensor([[1, 2, 3, 4, 5]]);
    const view = windows(x, { size: [2], stride: [2] });
    expect(view.toArray()).toEqual([[[1, 2], [3, 4]]]); // biome-ignore format: windows
    expect(view.view.data).toBe(x.view.data);
    const planes = noise([2, 3, 4], 1);
    expect(windows(planes, { size: [2, 3] }).shape).toEqual([2, 2, 2, 2, 3]);
    expect(windows(planes, { size: [] }).shape).toEqual([2, 3, 4]);
  });

  test('give every element the gradient of all windows that hold it', () => {
    const g = grad((x: Tensor) => sum(windows(x, { size: [2], dilation: [2] })))(
      tensor([1, 2, 3, 4, 5]),
    );
    expect(numbers(g)).toEqual([1, 1, 2, 1, 1]);
    const h = grad((x: Tensor) => sum(square(windows(x, { size: [2], stride: [3] }))))(
      tensor([1, 2, 3, 4, 5]),
    );
    expect(numbers(h)).toEqual([2, 4, 0, 8, 10]);
  });
});

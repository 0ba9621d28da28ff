import { describe, expect, test } from '@jest/globals';
import { inOrder, loopsOf } from '../../src/kernels/fused/loops.ts';
import { tiled } from '../../src/kernels/fused/tiles.ts';

describe('the order of loops', () => {
  test('puts neighbours in memory innermost, and what moves far outermost', () => {
    const [straight, across] = [
      [64, 1],
      [1, 128],
    ];
    expect(inOrder([128, 64], [0, 1], [straight], [straight])).toEqual([0, 1]);
    expect(inOrder([128, 64], [0, 1], [across], [across])).toEqual([1, 0]);
    // Results rather than inputs, but not against many.
    expect(inOrder([128, 64], [0, 1], [straight], [across])).toEqual([1, 0]);
    expect(inOrder([64, 128], [0, 1], [[128, 1]], [[1, 64]])).toEqual([1, 0]);
    expect(inOrder([128, 64], [0, 1], [straight, straight, straight], [across])).toEqual([0, 1]);
    // A repeated element is as good as a neighbour.
    expect(inOrder([128, 64], [0, 1], [[0, 1], straight], [straight])).toEqual([0, 1]);
  });

  test('leaves out axes of one element, and makes loops that merge', () => {
    const order = inOrder([5, 1, 3, 4], [0, 1, 2, 3], [[4, 7, 20, 1]], [[4, 9, 20, 1]]);
    expect(order).toEqual([2, 0, 3]);
    expect(loopsOf([5, 1, 3, 4], order, [[4, 7, 20, 1]])).toEqual({ sizes: [60], strides: [[1]] });
  });

  test('is in tiles where an input lies across, all goes forward, and tiles fit in', () => {
    const loops = (...strides: readonly (readonly number[])[]) => ({ sizes: [6, 8, 5], strides });
    const [straight, across] = [
      [40, 5, 1],
      [1, 30, 6],
    ];
    const single = [{ dtype: 'float32' }, { dtype: 'float32' }] as const;
    expect(tiled(loops(straight, across), single, 4)).toEqual({
      sizes: [8, 6, 5],
      strides: [
        [5, 40, 1],
        [30, 1, 6],
      ],
    });
    expect(tiled(loops(straight, straight), single, 4)).toBe(null);
    expect(tiled(loops([40, 5, -1], across), single, 4)).toBe(null);
    expect(tiled({ ...loops(straight, across), sizes: [3, 8, 5] }, single, 4)).toBe(null);
    expect(tiled({ ...loops(straight, across), sizes: [6, 8, 3] }, single, 4)).toBe(null);
    // Two lanes of 32 bits are less than a vector.
    expect(tiled(loops(straight, across), single, 2)).toBe(null);
  });
});

import { describe, expect, test } from '@jest/globals';
import {
  DTypeError,
  matmul,
  ShapeError,
  singularValues,
  tensor,
  transpose,
  zeros,
} from '../../src/index.ts';

describe('singularValues', () => {
  test('are the lengths of the axes of a rotated ellipse, descending, min(n, m) of them', () => {
    const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
    const turn = tensor(new Float64Array([c, -s, s, c]), { shape: [2, 2] });
    const axes = tensor(new Float64Array([1, 0, 0, 0, 7, 0]), { shape: [2, 3] });
    for (const w of [matmul(turn, axes), transpose(matmul(turn, axes))]) {
      const sigmas = singularValues(w);
      expect(sigmas.length).toBe(2);
      expect(sigmas[0]).toBeCloseTo(7, 13);
      expect(sigmas[1]).toBeCloseTo(1, 13);
    }
  });

  test('of a matrix of rank 1 are its length and 0', () => {
    const [first, second] = singularValues(
      tensor([
        [3, 6],
        [4, 8],
      ]),
    );
    expect(first).toBeCloseTo(Math.hypot(3, 6, 4, 8), 12);
    expect(second).toBeCloseTo(0, 12);
  });

  test('neither overflow nor underflow', () => {
    for (const size of [1e300, 1e-300]) {
      const w = tensor(new Float64Array([3 * size, 0, 0, 4 * size]), { shape: [2, 2] });
      const [first, second] = singularValues(w);
      expect(first! / size).toBeCloseTo(4, 13);
      expect(second! / size).toBeCloseTo(3, 13);
    }
  });

  test('of zeros are 0, of an empty matrix there are none, and NaN is passed on', () => {
    expect(singularValues(zeros([2, 3]))).toEqual([0, 0]);
    expect(singularValues(zeros([0, 3]))).toEqual([]);
    expect(singularValues(tensor([[Number.NaN, 1]]))[0]).toBeNaN();
  });

  test('need a floating matrix', () => {
    expect(() => singularValues(tensor([1, 2]))).toThrow(ShapeError);
    expect(() => singularValues(tensor([[1, 2]], { dtype: 'int32' }))).toThrow(DTypeError);
  });
});

import { describe, expect, test } from '@jest/globals';
import { along, isChain, walkOf } from '../../src/schedule/along.ts';

describe('a walk through a matrix', () => {
  test('is that of a domain with the same axes, in any order', () => {
    expect(along([3, 4], [3, 4], [4, 1], [40, 10])).toEqual([40, 10]);
    expect(along([3, 4], [4, 3], [1, 4], [10, 40])).toEqual([40, 10]);
    expect(along([3, 1, 4], [3, 4], [4, 1], [0, -1])).toEqual([0, 0, -1]);
  });

  test('is that of a domain with fewer axes', () => {
    expect(along([3, 4], [12], [1], [5])).toEqual([20, 5]);
    expect(along([2, 3, 4], [2, 12], [12, 1], [0, 5])).toEqual([0, 20, 5]);
  });

  test('is that of a domain with more axes, if these go on where others end', () => {
    expect(along([6, 4], [2, 3, 4], [12, 4, 1], [3, 1, 0])).toEqual([1, 0]);
    expect(along([6, 4], [2, 3, 4], [12, 4, 1], [4, 1, 0])).toBeNull();
    expect(along([6, 4], [3, 2, 4], [4, 12, 1], [1, 3, 0])).toEqual([1, 0]);
  });

  test('has no strides where axes part elsewhere', () => {
    expect(along([3, 4], [2, 6], [6, 1], [0, 1])).toBeNull();
    expect(along([3, 4], [2, 6], [6, 1], [6, 1])).toEqual([4, 1]);
    expect(along([2, 6], [3, 4], [4, 1], [0, 1])).toBeNull();
  });

  test('visits every element once, or does not', () => {
    expect(isChain([3, 4], [4, 1], 12)).toBe(true);
    expect(isChain([4, 3], [1, 4], 12)).toBe(true);
    expect(isChain([], [], 1)).toBe(true);
    expect(isChain([3, 4], [0, 1], 4)).toBe(false);
    expect(isChain([3, 4], [4, 1], 24)).toBe(false);
    expect(isChain([3, 2], [4, 1], 6)).toBe(false);
    expect(isChain([3, 4], [4, -1], 12)).toBe(false);
  });

  test('leaves out axes of one element', () => {
    expect(walkOf([7, 5, 3], [1, -1, 0], 2)).toEqual([3, 7]);
  });
});

import { expect, test } from '@jest/globals';
import { zeros } from '@tikhonov/core';
import { Dataset, oneHotTargets } from '@tikhonov/data';
import { countedRows } from './helpers.ts';

test('labels become rows with a single 1 at the class', () => {
  const set = countedRows([2, 0, 1]);
  const { x, y, classes, name } = oneHotTargets(set);
  expect(y.toArray()).toEqual([
    [1, 0, 0],
    [1, 0, 0],
    [0, 0, 1],
  ]);
  expect([x, classes, name]).toEqual([set.x, undefined, 'counted']);
  expect(y.dtype).toBe('float32');
  expect(oneHotTargets(set.with({ x: set.x.astype('float64') })).y.dtype).toBe('float64');
  expect(oneHotTargets(set, { dtype: 'float64' }).y.dtype).toBe('float64');
});

test('data without classes and other dtypes are refused', () => {
  const targets = new Dataset({ x: zeros([2, 1]), y: zeros([2]) });
  expect(() => oneHotTargets(targets)).toThrow('oneHotTargets: dataset has no classes.');
  expect(() => oneHotTargets(countedRows([1]), { dtype: 'int32' })).toThrow("got 'int32'");
});

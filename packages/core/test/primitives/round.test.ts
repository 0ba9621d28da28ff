import { expect, test } from '@jest/globals';
import {
  astype,
  ceil,
  DTypeError,
  floor,
  grad,
  round,
  sum,
  type Tensor,
  tensor,
  trunc,
} from '@tikhonov/core';
import { double, numbers } from '../support.ts';

const values = [
  0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999999999999994, 0.7, -0.7, -0.2, 0, -0, 1e300, -1e300,
];

test('round takes halves to even and keeps the sign of zeros', () => {
  const want = [0, 2, 2, -0, -2, -2, 0, 1, -1, -0, 0, -0, 1e300, -1e300];
  expect(numbers(round(double(values)))).toEqual(want);
});

test('round is exact next to 2^52, where halves end', () => {
  const edge = 2 ** 52;
  expect(numbers(round(double([edge - 0.5, edge - 1.5, edge + 1, 1.5 - edge])))).toEqual([
    edge,
    edge - 2,
    edge + 1,
    2 - edge,
  ]);
});

test('round agrees in float32, whose numbers are doubles', () => {
  const single = tensor(values.slice(0, 6));
  expect(round(single).toArray()).toEqual(round(astype(single, 'float64')).toArray());
});

test('ceil and trunc keep the sign of zeros', () => {
  expect(numbers(ceil(double([0.2, -0.2, -1.7, 0, -0])))).toEqual([1, -0, -1, 0, -0]);
  expect(numbers(trunc(double([0.2, -0.2, -1.7, 1.7, -0])))).toEqual([0, -0, -1, 1, -0]);
});

test.each([
  ['round', round],
  ['ceil', ceil],
  ['trunc', trunc],
  ['floor', floor],
] as const)('%s keeps infinities and NaN, has derivative 0, and refuses integers', (name, f) => {
  expect(f(double([Infinity, -Infinity, NaN])).toArray()).toEqual([Infinity, -Infinity, NaN]);
  expect(grad((x: Tensor) => sum(f(x)))(double([0.2, 1, -2.5])).toArray()).toEqual([0, 0, 0]);
  expect(() => f(tensor([1], { dtype: 'int32' }))).toThrow(DTypeError);
  expect(() => f(tensor([1], { dtype: 'int32' }))).toThrow(`${name}: needs float32 or float64`);
});

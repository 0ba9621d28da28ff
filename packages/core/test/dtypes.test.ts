import { describe, expect, test } from '@jest/globals';
import {
  add,
  arange,
  argmax,
  argmin,
  astype,
  DTypeError,
  div,
  full,
  less,
  max,
  min,
  mul,
  neg,
  sub,
  sum,
  tensor,
} from '@tikhonov/core';

const int = (values: readonly number[]): ReturnType<typeof tensor> =>
  tensor(values, { dtype: 'int32' });
const uint = (values: readonly number[]): ReturnType<typeof tensor> =>
  tensor(values, { dtype: 'uint32' });

describe('numbers beside tensors', () => {
  test('take the dtype of the tensor', () => {
    expect(add(tensor([1], { dtype: 'float64' }), 1).dtype).toBe('float64');
    expect(add(1, int([1])).dtype).toBe('int32');
    expect(add(1, 2).dtype).toBe('float32');
    expect(less(int([1]), 2).toArray()).toEqual([true]);
  });

  test('are rounded to float32 before the operation', () => {
    const x = tensor(Float32Array.from({ length: 1000 }, (_, i) => i / 7));
    const got = mul(x, 0.1).data();
    const rounded = x.data().map((v) => Math.fround(v * Math.fround(0.1)));
    const late = x.data().map((v) => Math.fround(v * 0.1));
    expect(Array.from(got)).toEqual(Array.from(rounded));
    // The two ways differ often enough that the first assertion means something.
    expect(rounded.filter((v, i) => v !== late[i]).length).toBeGreaterThan(100);
    expect(full([], 0.1).item()).toBe(Math.fround(0.1));
  });

  test('that an integer dtype cannot hold are refused', () => {
    expect(() => mul(int([1]), 2 ** 31)).toThrow(DTypeError);
    expect(() => sub(uint([1]), -1)).toThrow(DTypeError);
    expect(() => add(int([1]), Number.NaN)).toThrow(DTypeError);
  });
});

describe('integers', () => {
  test('wrap around', () => {
    expect(add(int([2 ** 31 - 1]), 1).item()).toBe(-(2 ** 31));
    expect(sub(uint([0]), 1).item()).toBe(2 ** 32 - 1);
    expect(neg(uint([1])).item()).toBe(2 ** 32 - 1);
    expect(neg(int([-(2 ** 31)])).item()).toBe(-(2 ** 31));
  });

  test('multiply modulo 2^32, also past 2^53', () => {
    const [a, b] = [123456789, 987654321];
    expect(mul(int([a]), int([b])).item()).toBe(Number(BigInt.asIntN(32, BigInt(a) * BigInt(b))));
    expect(mul(uint([4294967291]), uint([4294967279])).item()).toBe(
      Number(BigInt.asUintN(32, 4294967291n * 4294967279n)),
    );
  });

  test('have no true division', () => {
    expect(() => div(int([4]), 2)).toThrow(DTypeError);
    expect(() => div(uint([4]), uint([2]))).toThrow(DTypeError);
  });

  test('have a smallest value even at the ends of their range', () => {
    expect(min(uint([3, 0, 7])).item()).toBe(0);
    expect(argmin(uint([3, 0, 7]), { axis: 0 }).item()).toBe(1);
    expect(min(int([5, -(2 ** 31)])).item()).toBe(-(2 ** 31));
    expect(argmin(int([5, -(2 ** 31)]), { axis: 0 }).item()).toBe(1);
    expect(max(uint([3, 2 ** 32 - 1])).item()).toBe(2 ** 32 - 1);
    expect(argmax(int([-5, -(2 ** 31)]), { axis: 0 }).item()).toBe(0);
  });

  test('sum in their own dtype', () => {
    const total = sum(arange(1000));
    expect([total.dtype, total.item()]).toEqual(['int32', 499500]);
    expect(sum(int([2 ** 31 - 1, 1])).item()).toBe(-(2 ** 31));
  });
});

describe('casts', () => {
  test('truncate toward zero, compare with zero, and round to float32', () => {
    expect(astype(tensor([1.7, -1.7, NaN]), 'int32').toArray()).toEqual([1, -1, 0]);
    expect(astype(tensor([0, -0, NaN, 2]), 'bool').toArray()).toEqual([false, false, true, true]);
    expect(astype(tensor([0.1], { dtype: 'float64' }), 'float32').item()).toBe(Math.fround(0.1));
    expect(astype(tensor([true, false]), 'float32').toArray()).toEqual([1, 0]);
  });

  test('sums of float32 are rounded once', () => {
    const x = full([10_000_000], 0.1);
    const exact = Math.fround(Math.fround(0.1) * 1e7);
    expect(Math.abs(sum(x).item() - exact) / exact).toBeLessThan(2 ** -23);
  });
});

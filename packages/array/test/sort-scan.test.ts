import { describe, expect, test } from '@jest/globals';
import { argsortKernel, cumsumKernel, scatterAddKernel, type View, viewOf } from '@tikhonov/array';
import { at, elements, indices, randomShape, randomView, source } from './support.ts';

const withAt = (index: readonly number[], axis: number, value: number): number[] =>
  index.map((i, k) => (k === axis ? value : i));

/** The elements of the line through `index` along `axis`. */
const lineOf = (x: View, index: readonly number[], axis: number): number[] =>
  Array.from({ length: x.shape[axis]! }, (_, k) => at(x, withAt(index, axis, k)));

describe('cumsumKernel', () => {
  test('is the sum of what comes before, on every stride pattern', () => {
    const next = source(5);
    for (let i = 0; i < 400; i++) {
      const x = randomView(next, randomShape(next, 1), {
        dtype: ['float64', 'float32', 'int32'][next() % 3] as 'float64',
      });
      const axis = next() % x.shape.length;
      const reverse = next() % 2 === 0;
      const want = Array.from(indices(x.shape), (index) => {
        const line = lineOf(x, index, axis);
        const k = index[axis]!;
        const part = reverse ? line.slice(k).reverse() : line.slice(0, k + 1);
        const sum = part.reduce((a, b) => a + b, 0);
        return x.dtype === 'float32' ? Math.fround(sum) : sum;
      });
      expect(elements(cumsumKernel(x, axis, reverse))).toEqual(want);
    }
  });

  test('rounds each float32 partial sum once: a million times 0.1 does not drift', () => {
    const n = 1e6;
    const ones = viewOf(new Float32Array(n).fill(0.1), [n], 'float32');
    const last = cumsumKernel(ones, 0, false).data[n - 1];
    expect(last).toBe(Math.fround(n * Math.fround(0.1)));
  });
});

describe('argsortKernel', () => {
  /** The definition: a stable sort by a comparison in which NaN is the largest. */
  const oracle = (line: readonly number[], descending: boolean): number[] => {
    const order = line.map((_, k) => k);
    const above = (a: number, b: number): boolean => a > b || (Number.isNaN(a) && !Number.isNaN(b));
    const compare = (i: number, j: number): number =>
      above(line[i]!, line[j]!) ? 1 : above(line[j]!, line[i]!) ? -1 : 0;
    return order.sort((i, j) => (descending ? -compare(i, j) : compare(i, j)) || i - j);
  };

  test('is a stable sort of short lines, on every stride pattern', () => {
    const next = source(6);
    for (let i = 0; i < 300; i++) {
      const x = randomView(next, randomShape(next, 1));
      const axis = next() % x.shape.length;
      const descending = next() % 2 === 0;
      const got = argsortKernel(x, axis, descending);
      for (const index of indices(x.shape)) {
        expect(lineOf(got, index, axis)).toEqual(oracle(lineOf(x, index, axis), descending));
      }
    }
  });

  test.each([15, 16, 17, 31, 32, 33, 100, 1000])(
    'is a stable sort of %i elements with many ties, zeros of both signs and NaN',
    (n) => {
      const next = source(n);
      const pool = [0, -0, 1, 2, 2, NaN, -Infinity, Infinity, -3];
      const data = Float64Array.from({ length: n }, () => pool[next() % pool.length]!);
      for (const descending of [false, true]) {
        const got = argsortKernel(viewOf(data, [n], 'float64'), 0, descending);
        expect(Array.from(got.data)).toEqual(oracle(Array.from(data), descending));
      }
    },
  );
});

describe('scatterAddKernel', () => {
  const bad = (value: number): never => {
    throw new RangeError(String(value));
  };

  test.each([
    ['few additions', 40],
    ['more additions than places', 4],
  ])('%s to float32 are summed in float64 and rounded once', (_name, size) => {
    // 1, then 2^-24 eight times: each alone is lost when rounded at once.
    const base = viewOf(new Float32Array(size).fill(1), [size], 'float32');
    const index = viewOf(new Int32Array(8).fill(3), [8], 'int32');
    const tiny = viewOf(new Float32Array(8).fill(2 ** -24), [8], 'float32');
    const got = scatterAddKernel(base, index, tiny, 0, bad).data;
    expect(got[3]).toBe(1 + 2 ** -21);
    expect(got[2]).toBe(1);
  });

  test('both ways agree with the definition, on every stride pattern', () => {
    const next = source(9);
    for (let i = 0; i < 300; i++) {
      const shape = randomShape(next, 1).map((n) => Math.max(1, n));
      const axis = next() % shape.length;
      const picked = withAt(shape, axis, next() % 6);
      const dtype = next() % 2 === 0 ? 'float32' : 'int32';
      const base = randomView(next, shape, { dtype });
      const added = randomView(next, picked, { dtype });
      const whole = randomView(next, picked, { dtype: 'int32' });
      const index: View = { ...whole, data: whole.data.map((v) => v % shape[axis]!) };
      const want = new Map(Array.from(indices(shape), (k) => [String(k), at(base, k)]));
      for (const k of indices(picked)) {
        const to = String(withAt(k, axis, at(index, k)));
        want.set(to, want.get(to)! + at(added, k));
      }
      const rounded = [...want.values()].map((v) => (dtype === 'float32' ? Math.fround(v) : v));
      expect(elements(scatterAddKernel(base, index, added, axis, bad))).toEqual(rounded);
    }
  });

  test.each([[[5]], [[-1, 0, 0, 0, 0, 0]]])('an index out of range is reported: %j', (places) => {
    const base = viewOf(new Float32Array(5), [5], 'float32');
    const index = viewOf(Int32Array.from(places), [places.length], 'int32');
    const added = viewOf(new Float32Array(places.length), [places.length], 'float32');
    expect(() => scatterAddKernel(base, index, added, 0, bad)).toThrow(RangeError);
  });
});

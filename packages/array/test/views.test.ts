import { describe, expect, test } from '@jest/globals';
import {
  broadcastShapes,
  broadcastView,
  concatKernel,
  contiguous,
  copyAs,
  flipView,
  fromNdarray,
  gatherKernel,
  isContiguous,
  padKernel,
  permuteView,
  reshapeView,
  type Shape,
  scatterAddKernel,
  sizeOf,
  sliceView,
  toNdarray,
  viewOf,
} from '@tikhonov/array';
import { at, elements, indices, randomShape, randomView, source } from './support.ts';

const repeat = (seed: number, body: (next: () => number) => void): void => {
  const next = source(seed);
  for (let i = 0; i < 200; i++) body(next);
};

/** Compares element by element: `got(index)` with `want(index)` over a shape. */
function expectEach(
  shape: Shape,
  got: (index: number[]) => number | undefined,
  want: (index: number[]) => number | undefined,
): void {
  expect(Array.from(indices(shape), got)).toEqual(Array.from(indices(shape), want));
}

describe('views', () => {
  test('contiguous has the same elements in exactly enough storage', () => {
    repeat(1, (next) => {
      const x = randomView(next, randomShape(next));
      const dense = contiguous(x);
      expect(Array.from(dense.data)).toEqual(elements(x));
      expect(isContiguous(dense)).toBe(true);
      expect(contiguous(dense)).toBe(dense);
    });
  });

  test('permuteView reorders the axes', () => {
    repeat(2, (next) => {
      const x = randomView(next, randomShape(next));
      const order = x.shape.map((_, k) => k).sort(() => (next() % 2 ? 1 : -1));
      const y = permuteView(x, order);
      const from = (index: number[]): number[] => x.shape.map((_, k) => index[order.indexOf(k)]!);
      expectEach(
        y.shape,
        (index) => at(y, index),
        (index) => at(x, from(index)),
      );
    });
  });

  test('reshapeView keeps row-major order, and shares storage where it can', () => {
    repeat(3, (next) => {
      const x = randomView(next, randomShape(next));
      const y = reshapeView(x, [sizeOf(x.shape), 1]);
      expect(elements(y)).toEqual(elements(x));
      expect(y.data === x.data).toBe(isContiguous(x) || contiguous(x) === x);
    });
  });

  test('sliceView takes every step-th element', () => {
    repeat(4, (next) => {
      const x = randomView(next, randomShape(next));
      const starts = x.shape.map((n) => next() % (n + 1));
      const stops = x.shape.map((n, k) => starts[k]! + (next() % (n - starts[k]! + 1)));
      const steps = x.shape.map(() => 1 + (next() % 3));
      const y = sliceView(x, starts, stops, steps);
      const picks = x.shape.map((n, k) =>
        Array.from({ length: n }, (_, i) => i)
          .slice(starts[k], stops[k])
          .filter((_, i) => i % steps[k]! === 0),
      );
      expect(y.shape).toEqual(picks.map((list) => list.length));
      const from = (index: number[]): number[] => index.map((i, k) => picks[k]![i]!);
      expectEach(
        y.shape,
        (index) => at(y, index),
        (index) => at(x, from(index)),
      );
    });
  });

  test('flipView reads backwards, and twice is the identity', () => {
    repeat(5, (next) => {
      const x = randomView(next, randomShape(next));
      const axes = x.shape.map((_, k) => k).filter(() => next() % 2 === 0);
      const y = flipView(x, axes);
      const from = (index: number[]): number[] =>
        index.map((i, k) => (axes.includes(k) ? x.shape[k]! - 1 - i : i));
      expectEach(
        y.shape,
        (index) => at(y, index),
        (index) => at(x, from(index)),
      );
      expect(elements(flipView(y, axes))).toEqual(elements(x));
    });
  });

  test('broadcastView repeats by the rule of NumPy', () => {
    repeat(6, (next) => {
      const target = randomShape(next);
      const from = target.map((n) => (next() % 2 ? n : 1)).slice(next() % (target.length + 1));
      const x = randomView(next, from);
      const y = broadcastView(x, target);
      const added = target.length - from.length;
      const origin = (index: number[]): number[] =>
        index.slice(added).map((i, k) => (from[k] === 1 ? 0 : i));
      expectEach(
        target,
        (index) => at(y, index),
        (index) => at(x, origin(index)),
      );
    });
  });

  test('broadcastShapes aligns at the last axis', () => {
    expect(broadcastShapes([2, 1], [3])).toEqual([2, 3]);
    expect(broadcastShapes([], [2])).toEqual([2]);
    expect(broadcastShapes([0], [1])).toEqual([0]);
    expect(broadcastShapes([0], [2])).toBeUndefined();
    expect(broadcastShapes([2], [3])).toBeUndefined();
  });

  test('copyAs converts between all dtypes', () => {
    const dtypes = ['float64', 'float32', 'int32', 'uint32', 'bool'] as const;
    repeat(7, (next) => {
      const [from, to] = [dtypes[next() % 5]!, dtypes[next() % 5]!];
      const x = randomView(next, randomShape(next), { dtype: from });
      const convert = {
        float64: (v: number) => v,
        float32: Math.fround,
        int32: (v: number) => v | 0,
        uint32: (v: number) => v >>> 0,
        bool: (v: number) => Number(v !== 0),
      }[to];
      expect(elements(copyAs(x, to))).toEqual(elements(x).map(convert));
    });
  });
});

describe('assembly', () => {
  test('concatKernel puts views one after another', () => {
    repeat(8, (next) => {
      const shape = randomShape(next, 1);
      const axis = next() % shape.length;
      const parts = [1, 2, 3].map(() =>
        randomView(
          next,
          shape.map((n, k) => (k === axis ? next() % 4 : n)),
        ),
      );
      const total = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
      const out = concatKernel(
        parts,
        axis,
        shape.map((n, k) => (k === axis ? total : n)),
      );
      let start = 0;
      for (const part of parts) {
        const offset = start;
        const to = (index: number[]): number[] =>
          index.map((i, k) => (k === axis ? offset + i : i));
        expectEach(
          part.shape,
          (index) => at(out, to(index)),
          (index) => at(part, index),
        );
        start += part.shape[axis]!;
      }
    });
  });

  test('padKernel puts zeros around and between', () => {
    repeat(9, (next) => {
      const x = randomView(next, randomShape(next));
      const [low, high, interior] = [0, 1, 2].map(() => x.shape.map(() => next() % 3));
      const shape = x.shape.map(
        (n, k) => low![k]! + n + Math.max(0, n - 1) * interior![k]! + high![k]!,
      );
      const out = padKernel(x, low!, interior!, shape);
      const want = new Map<string, number>();
      for (const index of indices(x.shape)) {
        want.set(index.map((i, k) => low![k]! + i * (interior![k]! + 1)).join(), at(x, index));
      }
      expectEach(
        shape,
        (index) => at(out, index),
        (index) => want.get(index.join()) ?? 0,
      );
    });
  });

  test('gatherKernel and scatterAddKernel follow their definitions', () => {
    repeat(10, (next) => {
      const shape = randomShape(next, 1).map((n) => Math.max(1, n));
      const axis = next() % shape.length;
      const picked = shape.map((n, k) => (k === axis ? next() % 4 : n));
      const x = randomView(next, shape);
      const raw = randomView(next, picked, { dtype: 'int32' });
      const index = { ...raw, data: raw.data.map((v) => v % shape[axis]!) };
      const fail = (value: number): never => {
        throw new RangeError(String(value));
      };
      const move = (i: readonly number[]): number[] =>
        i.map((v, k) => (k === axis ? at(index, i) : v));
      const out = gatherKernel(x, index, axis, fail);
      expectEach(
        picked,
        (i) => at(out, i),
        (i) => at(x, move(i)),
      );
      const src = randomView(next, picked);
      const sums = new Map<string, number>(Array.from(indices(shape), (i) => [i.join(), at(x, i)]));
      for (const i of indices(picked))
        sums.set(move(i).join(), sums.get(move(i).join())! + at(src, i));
      const added = scatterAddKernel(x, index, src, axis, fail);
      expectEach(
        shape,
        (i) => at(added, i),
        (i) => sums.get(i.join()),
      );
    });
  });
});

describe('ndarray', () => {
  test('conversions share storage in both directions', () => {
    const x = sliceView(
      viewOf(Float32Array.from([1, 2, 3, 4, 5, 6]), [2, 3], 'float32'),
      [0, 1],
      [2, 3],
      [1, 1],
    );
    const array = toNdarray(x);
    expect([array.get(0, 0), array.get(1, 1)]).toEqual([2, 6]);
    const back = fromNdarray(array);
    expect(back.data).toBe(x.data);
    expect(elements(back)).toEqual([2, 3, 5, 6]);
  });

  test('other storage is refused', () => {
    const array = { data: new Int8Array(1), shape: [1], stride: [1], offset: 0 };
    expect(() => fromNdarray(array)).toThrow(
      'fromNdarray: unsupported storage [object Int8Array].',
    );
  });
});

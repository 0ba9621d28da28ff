import { describe, expect, test } from '@jest/globals';
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  avgPool1d,
  avgPool2d,
  grad,
  maxPool1d,
  maxPool1dWithIndices,
  maxPool2d,
  maxPool2dWithIndices,
  permute,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '@tikhonov/core';
import fc from 'fast-check';
import { distance, noise, numbers } from '../../support.ts';
import { firstMax, outputSize, plain, poolWindows } from './oracle.ts';

interface Pool {
  readonly axes: number;
  readonly extent: readonly number[];
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
  readonly ceilMode: boolean;
  readonly seed: number;
}

const pools: fc.Arbitrary<Pool> = fc.integer({ min: 1, max: 2 }).chain((axes) => {
  const each = (min: number, max: number): fc.Arbitrary<number[]> =>
    fc.array(fc.integer({ min, max }), { minLength: axes, maxLength: axes });
  return fc
    .record({
      axes: fc.constant(axes),
      extent: each(3, 7),
      size: each(1, 3),
      stride: each(1, 3),
      dilation: fc.constantFrom(1, 1, 2).map((n) => new Array<number>(axes).fill(n)),
      before: each(0, 1),
      after: each(0, 1),
      ceilMode: fc.boolean(),
      seed: fc.integer({ min: 1, max: 1000 }),
    })
    .map(({ before, after, ...pool }) => ({
      ...pool,
      // At most half a kernel, so that no window lies wholly in the padding.
      padding: before.map((n, a): [number, number] =>
        pool.size[a]! > 1 ? [n, after[a]!] : [0, 0],
      ),
    }))
    .filter((pool) => outputSize(pool.extent, pool.size, pool).every((n) => n >= 1));
});

/** PyTorch's rule for the number of windows. */
function countOf(pool: Pool): number[] {
  const down = outputSize(pool.extent, pool.size, pool);
  if (!pool.ceilMode) return down;
  return pool.extent.map((n, a) => {
    const [before, after] = pool.padding[a]!;
    const room = n + before + after - pool.dilation[a]! * (pool.size[a]! - 1) - 1;
    const up = Math.ceil(room / pool.stride[a]!) + 1;
    return (up - 1) * pool.stride[a]! >= n + before ? up - 1 : up;
  });
}

const check = (body: (pool: Pool) => void): void =>
  fc.assert(fc.property(pools, body), { seed: 11, numRuns: 150 });

const options = ({
  size,
  stride,
  padding,
  ceilMode,
}: Pool): {
  kernelSize: readonly number[];
  stride: readonly number[];
  padding: Pool['padding'];
  ceilMode: boolean;
} => ({ kernelSize: size, stride, padding, ceilMode });

describe('max pooling', () => {
  test('is what its definition says, and tells where', () => {
    check((pool) => {
      // Few distinct values, so that windows have ties.
      const x = tensor(
        Float64Array.from(noise([2, 2, ...pool.extent], pool.seed).data(), Math.round),
        {
          shape: [2, 2, ...pool.extent],
        },
      );
      const count = countOf(pool);
      const full = { ...options(pool), dilation: pool.dilation };
      const run = pool.axes === 1 ? maxPool1dWithIndices : maxPool2dWithIndices;
      const { values, indices } = run(x, full);
      const windows = [...poolWindows(plain(x), count, pool.size, pool)];
      expect(values.shape).toEqual([2, 2, ...count]);
      expect(numbers(values)).toEqual(windows.map((w) => w.values[firstMax(w.values)]));
      expect(numbers(indices)).toEqual(windows.map((w) => w.places[firstMax(w.values)]));
      expect(indices.dtype).toBe('int32');
    });
  });

  test('sends the whole gradient of a tie to the first in row-major order', () => {
    const x = tensor([[[1, 2, 2], [2, 2, 2]]]); // biome-ignore format: an image
    const g = grad((x: Tensor) => sum(maxPool2d(x, { kernelSize: [2, 3] })))(x);
    expect(g.toArray()).toEqual([[[0, 1, 0], [0, 0, 0]]]); // biome-ignore format: an image
    // Two windows with the same winner add up.
    const h = grad((x: Tensor) => sum(maxPool1d(x, { kernelSize: 2, stride: 1 })))(
      tensor([[0, 5, 5]]),
    );
    expect(h.toArray()).toEqual([[0, 2, 0]]);
  });

  test('lets padding never win, not even against -Infinity, nor take a gradient', () => {
    const x = tensor([[-Infinity, -Infinity, -3]]);
    const pool = (x: Tensor): Tensor => maxPool1d(x, { kernelSize: 3, stride: 1, padding: 1 });
    expect(numbers(pool(x))).toEqual([-Infinity, -3, -3]);
    expect(numbers(grad((x: Tensor) => sum(pool(x)))(x))).toEqual([1, 0, 2]);
    const { indices } = maxPool1dWithIndices(x, {
      kernelSize: 2,
      dilation: 2,
      stride: 1,
      padding: 1,
    });
    expect(numbers(indices)).toEqual([1, 2, 1]);
  });

  test('lets NaN win, the first of several', () => {
    const x = tensor([[1, NaN, 3, NaN, 5, 6]]);
    const { values, indices } = maxPool1dWithIndices(x, { kernelSize: 3, stride: 1 });
    expect(numbers(values)).toEqual([NaN, NaN, NaN, NaN]);
    expect(numbers(indices)).toEqual([1, 1, 3, 3]);
  });

  test('keeps leading axes, views, empty batches and axes of size 1', () => {
    const x = noise([4, 6, 2], 3);
    const view = permute(x, [2, 0, 1]);
    const dense = tensor(Float64Array.from(numbers(view)), { shape: [2, 4, 6] });
    expect(numbers(maxPool2d(view, { kernelSize: 2 }))).toEqual(
      numbers(maxPool2d(dense, { kernelSize: 2 })),
    );
    expect(maxPool2d(zeros([0, 3, 4, 4]), { kernelSize: 2 }).shape).toEqual([0, 3, 2, 2]);
    expect(maxPool2d(zeros([2, 3, 1, 5, 4, 4]), { kernelSize: 4 }).shape).toEqual([
      2, 3, 1, 5, 1, 1,
    ]);
    expect(maxPool1d(tensor([[7]]), { kernelSize: 1 }).toArray()).toEqual([[7]]);
    const g = grad((x: Tensor) => sum(maxPool2d(x, { kernelSize: 2 })))(zeros([0, 3, 4, 4]));
    expect(g.shape).toEqual([0, 3, 4, 4]);
  });
});

describe('average pooling', () => {
  test('is what its definition says, with and without padding in the count', () => {
    check((drawn) => {
      const pool = { ...drawn, dilation: drawn.size.map(() => 1) };
      fc.pre(outputSize(pool.extent, pool.size, pool).every((n) => n >= 1));
      const x = noise([2, 2, ...pool.extent], pool.seed);
      const count = countOf(pool);
      const run = pool.axes === 1 ? avgPool1d : avgPool2d;
      const windows = [...poolWindows(plain(x), count, pool.size, pool)];
      const total = windows.map(({ values }) => values.reduce((a, b) => a + b, 0));
      const shape = [2, 2, ...count];
      const like = (values: number[]): Tensor => tensor(Float64Array.from(values), { shape });
      const without = run(x, { ...options(pool), countIncludePad: false });
      const means = total.map((value, i) => value / windows[i]!.values.length);
      expect(distance(without, like(means))).toBeLessThan(1e-14);
      const inside = [...poolWindows(plain(padded(x, pool)), count, pool.size, unpadded(pool))];
      const counted = total.map((value, i) => value / inside[i]!.values.length);
      expect(distance(run(x, options(pool)), like(counted))).toBeLessThan(1e-14);
      const overridden = run(x, { ...options(pool), divisorOverride: 4 });
      expect(distance(overridden, like(total.map((value) => value / 4)))).toBeLessThan(1e-14);
    });
  });

  test('spreads the gradient evenly', () => {
    const g = grad((x: Tensor) => sum(avgPool1d(x, { kernelSize: 2, stride: 1 })))(zeros([1, 3]));
    expect(g.toArray()).toEqual([[0.5, 1, 0.5]]);
    expect(avgPool2d(zeros([0, 3, 4, 4]), { kernelSize: 2 }).shape).toEqual([0, 3, 2, 2]);
  });

  test('sums float32 in float64', () => {
    const x = tensor([[16777216, 1, 1, -16777216]]);
    expect(numbers(avgPool1d(x, { kernelSize: 4 }))).toEqual([0.5]);
  });
});

const unpadded = (pool: Pool): Pool => ({ ...pool, padding: pool.padding.map(() => [0, 0]) });

/** Stands in for the padded input: only which places exist matters. */
const padded = (x: Tensor, { extent, padding }: Pool): Tensor =>
  zeros([...x.shape.slice(0, 2), ...extent.map((n, a) => n + padding[a]![0] + padding[a]![1])]);

describe('adaptive pooling', () => {
  test('takes the bins of PyTorch, floor(i n / m) to ceil((i + 1) n / m)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 4 }),
        (h, w, out, seed) => {
          const x = noise([2, h, w], seed);
          const bin = (n: number, m: number, i: number): number[] =>
            Array.from({ length: n }, (_, k) => k).filter(
              (k) => k >= Math.floor((i * n) / m) && k < Math.ceil(((i + 1) * n) / m),
            );
          const values = numbers(x);
          const means: number[] = [];
          const maxima: number[] = [];
          for (let c = 0; c < 2; c++) {
            for (let i = 0; i < out; i++) {
              for (let j = 0; j < 2; j++) {
                const found = bin(h, out, i).flatMap((a) =>
                  bin(w, 2, j).map((b) => values[(c * h + a) * w + b]!),
                );
                means.push(found.reduce((a, b) => a + b, 0) / found.length);
                maxima.push(Math.max(...found));
              }
            }
          }
          const want = tensor(Float64Array.from(means), { shape: [2, out, 2] });
          expect(distance(adaptiveAvgPool2d(x, [out, 2]), want)).toBeLessThan(1e-14);
          expect(numbers(adaptiveMaxPool2d(x, [out, 2]))).toEqual(maxima);
          expect(numbers(adaptiveMaxPool1d(x, out)).length).toBe(2 * h * out);
        },
      ),
      { seed: 3, numRuns: 100 },
    );
  });

  test('keeps an axis with null, and infinities in their bins', () => {
    expect(adaptiveAvgPool2d(noise([2, 5, 3], 1), [null, 1]).shape).toEqual([2, 5, 1]);
    expect(adaptiveMaxPool2d(noise([2, 5, 3], 1), [1, null]).shape).toEqual([2, 1, 3]);
    expect(numbers(adaptiveAvgPool1d(tensor([[1, 1, 1, Infinity, 1]]), 2))).toEqual([1, Infinity]);
    // Bins of 2 and 3 elements.
    expect(numbers(adaptiveAvgPool1d(tensor([[Infinity, 2, 2, 2, 2, 2, NaN]]), 5))).toEqual([
      Infinity,
      2,
      2,
      2,
      NaN,
    ]);
    expect(numbers(adaptiveAvgPool1d(tensor([[1, 2, 4, Infinity]]), 3))).toEqual([
      1.5,
      3,
      Infinity,
    ]);
  });

  test('has the ties of plain pooling, also where bins overlap', () => {
    const g = grad((x: Tensor) => sum(adaptiveMaxPool1d(x, 2)))(tensor([[3, 3, 3]]));
    expect(numbers(g)).toEqual([1, 1, 0]);
    expect(adaptiveMaxPool2d(zeros([0, 1, 5, 5]), 2).shape).toEqual([0, 1, 2, 2]);
  });
});

import { describe, expect, test } from '@jest/globals';
import {
  broadcastView,
  contiguous,
  copyAs,
  flipView,
  permuteView,
  sizeOf,
  sliceView,
  sumWindowsKernel,
  type View,
  viewOf,
  windowsView,
} from '@tikhonov/array';
import { at, elements, indices, source } from './support.ts';

const counting = (shape: readonly number[]): View =>
  viewOf(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => i + 1),
    shape,
    'float32',
  );

describe('copies of strided views', () => {
  const long = counting([3, 70, 50]);
  const deep = counting([2, 3, 2, 3, 2, 3]);
  const image = counting([2, 3, 9, 8]);
  const steps = { stride: [2, 1], dilation: [1, 2] };
  const patches = windowsView(image, [4, 4], [2, 3], steps);
  const cases: readonly (readonly [string, View])[] = [
    ['a large transposition, in squares', permuteView(long, [0, 2, 1])],
    ['one whose long axes are the outer ones', permuteView(long, [2, 1, 0])],
    ['six axes that do not merge', permuteView(deep, [5, 2, 4, 0, 3, 1])],
    [
      'every second element, backwards',
      flipView(sliceView(long, [0, 1, 0], [3, 70, 49], [1, 2, 2]), [1, 2]),
    ],
    ['repetition', broadcastView(counting([4, 1, 5]), [3, 4, 6, 5])],
    ['overlapping windows', patches],
    ['windows as columns', permuteView(patches, [0, 1, 4, 5, 2, 3])],
    ['windows as rows', permuteView(patches, [0, 2, 3, 1, 4, 5])],
    ['axes of size 1', permuteView(counting([1, 5, 1, 4]), [3, 0, 1, 2])],
    ['a scalar', counting([])],
    ['nothing', permuteView(counting([3, 0, 2]), [2, 1, 0])],
  ];

  test.each(cases)('%s', (_name, view) => {
    const copy = copyAs(view, 'float64');
    expect(copy.shape).toEqual(view.shape);
    expect(Array.from(copy.data)).toEqual(elements(view));
    expect(Array.from(contiguous(view).data)).toEqual(elements(view));
  });
});

describe('windows', () => {
  test('overlap, skip and dilate without a copy', () => {
    const x = counting([7]);
    const view = windowsView(x, [3], [2], { stride: [2], dilation: [2] });
    expect(view.data).toBe(x.data);
    expect(elements(view)).toEqual([1, 3, 3, 5, 5, 7]);
  });

  test('sumWindows adds every element where its window has it', () => {
    const next = source(5);
    for (let run = 0; run < 100; run++) {
      const some = (min: number, max: number): number => min + (next() % (max - min + 1));
      const axes = some(1, 3);
      const list = (min: number, max: number): number[] =>
        Array.from({ length: axes }, () => some(min, max));
      const [count, size, stride, dilation] = [list(1, 4), list(1, 3), list(1, 3), list(0, 2)];
      const extent = count.map(
        (n, k) => (n - 1) * stride[k]! + (size[k]! - 1) * dilation[k]! + 1 + some(0, 1),
      );
      const y = counting([2, ...count, ...size]);
      const want = new Float64Array(2 * sizeOf(extent));
      for (const index of indices(y.shape)) {
        let flat = index[0]!;
        for (let k = 0; k < axes; k++) {
          const place = index[1 + k]! * stride[k]! + index[1 + axes + k]! * dilation[k]!;
          flat = flat * extent[k]! + place;
        }
        want[flat]! += at(y, index)!;
      }
      const sums = sumWindowsKernel(y, extent, { stride, dilation });
      expect(sums.shape).toEqual([2, ...extent]);
      expect(Array.from(sums.data)).toEqual(Array.from(want));
    }
  });

  test('sumWindows rounds float32 once, and gives the same bits for views', () => {
    const values = Float32Array.from([16777216, 1, 1, -16777216]);
    const y = viewOf(values, [1, 4], 'float32');
    const steps = { stride: [1], dilation: [0] };
    expect(Array.from(sumWindowsKernel(y, [1], steps).data)).toEqual([2]);
    const doubles = viewOf(
      Float64Array.from({ length: 60 }, (_, i) => Math.sin(i) * 10 ** (i % 7)),
      [3, 4, 5],
      'float64',
    );
    const view = permuteView(doubles, [2, 1, 0]);
    const of = (v: View): number[] =>
      Array.from(sumWindowsKernel(v, [6], { stride: [1], dilation: [1] }).data);
    expect(of(view)).toEqual(of(contiguous(view)));
  });

  test('sumWindows of nothing is zeros', () => {
    const y = viewOf(new Float32Array(0), [2, 0, 3], 'float32');
    expect(Array.from(sumWindowsKernel(y, [2], { stride: [1], dilation: [1] }).data)).toEqual([
      0, 0, 0, 0,
    ]);
  });
});

import { describe, expect, test } from '@jest/globals';
import { fc } from '@tikhonov/check';
import type { DType } from '@tikhonov/core';
import { sumWindowsP, type View } from '@tikhonov/core/engine';
import { indexingRules } from '../../../src/lower/loops/indexing/index.ts';
import { expectSame, flipped, numeric, permuted, randomView, repeated } from './support.ts';

interface Setting {
  readonly lead: readonly number[];
  readonly count: readonly number[];
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** Elements of the extent that no window reaches. */
  readonly spare?: number;
}

const extentOf = ({ count, size, stride, dilation, spare = 0 }: Setting): number[] =>
  count.map((n, k) => (n - 1) * stride[k]! + (size[k]! - 1) * dilation[k]! + 1 + spare);

/** Windows in memory as a matrix product leaves them: elements first, then windows. */
function elementsFirst({ lead, count, size }: Setting, dtype: DType): View {
  const n = count.length;
  const view = randomView([...lead, ...size, ...count], dtype);
  const axes = (from: number): number[] => count.map((_, k) => lead.length + from + k);
  return permuted(view, [...lead.keys(), ...axes(n), ...axes(0)]);
}

const dense = ({ lead, count, size }: Setting, dtype: DType): View =>
  randomView([...lead, ...count, ...size], dtype);

/** As the gradient of an average: all elements of a window are one. */
const equalElements = ({ lead, count, size }: Setting, dtype: DType): View =>
  repeated(randomView([...lead, ...count, ...size.map(() => 1)], dtype), [
    ...lead,
    ...count,
    ...size,
  ]);

function check(setting: Setting): void {
  const { stride, dilation } = setting;
  const attrs = { extent: extentOf(setting), stride, dilation };
  for (const dtype of numeric) {
    // Every dtype in some layout, floats in all.
    const turned = flipped(elementsFirst(setting, dtype));
    expectSame(sumWindowsP, [turned], attrs);
    if (dtype === 'uint32') continue;
    for (const make of [elementsFirst, dense, equalElements]) {
      if (dtype !== 'int32' || make === dense)
        expectSame(sumWindowsP, [make(setting, dtype)], attrs);
    }
  }
}

const square = (n: number): [number, number] => [n, n];

describe('sumWindows', () => {
  test('adds the windows of a convolution, as many sizes as there are lanes to be left over', () => {
    for (const n of [1, 2, 3, 5, 8, 24]) {
      check({
        lead: [2, 1],
        count: [3, n],
        size: square(3),
        stride: square(1),
        dilation: square(1),
        spare: n % 2,
      });
    }
    const kernel = { size: square(5), stride: square(1), dilation: square(1) };
    check({ lead: [2, 2], count: square(24), ...kernel });
  });

  test('adds windows with strides and gaps', () => {
    for (const [stride, dilation] of [
      [2, 1],
      [3, 1],
      [2, 2],
      [3, 2],
      [4, 3],
      [9, 1],
      [1, 2],
    ] as const) {
      for (const spare of [0, 2]) {
        const steps = { stride: square(stride), dilation: square(dilation), spare };
        check({ lead: [2], count: [3, 7], size: square(3), ...steps });
        check({ lead: [], count: [9], size: [2], stride: [stride], dilation: [dilation], spare });
      }
    }
  });

  test('repeats the turns of long rows', () => {
    for (const stride of [1, 2, 3]) {
      for (const count of [97, 130]) {
        check({ lead: [2], count: [count], size: [3], stride: [stride], dilation: [2], spare: 1 });
        check({
          lead: [],
          count: [2, count],
          size: [3, 2],
          stride: [1, stride],
          dilation: [1, 1],
        });
      }
    }
  });

  test('keeps the order of additions where windows are fewer than their elements', () => {
    check({ lead: [2], count: square(2), size: square(5), stride: square(1), dilation: square(1) });
    check({ lead: [], count: [3], size: [7], stride: [2], dilation: [1] });
    check({ lead: [], count: [2, 1, 2], size: [3, 4, 3], stride: [1, 2, 1], dilation: [1, 1, 2] });
  });

  test('adds up windows in one place, as for averages', () => {
    for (const count of [1, 5, 8, 30]) {
      check({
        lead: [2],
        count: square(count),
        size: square(2),
        stride: square(1),
        dilation: square(0),
      });
    }
    check({ lead: [2], count: [3], size: [4], stride: [2], dilation: [0], spare: 2 });
    // Some elements of a window meet, and some do not.
    check({ lead: [2], count: [2, 2], size: [4, 3], stride: [1, 1], dilation: [0, 1] });
    check({ lead: [2], count: [2, 2], size: [4, 3], stride: [1, 1], dilation: [1, 0] });
    check({ lead: [2], count: [4, 5], size: [2, 3], stride: [1, 0], dilation: [1, 1] });
  });

  test('adds windows over no axis, over three, and larger than is written out', () => {
    check({ lead: [3, 2], count: [], size: [], stride: [], dilation: [] });
    check({ lead: [2], count: [2, 3, 5], size: [2, 2, 2], stride: [1, 2, 1], dilation: [1, 1, 1] });
    check({ lead: [2], count: [5], size: [40], stride: [1], dilation: [1] });
    check({ lead: [2], count: [5], size: [2], stride: [33], dilation: [1] });
  });

  test('is 0 for no windows and for windows of nothing', () => {
    for (const dtype of numeric) {
      for (const shape of [
        [2, 0, 3],
        [2, 3, 0],
      ]) {
        const attrs = { extent: [70], stride: [1], dilation: [1] };
        expectSame(sumWindowsP, [randomView(shape, dtype)], attrs);
      }
    }
  });

  test('does what the eager kernel does for any windows', () => {
    const amount = (min: number, max: number) =>
      fc.array(fc.integer({ min, max }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        amount(1, 9),
        amount(1, 4),
        amount(1, 3),
        amount(0, 3),
        fc.integer({ min: 0, max: 2 }),
        (axes, ...drawn) => {
          const spare = drawn[4];
          const [count, size, stride, dilation] = [drawn[0], drawn[1], drawn[2], drawn[3]].map(
            (list) => list.slice(0, axes),
          ) as [number[], number[], number[], number[]];
          const setting = { lead: [2], count, size, stride, dilation, spare };
          const attrs = { extent: extentOf(setting), stride, dilation };
          expectSame(sumWindowsP, [elementsFirst(setting, 'float32')], attrs);
          expectSame(sumWindowsP, [dense(setting, 'float64')], attrs);
        },
      ),
      { numRuns: 60, seed: 11 },
    );
  });

  test('needs scratch bytes only where sums of float32 are scattered', () => {
    const rule = indexingRules.get('sumWindows')!;
    const bytes = (dtype: DType, dilation: readonly number[]): number => {
      const { shape, stride: strides, offset } = randomView([1, 2, 3, 2], dtype);
      const attrs = { extent: [6, 9], stride: [1, 1], dilation };
      const inputs = [{ dtype, layout: { shape, strides, offset } }];
      return rule.scratch!({ inputs, outputs: [], attrs });
    };
    expect(bytes('float32', [1, 1])).toBe(0);
    expect(bytes('float64', [0, 1])).toBe(0);
    expect(bytes('float32', [0, 1])).toBe(6 * 9 * 8);
  });
});

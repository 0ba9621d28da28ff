import { describe, test } from '@jest/globals';
import { concatP, padP, type View } from '@tikhonov/core/engine';
import { denseView } from '../harness.ts';
import {
  expectSame,
  flipped,
  inDtype,
  numeric,
  permuted,
  randomView,
  repeated,
} from './support.ts';

const all = [...numeric, 'bool'] as const;

/** Layouts of the same shape. */
function layouts(shape: readonly number[], dtype: (typeof all)[number]): View[] {
  const x = inDtype(randomView(shape, 'float64'), dtype);
  const axes = shape.map((_, k) => k).reverse();
  const turned = inDtype(randomView([...shape].reverse(), 'float64', 2), dtype);
  const one = inDtype(
    randomView(
      shape.map((n, k) => (k === shape.length - 1 ? 1 : n)),
      'float64',
      3,
    ),
    dtype,
  );
  const row = inDtype(
    randomView(
      shape.map((n, k) => (k === 0 ? 1 : n)),
      'float64',
      4,
    ),
    dtype,
  );
  return [x, flipped(x), permuted(turned, axes), repeated(one, shape), repeated(row, shape)];
}

describe('concat', () => {
  test('joins parts of any layout along any axis', () => {
    for (const dtype of all) {
      for (const axis of [0, 1, 2]) {
        const parts = [1, 4, 0, 3].flatMap((n, i) => {
          const shape = [2, 3, 5].map((size, k) => (k === axis ? n : size));
          return [layouts(shape, dtype)[i]!];
        });
        expectSame(concatP, parts, { axis });
        for (const x of layouts([2, 3, 5], dtype)) expectSame(concatP, [x, x, x], { axis });
      }
    }
  });

  test('turns parts that lie across, of every size', () => {
    for (const dtype of ['float32', 'float64', 'int32'] as const) {
      for (const m of [1, 2, 3, 4, 5, 7, 16, 17, 23]) {
        for (const n of [1, 2, 3, 4, 6, 9]) {
          const across = permuted(inDtype(randomView([n, m], 'float64', n), dtype), [1, 0]);
          const straight = inDtype(randomView([m, 3], 'float64', m), dtype);
          expectSame(concatP, [straight, across, across], { axis: 1 });
          const boxes = inDtype(randomView([3, n, 2, m], 'float64', n), dtype);
          const turned = permuted(boxes, [2, 3, 0, 1]);
          expectSame(concatP, [turned, turned], { axis: 3 });
          expectSame(concatP, [turned, turned], { axis: 0 });
        }
      }
    }
  });

  test('copies runs of every length', () => {
    for (const dtype of ['float32', 'float64', 'bool'] as const) {
      for (const n of [
        1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 63, 64, 65, 66, 67, 100, 513, 1023, 1024, 1025,
      ]) {
        const parts = [n, 3].map((m) => inDtype(randomView([2, m], 'float64', m), dtype));
        expectSame(concatP, parts, { axis: 1 });
        expectSame(
          concatP,
          [repeated(inDtype(randomView([2, 1], dtype), dtype), [2, n]), parts[0]!],
          { axis: 1 },
        );
      }
    }
  });

  test('joins nothing', () => {
    expectSame(concatP, [randomView([0, 2], 'float32'), randomView([0, 2], 'float32')], {
      axis: 0,
    });
    expectSame(concatP, [randomView([0, 2], 'float32'), randomView([0, 3], 'float32')], {
      axis: 1,
    });
  });
});

describe('pad', () => {
  const zeros = [0, 0, 0];

  test('puts zeros around any axes of any layout', () => {
    for (const dtype of all) {
      for (const x of layouts([2, 3, 5], dtype)) {
        for (const [low, high] of [
          [zeros, zeros],
          [
            [0, 1, 2],
            [0, 3, 1],
          ],
          [
            [1, 0, 0],
            [0, 0, 0],
          ],
          [
            [0, 2, 0],
            [1, 1, 0],
          ],
          [
            [0, 0, 4],
            [0, 0, 0],
          ],
          [
            [3, 0, 1],
            [2, 0, 0],
          ],
        ] as const) {
          expectSame(padP, [x], { low, high, interior: zeros });
        }
      }
    }
  });

  test('leaves runs of zeros of every length', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      for (const n of [0, 1, 2, 3, 4, 5, 7, 15, 63, 64, 65, 130, 1100]) {
        const attrs = { low: [0, n], high: [0, 1], interior: [0, 0] };
        expectSame(padP, [randomView([2, 3], dtype)], attrs);
        expectSame(padP, [randomView([2, n + 1], dtype)], {
          low: [1, 0],
          high: [0, 2],
          interior: [0, 0],
        });
        expectSame(padP, [randomView([3], dtype)], { low: [n], high: [0], interior: [0] });
      }
    }
  });

  test('puts zeros between elements', () => {
    for (const dtype of all) {
      for (const x of layouts([2, 3, 5], dtype)) {
        for (const interior of [
          [0, 0, 1],
          [2, 0, 0],
          [1, 3, 2],
        ]) {
          expectSame(padP, [x], { low: [1, 0, 2], high: [0, 1, 0], interior });
        }
      }
      expectSame(padP, [randomView([1, 4], 'float32')], {
        low: [0, 1],
        high: [0, 1],
        interior: [5, 0],
      });
    }
  });

  test('makes nothing but zeros of nothing, and copies a scalar', () => {
    expectSame(padP, [randomView([0, 3], 'float32')], {
      low: [2, 1],
      high: [1, 0],
      interior: [1, 0],
    });
    expectSame(padP, [randomView([0, 3], 'float32')], {
      low: [0, 1],
      high: [0, 0],
      interior: [0, 0],
    });
    expectSame(padP, [denseView([-0], [], 'float64')], { low: [], high: [], interior: [] });
    expectSame(padP, [randomView([1, 1, 1], 'float32')], {
      low: [0, 1, 0],
      high: [2, 0, 0],
      interior: zeros,
    });
    expectSame(padP, [randomView([3, 1], 'float32')], {
      low: [1, 0],
      high: [2, 0],
      interior: [0, 0],
    });
    expectSame(padP, [flipped(randomView([1, 4], 'float32'))], {
      low: [1, 0],
      high: [2, 0],
      interior: [0, 0],
    });
  });
});

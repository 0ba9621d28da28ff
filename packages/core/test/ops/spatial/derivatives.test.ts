import { describe, expect, test } from '@jest/globals';
import { checkGrads } from '@tikhonov/check';
import {
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  avgPool2d,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  fold,
  grad,
  maxPool1d,
  maxPool2d,
  mul,
  slice,
  sum,
  type Tensor,
  tanh,
  tensor,
  unfold,
  vmap,
  windows,
} from '@tikhonov/core';
import { noise, numbers } from '../../support.ts';

type Call = (...args: Tensor[]) => Tensor;

/** Values 0.1 apart in scrambled order, so that no step of a difference quotient changes a maximum. */
const apart = (shape: readonly number[]): Tensor => {
  const size = shape.reduce((product, n) => product * n, 1);
  return tensor(
    Float64Array.from({ length: size }, (_, i) => ((i * 7) % size) * 0.1 - 1),
    { shape },
  );
};

const cases: readonly (readonly [string, Call, readonly Tensor[]])[] = [
  [
    'conv1d with stride, padding and groups',
    (x, w, b) => conv1d(x!, w!, { bias: b!, stride: 2, padding: 1, groups: 2 }),
    [noise([1, 2, 4], 1), noise([2, 1, 2], 2), noise([2], 3)],
  ],
  [
    'conv2d with stride, padding and dilation',
    (x, w, b) => conv2d(x!, w!, { bias: b!, stride: [1, 2], padding: [[1, 0], [0, 2]], dilation: [2, 1] }), // biome-ignore format: pairs
    [noise([2, 1, 3, 3], 1), noise([2, 1, 2, 2], 2), noise([2], 3)],
  ],
  [
    'conv2d of a single sample',
    (x, w) => conv2d(x!, w!),
    [noise([2, 3, 3], 1), noise([1, 2, 2, 2], 2)],
  ],
  ['conv3d', (x, w) => conv3d(x!, w!), [noise([1, 1, 2, 2, 3], 1), noise([2, 1, 1, 2, 2], 2)]],
  [
    'convTranspose1d',
    (x, w) => convTranspose1d(x!, w!, { stride: 2, outputPadding: 1 }),
    [noise([2, 2, 2], 1), noise([2, 1, 3], 2)],
  ],
  [
    'convTranspose2d with groups and padding',
    (x, w, b) => convTranspose2d(x!, w!, { bias: b!, stride: 2, padding: 1, groups: 2 }),
    [noise([1, 2, 2, 2], 1), noise([2, 1, 3, 2], 2), noise([2], 3)],
  ],
  [
    'maxPool1d with padding',
    (x) => maxPool1d(x!, { kernelSize: 3, stride: 2, padding: 1 }),
    [apart([2, 5])],
  ],
  ['maxPool2d', (x) => maxPool2d(x!, { kernelSize: 2, stride: 1 }), [apart([1, 3, 4])]],
  [
    'avgPool2d with padding not counted',
    (x) => avgPool2d(x!, { kernelSize: 2, padding: 1, countIncludePad: false }),
    [noise([1, 3, 4], 1)],
  ],
  ['adaptiveAvgPool2d', (x) => adaptiveAvgPool2d(x!, [2, 3]), [noise([1, 3, 4], 1)]],
  ['adaptiveMaxPool2d', (x) => adaptiveMaxPool2d(x!, [2, 3]), [apart([1, 3, 4])]],
  ['unfold', (x) => unfold(x!, { kernelSize: 2, padding: 1, stride: 2 }), [noise([1, 1, 3, 3], 1)]],
  ['fold', (x) => fold(x!, { outputSize: 3, kernelSize: 2 }), [noise([1, 4, 4], 1)]],
  ['windows', (x) => windows(x!, { size: [2], stride: [2] }), [noise([2, 5], 1)]],
];

describe('derivatives agree with differences', () => {
  test.each(cases)('of orders 1 and 2: %s', (_name, f, args) => {
    // Something curved behind, so that the second order is not zero.
    const report = checkGrads((...xs: Tensor[]) => tanh(f(...xs)), args as Tensor[]);
    expect(report).toMatchObject({ ok: true, problem: null });
  });

  test.each(cases)('of order 3: %s', (_name, f, args) => {
    // Two derivatives of the gradient of a function that is curved to any order.
    const loss = (...xs: Tensor[]): Tensor => sum(tanh(f(...xs)));
    const squaredSlope = (...xs: Tensor[]): Tensor =>
      (grad((all: readonly Tensor[]) => loss(...all))(xs) as readonly Tensor[])
        .map((g) => sum(mul(g, g)))
        .reduce((a, b) => a.add(b));
    const report = checkGrads(squaredSlope, args as Tensor[], { modes: ['reverse'] });
    expect(report).toMatchObject({ ok: true, problem: null });
  });
});

test('per-example gradients of a convolution are those of the examples', () => {
  const w = noise([2, 1, 2, 2], 1);
  const x = noise([3, 1, 4, 4], 2);
  const slope = (image: Tensor): Tensor =>
    grad((w: Tensor) => sum(tanh(avgPool2d(conv2d(image, w), { kernelSize: 3 }))))(w);
  const all = vmap(slope)(x);
  expect(all.shape).toEqual([3, 2, 1, 2, 2]);
  const alone = [0, 1, 2].flatMap((i) =>
    numbers(slope(slice(x, [{ start: i, stop: i + 1 }]).reshape([1, 4, 4]))),
  );
  expect(numbers(all)).toEqual(alone);
});

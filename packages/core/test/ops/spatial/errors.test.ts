import { describe, expect, test } from '@jest/globals';
import {
  adaptiveAvgPool2d,
  astype,
  avgPool2d,
  conv1d,
  conv2d,
  convTranspose2d,
  DTypeError,
  fold,
  maxPool1d,
  maxPool2d,
  ones,
  ShapeError,
  tensor,
  unfold,
  windows,
} from '@tikhonov/core';
import { thrown } from '../../support.ts';

const image = ones([1, 2, 4, 4]);
const kernel = ones([3, 2, 3, 3]);
const bad = <T>(value: unknown): T => value as T;

const cases: readonly (readonly [string, () => unknown, new (text: string) => Error, string])[] = [
  [
    'a kernel larger than the padded input',
    () => conv2d(image, ones([3, 2, 7, 3]), { padding: [1, 0] }),
    ShapeError,
    'conv2d: the kernel spans [7, 3], but the input has only [4, 4], [6, 4] with padding.\n  Take a smaller kernel or dilation, or more padding.',
  ],
  [
    'a dilated kernel larger than the input',
    () => conv2d(image, kernel, { dilation: 2 }),
    ShapeError,
    'conv2d: the kernel spans [5, 5], but the input has only [4, 4].\n  Take a smaller',
  ],
  [
    'an empty spatial axis',
    () => conv1d(ones([1, 1, 0]), ones([1, 1, 1])),
    ShapeError,
    'conv1d: the kernel spans [1], but the input has only [0].',
  ],
  [
    'channels',
    () => conv2d(image, ones([3, 1, 3, 3])),
    ShapeError,
    'conv2d: x [1, 2, 4, 4] has 2 channels, weight [3, 1, 3, 3] takes 1 (1 in each of 1 groups).\n  x is [N, C, H, W], the weight [out, in / groups, kH, kW].',
  ],
  [
    'groups',
    () => conv2d(image, ones([3, 1, 3, 3]), { groups: 2 }),
    ShapeError,
    'conv2d: 3 output channels do not divide into 2 groups.\n  Choose groups that divide the channels.',
  ],
  [
    'a number of groups',
    () => conv2d(image, kernel, { groups: 0 }),
    RangeError,
    'conv2d: groups must be an integer >= 1, got 0.',
  ],
  [
    'rank of x',
    () => conv1d(ones([4]), ones([1, 1, 2])),
    ShapeError,
    'conv1d: x must be [N, C, L] or [C, L], got shape [4].\n  Insert the missing axes',
  ],
  [
    'rank of the weight',
    () => conv2d(image, ones([3, 3])),
    ShapeError,
    'conv2d: the weight must be [out, in / groups, kH, kW], got shape [3, 3].',
  ],
  [
    'an empty kernel',
    () => conv2d(image, ones([3, 2, 0, 3])),
    ShapeError,
    'conv2d: the weight must be [out, in / groups, kH, kW], got shape [3, 2, 0, 3].\n  A kernel has at least one element',
  ],
  [
    'a stride that is no integer',
    () => conv2d(image, kernel, { stride: 1.5 }),
    RangeError,
    'conv2d: stride must be an integer >= 1, or a list of 2, one per spatial axis, got 1.5.',
  ],
  [
    'a stride for another number of axes',
    () => conv2d(image, kernel, { stride: [1, 1, 1] }),
    RangeError,
    'one per spatial axis, got [1, 1, 1].',
  ],
  [
    'a dilation of 0',
    () => conv2d(image, kernel, { dilation: 0 }),
    RangeError,
    'conv2d: dilation must be an integer >= 1',
  ],
  [
    'negative padding',
    () => conv2d(image, kernel, { padding: -1 }),
    RangeError,
    'conv2d: padding must be an integer >= 0',
  ],
  [
    'padding pairs',
    () => conv2d(image, kernel, { padding: [[1, 1]] }),
    RangeError,
    'conv2d: padding must hold 2 pairs [before, after] of integers >= 0, got [[1, 1]].',
  ],
  [
    'the name of a padding',
    () => conv2d(image, kernel, { padding: bad('full') }),
    TypeError,
    "conv2d: padding 'full' is unknown.\n  Use numbers, 'same' or 'valid'.",
  ],
  [
    "'same' with a stride",
    () => conv2d(image, kernel, { padding: 'same', stride: 2 }),
    RangeError,
    "conv2d: padding 'same' needs stride 1, got [2, 2].\n  Give the padding in numbers.",
  ],
  [
    'the bias',
    () => conv2d(image, kernel, { bias: ones([2]) }),
    ShapeError,
    'conv2d: the bias must be [3], one value per output channel, got shape [2].',
  ],
  [
    'dtypes',
    () => conv2d(image, astype(kernel, 'float64')),
    DTypeError,
    "conv2d: x is float32 and weight float64.\n  Cast one of them, for example with astype('float32').",
  ],
  [
    'integers',
    () => conv2d(astype(image, 'int32'), kernel),
    DTypeError,
    'conv2d: needs float32 or float64, got int32.',
  ],
  [
    'an unknown option',
    () => conv2d(image, kernel, bad({ strides: 2 })),
    TypeError,
    'conv2d: unknown option "strides".\n  It takes bias, stride, padding, dilation, groups.',
  ],
  [
    'channels of a transposed convolution',
    () => convTranspose2d(image, kernel),
    ShapeError,
    'convTranspose2d: x [1, 2, 4, 4] has 2 channels, weight [3, 2, 3, 3] takes 3.\n  x is [N, C, H, W], the weight [in, out / groups, kH, kW].',
  ],
  [
    'output padding',
    () => convTranspose2d(image, ones([2, 1, 2, 2]), { stride: 2, outputPadding: 2 }),
    RangeError,
    'convTranspose2d: outputPadding must be smaller than stride or dilation, got [2, 2] with stride [2, 2] and dilation [1, 1].\n  It only chooses',
  ],
  [
    'an output without elements',
    () => convTranspose2d(image, ones([2, 1, 1, 1]), { padding: 2 }),
    ShapeError,
    'convTranspose2d: the output would have size [0, 0] for an input of [4, 4].\n  Every axis needs',
  ],
  [
    'a window larger than the input',
    () => maxPool2d(image, { kernelSize: 5 }),
    ShapeError,
    'maxPool2d: the kernel spans [5, 5], but the input has only [4, 4].',
  ],
  [
    'a missing kernel size',
    () => maxPool2d(image, bad({})),
    RangeError,
    'maxPool2d: kernelSize must be an integer >= 1, or a list of 2, one per spatial axis, got undefined.',
  ],
  [
    'a window in the padding',
    () => maxPool1d(ones([1, 3]), { kernelSize: 2, stride: 1, padding: 2 }),
    RangeError,
    'maxPool1d: window 0 of 6 lies wholly in the padding.\n  Take less padding: at most half a kernel is safe.',
  ],
  [
    'an average of nothing',
    () => avgPool2d(image, { kernelSize: 1, padding: 1, countIncludePad: false }),
    RangeError,
    'avgPool2d: window 0 of 6 lies wholly in the padding.',
  ],
  [
    'a divisor of 0',
    () => avgPool2d(image, { kernelSize: 2, divisorOverride: 0 }),
    RangeError,
    'avgPool2d: divisorOverride must be finite and not 0, got 0.',
  ],
  [
    'rank of a pool',
    () => avgPool2d(ones([4, 4]), { kernelSize: 2 }),
    ShapeError,
    'avgPool2d: x must be [N, C, H, W] or [C, H, W], got shape [4, 4].',
  ],
  [
    'a list of adaptive sizes',
    () => adaptiveAvgPool2d(image, [2]),
    RangeError,
    'adaptiveAvgPool2d: the output size must be integers >= 1 or null, one or 2 of them, got [2].',
  ],
  [
    'an adaptive size of 0',
    () => adaptiveAvgPool2d(image, 0),
    RangeError,
    'adaptiveAvgPool2d: the output size must be integers >= 1 or null, one or 2 of them, got 0.',
  ],
  [
    'adaptive pooling of nothing',
    () => adaptiveAvgPool2d(ones([1, 0, 4]), 2),
    ShapeError,
    'adaptiveAvgPool2d: nothing to pool in shape [1, 0, 4].',
  ],
  [
    'unfold of a large kernel',
    () => unfold(image, { kernelSize: 5 }),
    ShapeError,
    'unfold: the kernel spans [5, 5]',
  ],
  [
    'columns that do not fit',
    () => fold(ones([1, 8, 3]), { outputSize: 3, kernelSize: 2 }),
    ShapeError,
    'fold: x must be [N, C * 4, 4] for [2, 2] windows of [2, 2], got shape [1, 8, 3].\n  Give the options',
  ],
  [
    'windows that do not fit',
    () => windows(tensor([1, 2]), { size: [3] }),
    ShapeError,
    'windows: windows over [3] do not fit into shape [2].\n  Take smaller windows, or pad first.',
  ],
  [
    'windows over more axes than there are',
    () => windows(tensor([1, 2]), { size: [1, 1] }),
    ShapeError,
    'windows: windows over [1, 1] do not fit into shape [2].',
  ],
  [
    'strides of windows',
    () => windows(tensor([1, 2]), { size: [1], stride: [0] }),
    RangeError,
    'windows: stride must be a list of integers >= 1, one per windowed axis, got [0].',
  ],
  [
    'sizes of windows that are no list',
    () => windows(tensor([1, 2]), bad({ size: 2 })),
    RangeError,
    'windows: size must be a list of integers >= 1, one per windowed axis, got 2.',
  ],
  [
    'padding that holds no pairs',
    () => conv2d(image, kernel, { padding: bad([null, [1, 1]]) }),
    RangeError,
    'conv2d: padding must hold 2 pairs [before, after] of integers >= 0, got [null, [1, 1]].',
  ],
  [
    'flags that are none',
    () => maxPool2d(image, { kernelSize: 2, ceilMode: bad(1) }),
    TypeError,
    'maxPool2d: ceilMode must be true or false, got 1.',
  ],
  [
    'other flags that are none',
    () => avgPool2d(image, { kernelSize: 2, countIncludePad: bad('no') }),
    TypeError,
    "avgPool2d: countIncludePad must be true or false, got 'no'.",
  ],
  [
    'a divisor that is no number',
    () => avgPool2d(image, { kernelSize: 2, divisorOverride: bad('4') }),
    RangeError,
    'avgPool2d: divisorOverride must be finite and not 0, got 4.',
  ],
  ['missing options', () => maxPool2d(image, bad(undefined)), TypeError, 'maxPool2d: options must'],
];

describe('convolution and pooling refuse', () => {
  test.each(cases)('%s', (_name, call, kind, text) => {
    const error = thrown(call);
    expect(error.message).toContain(text);
    expect(error).toBeInstanceOf(kind);
  });
});

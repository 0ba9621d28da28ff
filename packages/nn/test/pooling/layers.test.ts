import { describe, expect, test } from '@jest/globals';
import {
  avgPool1d,
  avgPool2d,
  maxPool1d,
  maxPool2d,
  ones,
  random,
  ShapeError,
  type Tensor,
  zeros,
} from '@tikhonov/core';
import {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AvgPool1d,
  AvgPool2d,
  Flatten,
  MaxPool1d,
  MaxPool2d,
} from '../../src/index.ts';

const image = random.normal(random.key(0), [2, 3, 7, 6]);
const line = random.normal(random.key(1), [2, 3, 7]);
const same = (got: Tensor, want: Tensor): void => {
  expect(got.shape).toEqual(want.shape);
  expect(got.data()).toEqual(want.data());
};

describe('pooling layers', () => {
  test('call the operation of the same name with their options', () => {
    const options = { stride: 2, padding: 1, ceilMode: true } as const;
    const all = { kernelSize: 3, ...options };
    same(new MaxPool1d(3, options).forward(line), maxPool1d(line, all));
    same(new MaxPool2d(3, options).forward(image), maxPool2d(image, all));
    same(new AvgPool1d(3, options).forward(line), avgPool1d(line, all));
    const apart = { countIncludePad: false };
    same(
      new AvgPool2d(3, { ...options, ...apart }).forward(image),
      avgPool2d(image, { ...all, ...apart }),
    );
    expect(new MaxPool2d([2, 3]).forward(image).shape).toEqual([2, 3, 3, 2]);
  });

  test('of the adaptive kind have the size asked for', () => {
    expect(new AdaptiveAvgPool1d(4).forward(line).shape).toEqual([2, 3, 4]);
    expect(new AdaptiveMaxPool1d(4).forward(line).shape).toEqual([2, 3, 4]);
    expect(new AdaptiveAvgPool2d([4, null]).forward(image).shape).toEqual([2, 3, 4, 6]);
    expect(new AdaptiveMaxPool2d(1).forward(image).shape).toEqual([2, 3, 1, 1]);
    same(new AdaptiveMaxPool2d(1).forward(image), maxPool2d(image, { kernelSize: [7, 6] }));
  });

  test('have no parameters', () => {
    expect(new MaxPool2d([2, 2]).namedCells()).toEqual({});
    expect(new AdaptiveAvgPool2d([2, null]).namedCells()).toEqual({});
  });

  test('refuse what their operations would', () => {
    expect(() => new MaxPool2d(0)).toThrow(
      'MaxPool2d: kernelSize must be an integer >= 1 or 2 of them, got 0.',
    );
    expect(() => new AdaptiveAvgPool2d([1, 2, 3])).toThrow(
      'AdaptiveAvgPool2d: outputSize must be integers >= 1 or null, one or 2 of them, got [1, 2, 3].',
    );
    expect(() => new MaxPool2d(8).forward(image)).toThrow('maxPool2d: the kernel spans [8, 8]');
  });
});

describe('Flatten', () => {
  test('joins all axes but the batch, or those asked for', () => {
    expect(new Flatten().forward(ones([4, 3, 2, 5])).shape).toEqual([4, 30]);
    expect(new Flatten(0, 1).forward(ones([4, 3, 2, 5])).shape).toEqual([12, 2, 5]);
    expect(new Flatten(-3, -2).forward(ones([4, 3, 2, 5])).shape).toEqual([4, 6, 5]);
    expect(new Flatten().forward(zeros([0, 3, 2])).shape).toEqual([0, 6]);
    expect(new Flatten().forward(ones([4, 3])).shape).toEqual([4, 3]);
  });

  test('refuses axes that are not there', () => {
    expect(() => new Flatten(0.5)).toThrow(
      'Flatten: startDim and endDim must be integers, got 0.5 and -1.',
    );
    const call = (): unknown => new Flatten().forward(ones([4]));
    expect(call).toThrow(ShapeError);
    expect(call).toThrow('Flatten: there are no axes 1 to -1 in shape [4].\n  Give x a batch axis');
  });
});

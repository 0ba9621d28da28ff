import { describe, expect, test } from '@jest/globals';
import { ones, random } from '@tikhonov/core';
import * as nn from '../src/index.ts';

describe('InstanceNorm', () => {
  const x = random.normal(random.key(0), [2, 3, 4, 5]);

  test('is instanceNorm, without weights unless affine', () => {
    const layer = new nn.InstanceNorm2d(3);
    expect(layer.forward(x).data()).toEqual(nn.instanceNorm(x).data());
    expect(layer.parameters()).toEqual([]);
    const affine = new nn.InstanceNorm2d(3, { affine: true, eps: 0.1 });
    expect(Object.keys(affine.stateDict())).toEqual(['weight', 'bias']);
    affine.bias!.write(ones([3]));
    expect(affine.forward(x).data()).toEqual(
      nn.instanceNorm(x, { bias: ones([3]), weight: ones([3]), eps: 0.1 }).data(),
    );
  });

  test('refuses other shapes and options', () => {
    expect(() => new nn.InstanceNorm1d(3).forward(x)).toThrow(
      'InstanceNorm1d(3): x must be [n, 3, l], got [2, 3, 4, 5].',
    );
    expect(() => new nn.InstanceNorm2d(4).forward(x)).toThrow(
      'InstanceNorm2d(4): x must be [n, 4, h, w], got [2, 3, 4, 5].',
    );
    expect(() => new nn.InstanceNorm1d(0)).toThrow('numFeatures must be an integer >= 1, got 0.');
    expect(() => new nn.InstanceNorm1d(1, { momentum: 0.1 } as never)).toThrow(
      'InstanceNorm1d: unknown option "momentum".',
    );
  });
});

describe('Unflatten', () => {
  test('undoes Flatten', () => {
    const x = random.normal(random.key(0), [2, 3, 4, 5]);
    const back = new nn.Unflatten(1, [3, 4, 5]).forward(new nn.Flatten().forward(x));
    expect(back.toArray()).toEqual(x.toArray());
    expect(new nn.Unflatten(-1, [-1, 2]).forward(ones([3, 6])).shape).toEqual([3, 3, 2]);
    expect(new nn.Unflatten(1, [2, 3]).forward(ones([0, 6])).shape).toEqual([0, 2, 3]);
  });

  test('refuses sizes that do not fit', () => {
    expect(() => new nn.Unflatten(1, [4, 2]).forward(ones([3, 6]))).toThrow(
      'Unflatten: axis 1 of [3, 6] does not become [4, 2].',
    );
    expect(() => new nn.Unflatten(1, [4, -1]).forward(ones([3, 6]))).toThrow('does not become');
    expect(() => new nn.Unflatten(2, [1]).forward(ones([3, 6]))).toThrow('axis 2 of [3, 6]');
    for (const sizes of [[], [-1, -1], [0], [1.5], 3 as never]) {
      expect(() => new nn.Unflatten(1, sizes)).toThrow('Unflatten: needs an axis and sizes >= 1');
    }
  });
});

test('mseLoss is mse', () => {
  expect(nn.mseLoss).toBe(nn.mse);
});

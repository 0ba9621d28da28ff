import { describe, expect, test } from '@jest/globals';
import { parameter, tensor } from '@tikhonov/core';
import { differenceOf, signatureOf } from '../../src/trace/signature.ts';

const partsOf = (...args: unknown[]): ReturnType<typeof signatureOf>['parts'] =>
  signatureOf(args).parts;

describe('a signature', () => {
  test('is the same for tensors of one type, and for the same other values', () => {
    const p = parameter(tensor([1]));
    const a = partsOf(tensor([1, 2]), { p, scale: 2 }, [true, null]);
    const b = partsOf(tensor([3, 4]), { p, scale: 2 }, [true, null]);
    expect(differenceOf(a, b)).toBeNull();
  });

  test.each([
    ['a shape', [tensor([1])], [tensor([1, 2])], '0', 'float32 [1]', 'float32 [2]'],
    [
      'a dtype',
      [tensor([1])],
      [tensor([1], { dtype: 'float64' })],
      '0',
      'float32 [1]',
      'float64 [1]',
    ],
    ['a number', [{ lr: 1 }], [{ lr: 2 }], '0.lr', '1', '2'],
    ['a sign of zero', [0], [-0], '0', '0', '-0'],
    ['a name', [{ a: 1 }], [{ b: 1 }], '0', '{ a }', '{ b }'],
    ['a length', [[1]], [[1, 2]], '0', 'an array of 1', 'an array of 2'],
    ['an argument more', [1], [1, 2], '1', 'nothing', '2'],
  ])('differs by %s, and says where', (_what, before, now, path, shownBefore, shownNow) => {
    expect(differenceOf(partsOf(...before), partsOf(...now))).toEqual({
      path,
      before: shownBefore,
      now: shownNow,
    });
  });

  test('puts other tensors in the places of its own', () => {
    const { rebuild } = signatureOf([{ x: tensor([1]), more: [tensor([2]), 'text'] }, 5]);
    const [a, b] = [tensor([10]), tensor([20])];
    expect(rebuild([a, b])).toEqual([{ x: a, more: [b, 'text'] }, 5]);
  });
});

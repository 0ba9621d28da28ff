import { describe, expect, test } from '@jest/globals';
import {
  all,
  any,
  broadcastTo,
  concat,
  countNonzero,
  DTypeError,
  moveaxis,
  permute,
  reshape,
  roll,
  ShapeError,
  stack,
  sum,
  zeros,
} from '../../src/index.ts';
import { double, thrown } from '../support.ts';

const x = zeros([2, 3]);
/** What JavaScript lets through. */
const wrong = <T>(value: unknown): T => value as T;

describe('mistakes in reductions and movement name the operation', () => {
  test.each([
    [
      () => any(x),
      DTypeError,
      'any: needs bool, got float32. Compare first, as in notEqual(x, 0).',
    ],
    [() => all(x), DTypeError, 'all: needs bool, got float32.'],
    [() => any(x.astype('bool'), { axis: 2 }), ShapeError, 'any: axis 2 is out of range'],
    [() => countNonzero(x, { axis: 2 }), ShapeError, 'countNonzero: axis 2 is out of range'],
    [() => stack([]), ShapeError, 'stack: needs at least one tensor.'],
    [() => stack([x, zeros([3])]), ShapeError, 'stack: shapes differ: [2, 3] and [3].\n  To join'],
    [() => stack([x, x], { axis: 3 }), ShapeError, 'stack: axis 3 is out of range'],
    [
      () =>
        stack([
          x,
          double([
            [1, 2, 3],
            [1, 2, 3],
          ]),
        ]),
      DTypeError,
      'dtypes differ: float32, float64',
    ],
    [() => concat(wrong(x)), TypeError, 'concat: needs an array of tensors, as in concat([x, y]).'],
    [() => concat([x], wrong({ axis: 0, dim: 1 })), TypeError, 'concat: unknown option "dim"'],
    [() => permute(x, wrong(undefined)), TypeError, 'permute: axes must be an array'],
    [
      () => reshape(x, wrong(6)),
      TypeError,
      'reshape: the shape must be an array such as [2, -1], got 6.',
    ],
    [() => broadcastTo(x, wrong(null)), ShapeError, 'broadcastTo: null is not a shape.'],
    [() => moveaxis(x, wrong(null), 0), TypeError, 'moveaxis: axis must be an integer, got null.'],
    [
      () => roll(x, 1, wrong({ axis: null })),
      TypeError,
      'roll: axis must be an integer, got null.',
    ],
    [() => sum(x, wrong({ axis: '0' })), TypeError, "sum: axis must be an integer, got '0'."],
  ])('%s', (call, kind, text) => {
    expect(thrown(call)).toBeInstanceOf(kind);
    expect(thrown(call).message).toContain(text);
  });
});

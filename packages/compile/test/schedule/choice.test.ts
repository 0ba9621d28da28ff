import { describe, expect, test } from '@jest/globals';
import {
  add,
  less,
  lessEqual,
  matmul,
  mul,
  type Tensor,
  type TensorLike,
  tensor,
  where,
} from '@tikhonov/core';
import { compile } from '../../src/index.ts';
import { choiceOf } from '../../src/schedule/choice.ts';

const special = [0, -0, 1, -1, 2, -3.5, Number.NaN, Infinity, -Infinity, 1e-40, 8, -8];
/** Every pair of special numbers. */
const left = special.flatMap((x) => special.map(() => x));
const right = special.flatMap(() => special);

const bitsOf = (x: Tensor): Uint8Array => {
  const data = x.data() as Float32Array;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
};

type F = (a: Tensor, b: Tensor) => Tensor;

const choices: Record<string, F> = {
  'the smaller side': (a, b) => where(less(a, b), a, b),
  'the larger side': (a, b) => where(less(a, b), b, a),
  'of the other comparison': (a, b) => where(lessEqual(a, b), a, b),
  'a lower bound': (a) => where(less(a, -8), -8, a),
  'an upper bound': (a) => where(less(8, a), 8, a),
  'a bound of zero': (a) => where(less(a, 0), 0, a),
  'a bound of minus zero, which is not chosen': (a) => where(less(a, 0), -0, a),
  'zero where it holds': (a, b) => where(less(a, b), 0, add(a, b)),
  'zero elsewhere': (a, b) => where(lessEqual(a, b), mul(a, b), 0),
  'minus zero where it holds': (a, b) => where(less(a, b), -0, b),
  'a rectifier': (a) => where(lessEqual(a, 0), 0, a),
  'its own condition is used, too': (a, b) => {
    const mask = less(a, b);
    return add(where(mask, a, b), where(mask, 0, a));
  },
};

describe.each(['float32', 'float64'] as const)(
  'choices of %s have the bits of eager ones',
  (dtype) => {
    const [a, b] = [tensor(left, { dtype }), tensor(right, { dtype })];
    test.each(Object.entries(choices))('%s', (_name, f) => {
      expect(bitsOf(compile(f)(a, b))).toEqual(bitsOf(f(a, b)));
    });

    test('behind a product', () => {
      const x = tensor([special], { dtype }).reshape([special.length, 1]);
      const one = tensor([[1, 1, -1, 0]], { dtype });
      const f = (x: Tensor): TensorLike => where(less(matmul(x, one), 1), 0, matmul(x, one));
      expect(bitsOf(compile(f)(x) as Tensor)).toEqual(bitsOf(f(x) as Tensor));
    });
  },
);

test('whole numbers are compared as whole numbers', () => {
  const [a, b] = [
    tensor([-1, 2, 2 ** 31 - 1], { dtype: 'int32' }),
    tensor([0, 1, -5], { dtype: 'int32' }),
  ];
  const f: F = (a, b) => where(less(a, b), a, b);
  expect(compile(f)(a, b).toArray()).toEqual(f(a, b).toArray());
});

test('choices that one instruction makes are found, and no others', () => {
  const dtype = 'float32';
  const nodes = [
    { kind: 'input', dtype, input: 0 },
    { kind: 'input', dtype, input: 1 },
    { kind: 'constant', dtype, value: 0 },
    { kind: 'constant', dtype, value: -0 },
    { kind: 'constant', dtype, value: 8 },
    { kind: 'constant', dtype, value: 8 },
    { kind: 'input', dtype: 'bool', input: 2 },
  ] as const;
  const argsOf = (yes: number, no: number, sides?: readonly [number, number]) =>
    choiceOf(nodes, [6, yes, no], sides)?.args;
  expect(argsOf(0, 1, [0, 1])).toEqual([0, 1]);
  expect(argsOf(1, 0, [0, 1])).toEqual([0, 1]);
  expect(argsOf(5, 0, [0, 4])).toEqual([0, 4]);
  expect(argsOf(2, 0)).toEqual([6, 0]);
  expect(argsOf(0, 2)).toEqual([6, 0]);
  expect(argsOf(3, 0)).toBeUndefined();
  expect(argsOf(0, 1)).toBeUndefined();
  expect(argsOf(0, 4, [0, 1])).toBeUndefined();
});

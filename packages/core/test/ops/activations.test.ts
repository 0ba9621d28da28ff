import { describe, expect, test } from '@jest/globals';
import {
  celu,
  clamp,
  DTypeError,
  elu,
  gelu,
  glu,
  grad,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  mul,
  prelu,
  relu,
  relu6,
  ShapeError,
  selu,
  sigmoid,
  silu,
  softmax,
  softmin,
  softplus,
  softsign,
  sum,
  type Tensor,
  tanh,
  tensor,
  threshold,
} from '@tikhonov/core';
import { double, noise, numbers, thrown } from '../support.ts';

type Activation = (x: Tensor) => Tensor;

interface Row {
  readonly f: Activation;
  /** Limits of the value at -Infinity and Infinity. */
  readonly ends: readonly [number, number];
  /** Limits of the derivative. */
  readonly slopes: readonly [number, number];
  /** Value, first and second derivative at the kinks. */
  readonly kinks?: Readonly<Record<number, readonly [number, number, number]>>;
}

const scale = 1.0507009873554805;
const alpha = 1.6732632423543772;

const table: Readonly<Record<string, Row>> = {
  relu: { f: relu, ends: [0, Infinity], slopes: [0, 1], kinks: { 0: [0, 0, 0] } },
  'leakyRelu, default': {
    f: (x) => leakyRelu(x),
    ends: [-Infinity, Infinity],
    slopes: [0.01, 1],
    kinks: { 0: [0, 0.01, 0] },
  },
  'leakyRelu of slope 0.3': {
    f: (x) => leakyRelu(x, { negativeSlope: 0.3 }),
    ends: [-Infinity, Infinity],
    slopes: [0.3, 1],
    kinks: { 0: [0, 0.3, 0] },
  },
  'leakyRelu of slope 0': {
    f: (x) => leakyRelu(x, { negativeSlope: 0 }),
    ends: [0, Infinity],
    slopes: [0, 1],
    kinks: { 0: [0, 0, 0] },
  },
  prelu: {
    f: (x) => prelu(x, 0.25),
    ends: [-Infinity, Infinity],
    slopes: [0.25, 1],
    kinks: { 0: [0, 0.25, 0] },
  },
  threshold: {
    f: (x) => threshold(x, { threshold: 0.5, value: -2 }),
    ends: [-2, Infinity],
    slopes: [0, 1],
    kinks: { 0.5: [-2, 0, 0] },
  },
  relu6: { f: relu6, ends: [0, 6], slopes: [0, 0], kinks: { 0: [0, 0, 0], 6: [6, 0, 0] } },
  hardtanh: {
    f: (x) => hardtanh(x),
    ends: [-1, 1],
    slopes: [0, 0],
    kinks: { '-1': [-1, 0, 0], 1: [1, 0, 0] },
  },
  'hardtanh to [-0.5, 2]': {
    f: (x) => hardtanh(x, { minVal: -0.5, maxVal: 2 }),
    ends: [-0.5, 2],
    slopes: [0, 0],
    kinks: { '-0.5': [-0.5, 0, 0], 2: [2, 0, 0] },
  },
  hardsigmoid: {
    f: hardsigmoid,
    ends: [0, 1],
    slopes: [0, 0],
    kinks: { '-3': [0, 0, 0], 3: [1, 0, 0] },
  },
  hardswish: {
    f: hardswish,
    ends: [0, Infinity],
    slopes: [0, 1],
    kinks: { '-3': [0, 0, 0], 3: [3, 1, 0] },
  },
  clamp: {
    f: (x) => clamp(x, { min: -1, max: 1 }),
    ends: [-1, 1],
    slopes: [0, 0],
    kinks: { '-1': [-1, 1, 0], 1: [1, 1, 0] },
  },
  elu: { f: (x) => elu(x), ends: [-1, Infinity], slopes: [0, 1], kinks: { 0: [0, 1, 1] } },
  'elu of alpha 0.7': {
    f: (x) => elu(x, { alpha: 0.7 }),
    ends: [-0.7, Infinity],
    slopes: [0, 1],
    kinks: { 0: [0, 0.7, 0.7] },
  },
  'celu of alpha 0.5': {
    f: (x) => celu(x, { alpha: 0.5 }),
    ends: [-0.5, Infinity],
    slopes: [0, 1],
    kinks: { 0: [0, 1, 2] },
  },
  selu: {
    f: selu,
    ends: [-scale * alpha, Infinity],
    slopes: [0, scale],
    kinks: { 0: [0, scale * alpha, scale * alpha] },
  },
  gelu: { f: (x) => gelu(x), ends: [0, Infinity], slopes: [0, 1] },
  'gelu by tanh': {
    f: (x) => gelu(x, { approximate: 'tanh' }),
    ends: [0, Infinity],
    slopes: [0, 1],
  },
  silu: { f: silu, ends: [0, Infinity], slopes: [0, 1] },
  mish: { f: mish, ends: [0, Infinity], slopes: [0, 1] },
  softplus: { f: softplus, ends: [0, Infinity], slopes: [0, 1] },
  logSigmoid: { f: logSigmoid, ends: [-Infinity, 0], slopes: [1, 0] },
  sigmoid: { f: sigmoid, ends: [0, 1], slopes: [0, 0] },
  tanh: { f: tanh, ends: [-1, 1], slopes: [0, 0] },
  softsign: { f: softsign, ends: [-1, 1], slopes: [0, 0], kinks: { 0: [0, 1, 0] } },
};

const rows = Object.entries(table);

/** The derivative of an elementwise function. */
const derivative = (f: Activation): Activation => grad((x: Tensor) => sum(f(x)));

/** The function and its first three derivatives. */
function orders(f: Activation): readonly Activation[] {
  const all = [f];
  for (let k = 0; k < 3; k++) all.push(derivative(all[k]!));
  return all;
}

describe('three derivatives of the activations', () => {
  /** Away from all kinks: at -3, -1, -0.5, 0, 0.5, 1, 2, 3 and 6. */
  const points = [-5.2, -3.7, -2.3, -1.4, -0.8, -0.3, 0.2, 0.7, 1.3, 2.4, 3.6, 5.1, 6.8];
  const h = 1e-4;

  test.each(rows)('%s: each is the slope of the one before', (_name, { f }) => {
    const ds = orders(f);
    for (let k = 0; k < 3; k++) {
      const slopes = numbers(ds[k + 1]!(double(points)));
      const sample = (step: number): number[] =>
        numbers(ds[k]!(double(points.map((x) => x + step * h))));
      const [a, b, c, d] = [sample(-2), sample(-1), sample(1), sample(2)];
      for (const [i, slope] of slopes.entries()) {
        // Of fourth order: h^4 / 30 f^(5) with fifth derivatives below 1e4 of these functions to the
        // third derivative, and rounding 1e-15 / h.
        const numeric = (a[i]! - 8 * b[i]! + 8 * c[i]! - d[i]!) / (12 * h);
        expect(Math.abs(slope - numeric)).toBeLessThan(1e-10);
      }
    }
  });

  test('the third derivative is a third difference of the values themselves', () => {
    const step = 1e-3;
    for (const { f } of [table.gelu!, table.mish!, table.silu!, table.tanh!, table.selu!]) {
      const sample = (k: number): number[] => numbers(f(double(points.map((x) => x + k * step))));
      const [a, b, c, d] = [sample(-2), sample(-1), sample(1), sample(2)];
      for (const [i, got] of numbers(orders(f)[3]!(double(points))).entries()) {
        const numeric = (d[i]! - 2 * c[i]! + 2 * b[i]! - a[i]!) / (2 * step ** 3);
        // step^2 / 4 f^(5), |f^(5)| < 20, and rounding 1e-15 / step^3.
        expect(Math.abs(got - numeric)).toBeLessThan(6e-6);
      }
    }
  });
});

describe('the ends of the activations', () => {
  const far = [40, 745, 1000, 1e8, 1e20, 3e38];

  test.each(rows)(
    '%s has finite derivatives at both infinities and on the way',
    (_name, { f, ends, slopes }) => {
      for (const dtype of ['float64', 'float32'] as const) {
        const near = dtype === 'float64' ? 1e-12 : 1e-6;
        const infinite = tensor([-Infinity, Infinity], { dtype });
        const [value, slope, ...higher] = orders(f);
        for (const [i, y] of numbers(value!(infinite)).entries()) {
          if (Number.isFinite(ends[i]!)) expect(Math.abs(y - ends[i]!)).toBeLessThan(near);
          else expect(y).toBe(ends[i]);
        }
        for (const [i, y] of numbers(slope!(infinite)).entries()) {
          expect(Math.abs(y - slopes[i]!)).toBeLessThan(near);
        }
        for (const d of higher) expect(numbers(d(infinite)).map(Math.abs)).toEqual([0, 0]);
        const way = tensor([...far.map((x) => -x), ...far, 1e-45, -1e-45, -0], { dtype });
        for (const d of orders(f)) expect(numbers(d(way)).every(Number.isFinite)).toBe(true);
      }
    },
  );

  test.each(rows)('%s keeps NaN', (_name, { f }) => {
    expect(f(double([NaN])).item()).toBeNaN();
  });

  test.each(rows)('%s takes the stated side of its kinks', (_name, { f, kinks = {} }) => {
    for (const [at, want] of Object.entries(kinks)) {
      const got = orders(f)
        .slice(0, 3)
        .map((d) => d(double([Number(at)])).item());
      for (const [k, y] of got.entries()) expect(Math.abs(y - want[k]!)).toBeLessThan(1e-15);
    }
  });

  test('gelu and silu keep their digits in the negative tail', () => {
    // -10 erfc(10 / sqrt 2) / 2, and -50 / (1 + e^50), to 15 digits
    expect(gelu(double([-10])).item() / -7.61985302416053e-23).toBeCloseTo(1, 13);
    expect(silu(double([-50])).item() / -9.6437492398196e-21).toBeCloseTo(1, 13);
  });
});

describe('prelu', () => {
  test('has a slope per channel along axis 1, with its gradient', () => {
    const x = noise([2, 3, 4], 1);
    const w = double([0.1, 0.2, 0.3]);
    const gradient = grad((weight: Tensor) => sum(prelu(x, weight)))(w);
    const want = [0, 0, 0];
    for (const [i, value] of numbers(x).entries()) {
      want[Math.floor(i / 4) % 3]! += Math.min(value, 0);
    }
    for (const [k, g] of numbers(gradient).entries()) expect(g).toBeCloseTo(want[k]!, 14);
  });

  test('of Infinity leaves the gradient of the weight finite', () => {
    const gradient = grad((w: Tensor) => sum(prelu(double([Infinity, -2]), w)));
    expect(gradient(double([0.5])).toArray()).toEqual([-2]);
  });
});

describe('glu and softmin', () => {
  test('glu gates the first half by the second, along any axis', () => {
    const x = double([
      [2, 4],
      [0, -1000],
    ]);
    expect(glu(x, { axis: 0 }).toArray()).toEqual([[1, 0]]);
    expect(glu(double([[3, 0]])).toArray()).toEqual([[1.5]]);
  });

  test('softmin is the softmax of the negatives', () => {
    const x = noise([3, 4], 2);
    expect(softmin(x, { axis: 0 }).toArray()).toEqual(softmax(mul(x, -1), { axis: 0 }).toArray());
  });

  test('along an empty axis there is nothing', () => {
    expect(softmax(double([])).shape).toEqual([0]);
    expect(logSoftmax(tensor([], { shape: [0, 2] }), { axis: 0 }).shape).toEqual([0, 2]);
  });
});

const x = tensor([[1, -2, 3]]);
const cases: readonly (readonly [string, () => unknown, new (text: string) => Error, string])[] = [
  [
    'a slope that is not finite',
    () => leakyRelu(x, { negativeSlope: NaN }),
    RangeError,
    'leakyRelu: negativeSlope must be a finite number, got NaN.\n  For a learned one, see prelu.',
  ],
  [
    'a misspelt option',
    () => leakyRelu(x, { slope: 0.1 } as object),
    TypeError,
    'leakyRelu: unknown option "slope".\n  It takes negativeSlope.',
  ],
  [
    'alpha of elu',
    () => elu(x, { alpha: Infinity }),
    RangeError,
    'elu: alpha must be a finite number',
  ],
  [
    'alpha of celu',
    () => celu(x, { alpha: 0 }),
    RangeError,
    'celu: alpha must be finite and positive, got 0.\n  It is the scale of the negative part.',
  ],
  [
    'another gelu',
    () => gelu(x, { approximate: 'erf' as 'none' }),
    RangeError,
    "gelu: approximate must be 'none' or 'tanh', got \"erf\".",
  ],
  [
    'crossed bounds',
    () => hardtanh(x, { minVal: 1, maxVal: 1 }),
    RangeError,
    'hardtanh: needs minVal < maxVal, got 1 and 1.',
  ],
  [
    'an odd number of gates',
    () => glu(x),
    ShapeError,
    'glu: axis 1 of shape [1, 3] has odd size 3.\n  It must split into values and gates of equal number.',
  ],
  [
    'slopes that do not fit',
    () => prelu(x, tensor([1, 2])),
    ShapeError,
    'prelu: a weight of shape [2] does not fit x of shape [1, 3].\n  It needs one element, or as many as x has channels along axis 1.',
  ],
  ['slopes in another dtype', () => prelu(x, double([1])), DTypeError, 'prelu: dtypes differ'],
  ['relu of bool', () => relu(tensor([true])), DTypeError, 'relu: bool values have no arithmetic.'],
  [
    'silu of an array',
    () => silu(JSON.parse('[1]')),
    TypeError,
    'silu: expected a Tensor, a Cell or a number, got an array.',
  ],
  [
    'silu of integers',
    () => silu(tensor([1], { dtype: 'int32' })),
    DTypeError,
    "silu: needs float32 or float64, got int32. Cast with astype('float32').",
  ],
  [
    'softmax of integers',
    () => softmax(tensor([1], { dtype: 'int32' })),
    DTypeError,
    'softmax: needs',
  ],
  ['softmin of a scalar', () => softmin(tensor(1)), ShapeError, 'softmin: axis -1 is out of range'],
  [
    'a threshold that is missing',
    () => threshold(x, {} as { threshold: number; value: number }),
    RangeError,
    'threshold: threshold must be a finite number, got undefined.',
  ],
];

test.each(cases)('the error of %s', (_name, call, kind, text) => {
  const error = thrown(call);
  expect(error).toBeInstanceOf(kind);
  expect(error.message).toContain(text);
});

test('relu and threshold work on integers', () => {
  const integers = tensor([-1, 2], { dtype: 'int32' });
  expect(relu(integers).toArray()).toEqual([0, 2]);
  expect(threshold(integers, { threshold: 1, value: 7 }).toArray()).toEqual([7, 2]);
});

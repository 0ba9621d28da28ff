import { describe, expect, test } from '@jest/globals';
import {
  countNonzero,
  eye,
  matmul,
  random,
  ShapeError,
  type Tensor,
  transpose,
} from '@tikhonov/core';
import { init } from '../src/index.ts';
import { gap } from './numbers.ts';

const key = random.key(2718);
const float64 = { dtype: 'float64' } as const;
const shape = [60, 40, 3];
const count = 60 * 40 * 3;
const [fanIn, fanOut] = [40 * 3, 60 * 3];

// Each with what its formula gives: the standard deviation, and the bound if it is uniform.
const formulas: readonly (readonly [string, Tensor, number, boolean])[] = [
  ['xavierUniform', init.xavierUniform(key, shape, float64), Math.sqrt(2 / (fanIn + fanOut)), true],
  [
    'xavierUniform with gain',
    init.xavierUniform(key, shape, { gain: 3, ...float64 }),
    3 * Math.sqrt(2 / (fanIn + fanOut)),
    true,
  ],
  ['xavierNormal', init.xavierNormal(key, shape, float64), Math.sqrt(2 / (fanIn + fanOut)), false],
  ['kaimingUniform', init.kaimingUniform(key, shape, float64), Math.sqrt(2 / fanIn), true],
  [
    'kaimingUniform of fanOut',
    init.kaimingUniform(key, shape, { mode: 'fanOut', ...float64 }),
    Math.sqrt(2 / fanOut),
    true,
  ],
  [
    'kaimingUniform of a = sqrt(5)',
    init.kaimingUniform(key, shape, { a: Math.sqrt(5), ...float64 }),
    Math.sqrt(1 / (3 * fanIn)),
    true,
  ],
  [
    'kaimingNormal for tanh',
    init.kaimingNormal(key, shape, { nonlinearity: 'tanh', ...float64 }),
    5 / 3 / Math.sqrt(fanIn),
    false,
  ],
  [
    'uniform',
    init.uniform(key, shape, { min: -0.5, max: 0.5, ...float64 }),
    Math.sqrt(1 / 12),
    true,
  ],
  ['normal', init.normal(key, shape, { std: 0.3, ...float64 }), 0.3, false],
];

describe.each(formulas)('%s', (_name, w, std, isUniform) => {
  const data = Array.from(w.data());

  // Seeded; with a free seed each would fail with probability 1e-6 (4.9 standard errors).
  test('has mean 0 and the deviation of its formula', () => {
    const mean = data.reduce((a, b) => a + b, 0) / count;
    expect(Math.abs(mean) / (std / Math.sqrt(count))).toBeLessThan(4.9);
    const variance = data.reduce((a, b) => a + b * b, 0) / count / std ** 2;
    // Var(x^2) / sigma^4 is 4/5 for uniform draws, 2 for normal ones.
    const error = Math.sqrt((isUniform ? 4 / 5 : 2) / count);
    expect(Math.abs(variance - 1) / error).toBeLessThan(4.9);
  });

  test(isUniform ? 'is bounded' : 'is not bounded', () => {
    const largest = data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    const bound = Math.sqrt(3) * std;
    if (isUniform) expect(largest).toBeLessThanOrEqual(bound * (1 + 1e-15));
    // P(no uniform draw of 7200 beyond 99.8 % of the bound) = 6e-7, P(no normal one beyond it) < 1e-200.
    expect(largest).toBeGreaterThan(isUniform ? 0.998 * bound : bound);
  });
});

test('truncNormal keeps its bounds, which are values', () => {
  const w = init.truncNormal(key, [count], { std: 1, min: -0.5, max: 1, ...float64 });
  const data = Array.from(w.data());
  expect(data.every((x) => x >= -0.5 && x <= 1)).toBe(true);
  // E = (phi(-0.5) - phi(1)) / (Phi(1) - Phi(-0.5)), Var < 0.25.
  const mean = data.reduce((a, b) => a + b, 0) / count;
  expect(Math.abs(mean - 0.2065) / Math.sqrt(0.25 / count)).toBeLessThan(4.9);
});

test('constants', () => {
  expect(init.zeros(key, [2]).toArray()).toEqual([0, 0]);
  expect(init.ones(key, [2], { dtype: 'int32' }).dtype).toBe('int32');
  expect(init.constant(key, [2], { value: 3 }).toArray()).toEqual([3, 3]);
});

test('calculateGain is the table of PyTorch', () => {
  const names = [
    'linear',
    'conv1d',
    'conv2d',
    'conv3d',
    'sigmoid',
    'tanh',
    'relu',
    'selu',
  ] as const;
  expect(names.map((name) => init.calculateGain(name))).toEqual([
    1,
    1,
    1,
    1,
    1,
    5 / 3,
    Math.SQRT2,
    0.75,
  ]);
  expect(init.calculateGain('leakyRelu')).toBeCloseTo(Math.sqrt(2 / 1.0001), 14);
  expect(init.calculateGain('leakyRelu', Math.sqrt(5))).toBeCloseTo(1 / Math.sqrt(3), 14);
});

describe('orthogonal', () => {
  test.each([
    [[5, 5]],
    [[3, 70]],
    [[70, 3]],
    [[80, 80]],
    [[100, 4, 5, 5]],
    [[1, 1]],
    [[0, 4]],
    [[4, 0]],
  ])('%j has orthonormal rows or columns', (dims) => {
    const w = init.orthogonal(key, dims, float64);
    expect(w.shape).toEqual(dims);
    const matrix = w.reshape([dims[0]!, dims.slice(1).reduce((a, b) => a * b, 1)]);
    const [rows, columns] = matrix.shape as readonly [number, number];
    const gram =
      rows <= columns ? matmul(matrix, transpose(matrix)) : matmul(transpose(matrix), matrix);
    // Rounding of inner products of unit vectors, and of the projections before.
    expect(gap(gram, eye(Math.min(rows, columns), float64))).toBeLessThan(1e-14);
  });

  test('takes a gain and a dtype, and follows the key', () => {
    const one = init.orthogonal(key, [4, 3], float64);
    expect(gap(init.orthogonal(key, [4, 3], { gain: 2, ...float64 }), one.mul(2))).toBe(0);
    expect(init.orthogonal(key, [4, 3]).dtype).toBe('float32');
    expect(gap(init.orthogonal(random.key(0), [4, 3], float64), one)).toBeGreaterThan(0.1);
  });

  test('is uniform: rotations of the plane have every angle, reflections or not', () => {
    const bins = new Array<number>(8).fill(0);
    const n = 2000;
    let proper = 0;
    for (let i = 0; i < n; i++) {
      const [[a, b], [c, d]] = init
        .orthogonal(random.foldIn(key, i), [2, 2], float64)
        .toArray() as [[number, number], [number, number]];
      const turn = Math.atan2(b, a) / (2 * Math.PI) + 0.5;
      bins[Math.min(7, Math.floor(turn * 8))]! += 1;
      if (a * d - b * c > 0) proper += 1;
    }
    const chi2 = bins.reduce((total, x) => total + (x - n / 8) ** 2 / (n / 8), 0);
    expect(chi2).toBeLessThan(41.3); // 7 degrees of freedom: 7e-7
    expect(Math.abs(proper - n / 2) / Math.sqrt(n / 4)).toBeLessThan(4.9);
  });

  test('is pinned: a platform that rounds differently shows here', () => {
    expect(Array.from(init.orthogonal(random.key(42), [2, 2], float64).data())).toEqual([
      -0.1002411733263417, 0.9949631687505616, 0.9949631687505616, 0.1002411733263417,
    ]);
  });
});

test('sparse has its share of zeros in every column, at random places', () => {
  const w = init.sparse(key, [10, 40], { sparsity: 0.25, std: 2, ...float64 });
  expect(countNonzero(w, { axis: 0 }).toArray()).toEqual(new Array(40).fill(7));
  const rows = countNonzero(w, { axis: 1 }).toArray() as number[];
  expect(new Set(rows).size).toBeGreaterThan(1);
  const squares = Array.from(w.data()).reduce((a, b) => a + b * b, 0) / 280 / 4;
  expect(Math.abs(squares - 1) / Math.sqrt(2 / 280)).toBeLessThan(4.9);
  expect(countNonzero(init.sparse(key, [3, 2], { sparsity: 1 })).item()).toBe(0);
});

test('dirac passes channels on, within groups', () => {
  expect(init.dirac(key, [3, 2, 2, 3]).toArray()).toEqual([
    [
      [
        [0, 0, 0],
        [0, 1, 0],
      ],
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
    ],
    [
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
      [
        [0, 0, 0],
        [0, 1, 0],
      ],
    ],
    [
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
    ],
  ]);
  expect(init.dirac(key, [4, 2, 1], { groups: 2 }).toArray()).toEqual([
    [[1], [0]],
    [[0], [1]],
    [[1], [0]],
    [[0], [1]],
  ]);
});

test('errors', () => {
  const errors: readonly (readonly [() => unknown, string, new (m: string) => Error])[] = [
    [() => init.kaimingNormal(key, [3]), 'fans: a weight needs at least two axes', ShapeError],
    [
      () => init.kaimingNormal(key, [3, 2], { mode: 'fan_in' as never }),
      `kaimingNormal: mode must be 'fanIn' or 'fanOut', got "fan_in".`,
      TypeError,
    ],
    [
      () => init.kaimingUniform(key, [3, 2], { gain: 1 } as never),
      'kaimingUniform: unknown option "gain".',
      TypeError,
    ],
    [
      () => init.calculateGain('gelu' as never),
      'calculateGain: unknown nonlinearity "gelu".',
      TypeError,
    ],
    [
      () => init.calculateGain('leakyRelu', Number.NaN),
      'calculateGain: the slope of leakyRelu must be finite, got NaN.',
      RangeError,
    ],
    [
      () => init.xavierNormal(key, [2, 2], { gain: -1 }),
      'gain must be finite and >= 0, got -1.',
      RangeError,
    ],
    [
      () => init.orthogonal(key, [3]),
      'init.orthogonal: needs at least two axes, got [3].',
      ShapeError,
    ],
    [
      () => init.orthogonal(key, [3, 3], { gain: Infinity }),
      'init.orthogonal: gain must be finite, got Infinity.',
      RangeError,
    ],
    [
      () => init.sparse(key, [3], { sparsity: 0 }),
      'init.sparse: needs a matrix [rows, columns], got [3].',
      ShapeError,
    ],
    [
      () => init.sparse(key, [3, 3], { sparsity: 1.1 }),
      'init.sparse: sparsity must be in [0, 1], got 1.1.',
      RangeError,
    ],
    [
      () => init.dirac(key, [3, 3]),
      'init.dirac: needs [out, in, ...kernel], got [3, 3].',
      ShapeError,
    ],
    [
      () => init.dirac(key, [3, 3, 1], { groups: 2 }),
      'init.dirac: groups must divide 3 outputs, got 2.',
      ShapeError,
    ],
    [
      () => init.constant(key, [3], { value: Number.NaN }),
      'init.constant: value must be finite, got NaN.',
      RangeError,
    ],
    [
      () => init.truncNormal(key, [3], { a: 1 } as never),
      'random.truncatedNormal: unknown option "a".',
      TypeError,
    ],
  ];
  for (const [call, message, type] of errors) {
    expect(call).toThrow(message);
    expect(call).toThrow(type);
  }
});

test('a weight without inputs is drawn as zeros or nothing, not NaN', () => {
  expect(init.kaimingUniform(key, [2, 0]).shape).toEqual([2, 0]);
  expect(init.kaimingNormal(key, [0, 2], { mode: 'fanOut' }).shape).toEqual([0, 2]);
});

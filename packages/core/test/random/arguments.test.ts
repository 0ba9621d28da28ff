import { describe, expect, test } from '@jest/globals';
import {
  DTypeError,
  grad,
  NoDerivativeError,
  ones,
  random,
  ShapeError,
  stopGradient,
  type Tensor,
  tensor,
  zeros,
} from '@tikhonov/core';
import { double, numbers, thrown } from '../support.ts';

const key = random.key(1);

describe('bad arguments', () => {
  const cases: readonly (readonly [
    string,
    () => unknown,
    string,
    new (message: string) => Error,
  ])[] = [
    [
      'a number for a shape',
      () => random.gumbel(key, 3 as never),
      'random.gumbel: 3 is not a shape.',
      ShapeError,
    ],
    [
      'a number for a key',
      () => random.exponential(5 as never, [2]),
      'random.exponential: needs a random key, got number.',
      TypeError,
    ],
    [
      'a float key',
      () => random.gamma(ones([2]), 1, [2]),
      'random.gamma: a random key is uint32 [2], got float32 [2].',
      DTypeError,
    ],
    [
      'an integer dtype',
      () => random.laplace(key, [2], { dtype: 'int32' }),
      'random.laplace: dtype must be float32 or float64, got int32.',
      DTypeError,
    ],
    [
      'a bool dtype',
      () => random.truncatedNormal(key, [2], { dtype: 'bool' }),
      'random.truncatedNormal: dtype must be float32 or float64, got bool.',
      DTypeError,
    ],
    [
      'a dtype instead of options',
      () => random.uniform(key, [2], 'float64' as never),
      "random.uniform: options must be an object, got 'float64'. Did you mean { dtype: 'float64' }?",
      TypeError,
    ],
    [
      'a misspelt option',
      () => random.normal(key, [2], { sd: 2 } as never),
      'random.normal: unknown option "sd".\n  It takes dtype, mean, std.',
      TypeError,
    ],
    [
      'a rate of 0',
      () => random.exponential(key, [2], { rate: 0 }),
      'random.exponential: rate must be finite and positive, got 0.',
      RangeError,
    ],
    [
      'a scale of NaN',
      () => random.gumbel(key, [2], { scale: Number.NaN }),
      'random.gumbel: scale must be finite and positive, got NaN.',
      RangeError,
    ],
    [
      'an infinite loc',
      () => random.laplace(key, [2], { loc: Infinity }),
      'random.laplace: loc must be finite, got Infinity.',
      RangeError,
    ],
    [
      'an alpha of 0',
      () => random.gamma(key, 0, [2]),
      'random.gamma: alpha must be finite and positive, got 0.',
      RangeError,
    ],
    [
      'an alpha of 0 in a tensor',
      () => random.gamma(key, tensor([1, 0])),
      'random.gamma: alpha must be finite and positive, got Tensor([2] float64: 1, 0).',
      RangeError,
    ],
    [
      'an alpha of NaN in a tensor',
      () => random.dirichlet(key, tensor([1, Number.NaN])),
      'random.dirichlet: alpha must be finite and positive, got Tensor([2] float64: 1, NaN).',
      RangeError,
    ],
    [
      'an integer alpha',
      () => random.gamma(key, tensor([1], { dtype: 'int32' })),
      'random.gamma: alpha must be float32 or float64, got int32.',
      DTypeError,
    ],
    [
      'an alpha of another shape',
      () => random.logGamma(key, ones([3]), [2]),
      'random.logGamma: alpha [3] does not broadcast to the shape [2].',
      ShapeError,
    ],
    [
      'a and b that do not broadcast',
      () => random.beta(key, ones([3]), ones([2])),
      'random.beta: a [3] and b [2] do not broadcast.',
      ShapeError,
    ],
    [
      'a scalar for dirichlet',
      () => random.dirichlet(key, tensor(1)),
      'random.dirichlet: alpha needs a last axis with one entry per class, got [].',
      ShapeError,
    ],
    [
      'an empty interval',
      () => random.truncatedNormal(key, [2], { min: 2, max: 2 }),
      'random.truncatedNormal: needs min < max, got 2 and 2.',
      RangeError,
    ],
    [
      'a std of 0',
      () => random.truncatedNormal(key, [2], { std: 0 }),
      'random.truncatedNormal: std must be finite and positive, got 0.',
      RangeError,
    ],
    [
      'an interval without floats',
      () => random.truncatedNormal(key, [2], { min: 1 + 1e-9, max: 1 + 2e-9 }),
      'holds no float32 number to draw.',
      RangeError,
    ],
    [
      'an interval too far away',
      () =>
        random.truncatedNormal(key, [2], { min: 1e300, max: 2e300, std: 1e-300, dtype: 'float64' }),
      'holds no float64 number to draw.',
      RangeError,
    ],
    [
      'logits of NaN',
      () => random.categorical(key, tensor([0, Number.NaN])),
      'random.categorical: each row of logits needs a finite largest one, got',
      RangeError,
    ],
    [
      'logits of Infinity',
      () => random.categorical(key, tensor([0, Infinity])),
      'needs a finite largest one',
      RangeError,
    ],
    [
      'a row without a class',
      () =>
        random.categorical(
          key,
          tensor([
            [0, 0],
            [-Infinity, -Infinity],
          ]),
        ),
      '-Infinity must leave a class',
      RangeError,
    ],
    [
      'integer logits',
      () => random.categorical(key, zeros([3], { dtype: 'int32' })),
      'random.categorical: logits must be float32 or float64, got int32.',
      DTypeError,
    ],
    [
      'bool logits',
      () => random.categorical(key, zeros([3], { dtype: 'bool' })),
      'logits must be float32 or float64, got bool.',
      DTypeError,
    ],
    [
      'no classes',
      () => random.categorical(key, zeros([2, 0])),
      'random.categorical: there are no classes on axis 1 of [2, 0].',
      ShapeError,
    ],
    [
      'an axis that is not there',
      () => random.categorical(key, zeros([2]), { axis: 1 }),
      'random.categorical: axis 1 is out of range',
      ShapeError,
    ],
    [
      'shape and numSamples',
      () => random.categorical(key, zeros([2]), { shape: [1], numSamples: 1 }),
      'random.categorical: give shape or numSamples, not both.',
      TypeError,
    ],
    [
      'a shape that does not fit',
      () => random.categorical(key, zeros([4, 2]), { shape: [3] }),
      'random.categorical: distributions of shape [4] do not broadcast to [3].',
      ShapeError,
    ],
    [
      'a shape of too few axes',
      () => random.categorical(key, zeros([1, 2]), { shape: [] }),
      'distributions of shape [1] do not broadcast to [].',
      ShapeError,
    ],
    [
      'a fractional number of samples',
      () => random.categorical(key, zeros([2]), { numSamples: 1.5 }),
      'random.categorical: [1.5] is not a shape.',
      ShapeError,
    ],
    [
      'nothing to choose from',
      () => random.choice(key, 0),
      'random.choice: needs an integer >= 1 or a tensor, got 0.',
      RangeError,
    ],
    [
      'more than there is',
      () => random.choice(key, 3, [2, 2], { replace: false }),
      'random.choice: 4 draws from 3 without replacement.',
      RangeError,
    ],
    [
      'weights of another length',
      () => random.choice(key, 3, [1], { p: ones([2]) }),
      'random.choice: p must be [3], got [2].',
      ShapeError,
    ],
    [
      'negative weights',
      () => random.choice(key, 2, [1], { p: tensor([2, -1]) }),
      'random.choice: weights must be finite and >= 0, got',
      RangeError,
    ],
    [
      'no weights',
      () => random.choice(key, 2, [1], { p: tensor([0, 0]) }),
      'random.choice: needs at least 1 positive weights, got',
      RangeError,
    ],
    [
      'too few weights',
      () => random.choice(key, 3, [2], { p: tensor([1, 0, 0]), replace: false }),
      'random.choice: needs at least 2 positive weights, got',
      RangeError,
    ],
    [
      'signs in bool',
      () => random.rademacher(key, [2], { dtype: 'bool' }),
      'random.rademacher: bool has no -1.',
      DTypeError,
    ],
    [
      'a probability above 1 in a tensor',
      () => random.bernoulli(key, [2], tensor([0.5, 1.5])),
      'random.bernoulli: p must be in [0, 1], got Tensor([2] float64: 0.5, 1.5).',
      RangeError,
    ],
    [
      'a probability of NaN in a tensor',
      () => random.bernoulli(key, [2], tensor([Number.NaN, 1])),
      'random.bernoulli: p must be in [0, 1]',
      RangeError,
    ],
    [
      'a fractional count of keys',
      () => random.split(key, 1.5),
      'random.split: the count must be an integer >= 0, got 1.5.',
      RangeError,
    ],
  ];

  test.each(cases)('%s', (_name, call, message, type) => {
    const error = thrown(call);
    expect(error.message).toContain(message);
    expect(error).toBeInstanceOf(type);
  });
});

describe('shapes and dtypes', () => {
  test('defaults follow the parameters', () => {
    expect(random.gamma(key, ones([2, 3])).shape).toEqual([2, 3]);
    expect(random.gamma(key, 2).shape).toEqual([]);
    expect(random.beta(key, ones([2, 1]), ones([3])).shape).toEqual([2, 3]);
    expect(random.dirichlet(key, ones([4, 3])).shape).toEqual([4, 3]);
    expect(random.dirichlet(key, ones([3]), [2, 5]).shape).toEqual([2, 5, 3]);
    expect(random.categorical(key, zeros([4, 3, 5]), { axis: 1 }).shape).toEqual([4, 5]);
    expect(random.categorical(key, zeros([4, 5]), { numSamples: 2 }).shape).toEqual([4, 2]);
    expect(random.categorical(key, zeros([4, 5]), { shape: [7, 4] }).shape).toEqual([7, 4]);
    expect(random.choice(key, 5).shape).toEqual([]);
    expect(random.choice(key, zeros([2, 6, 3]), [4, 5], { axis: 1 }).shape).toEqual([2, 4, 5, 3]);
  });

  test('empty shapes give empty draws', () => {
    for (const draw of [
      random.gumbel(key, [0, 3]),
      random.truncatedNormal(key, [0, 3]),
      random.gamma(key, 1, [0, 3]),
      random.dirichlet(key, ones([3]), [0]),
      random.rademacher(key, [0, 3]),
    ]) {
      expect(draw.shape).toEqual([0, 3]);
    }
    expect(random.categorical(key, zeros([0, 3])).shape).toEqual([0]);
    expect(random.choice(key, 3, [0], { replace: false }).shape).toEqual([0]);
  });

  test('float32 is the default, float64 rounds to it, indices are int32', () => {
    const wide = { dtype: 'float64' } as const;
    const pairs: readonly (readonly [Tensor, Tensor])[] = [
      [random.exponential(key, [50]), random.exponential(key, [50], wide)],
      [random.gamma(key, 0.7, [50]), random.gamma(key, 0.7, [50], wide)],
      [random.beta(key, 2, 0.5, [50]), random.beta(key, 2, 0.5, [50], wide)],
      [random.truncatedNormal(key, [50]), random.truncatedNormal(key, [50], wide)],
    ];
    for (const [single, double64] of pairs) {
      expect([single.dtype, double64.dtype]).toEqual(['float32', 'float64']);
      expect(numbers(single)).toEqual(numbers(double64).map(Math.fround));
    }
    expect(random.categorical(key, zeros([3], wide)).dtype).toBe('int32');
    expect(random.choice(key, 3).dtype).toBe('int32');
    expect(random.choice(key, tensor([true, false])).dtype).toBe('bool');
    expect(random.rademacher(key, [2], { dtype: 'int32' }).dtype).toBe('int32');
  });

  test('truncated draws stay inside, also where rounding to float32 would lead out', () => {
    // Four float32 numbers lie here; what is closest to the end rounds to the next one beyond it.
    const [min, max] = [0.1, 0.100000022];
    expect(Math.fround(max)).toBeGreaterThan(max);
    const x = numbers(random.truncatedNormal(key, [20_000], { min, max, std: 100 }));
    expect(x.every((value) => value >= min && value <= max)).toBe(true);
  });
});

describe('derivatives', () => {
  test('of gamma draws in alpha are a typed error, not zeros', () => {
    const f = (alpha: Tensor): Tensor =>
      random.gamma(key, alpha, undefined, { dtype: 'float64' }).sum();
    expect(() => grad(f)(double([1, 2]))).toThrow(NoDerivativeError);
    const held = grad((alpha: Tensor) => f(stopGradient(alpha)).add(alpha.sum()))(double([1, 2]));
    expect(held.toArray()).toEqual([1, 1]);
  });

  test('categorical draws are constants', () => {
    const logits = double([1, 2, 3]);
    expect(random.categorical(key, logits).requiresGrad).toBe(false);
  });
});

import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import { Cell, grad, ones, random, type Tensor, tensor, zeros } from '@tikhonov/core';
import { type ForwardContext, Linear, Sequential } from '@tikhonov/nn';
import {
  AlphaDropout,
  activationNoise,
  alphaDropout,
  curriculum,
  curriculumRate,
  Dropout,
  dropPathRates,
  FeatureAlphaDropout,
  featureAlphaDropout,
  GaussianDropout,
  GaussianNoise,
  gaussianDropout,
  LockedDropout,
  linearDecaySurvival,
  linearRamp,
  lockedDropout,
  marginalDropoutPenalty,
  Scheduled,
  Standout,
  StochasticDropout,
  standout,
  standoutKeepProbability,
  stochasticDropout,
  stochasticRate,
} from '../../src/index.ts';

const rng = random.key(7);
const training: ForwardContext = { training: true, rng };

const layers = {
  Dropout: () => new Dropout(),
  GaussianDropout: () => new GaussianDropout(),
  GaussianNoise: () => new GaussianNoise(),
  AlphaDropout: () => new AlphaDropout(),
  FeatureAlphaDropout: () => new FeatureAlphaDropout(),
  StochasticDropout: () => new StochasticDropout(),
  LockedDropout: () => new LockedDropout(),
  Scheduled: () => new Scheduled(linearRamp(0.5, 4), (p) => new Dropout({ p })),
  Standout: () => new Standout(new Linear(4, 3, { seed: 0 })),
} as const;

describe.each(Object.entries(layers))('%s', (name, make) => {
  test('in training without a key says what to pass', () => {
    expect(() => make().forward(ones([2, 4]), { training: true })).toThrow(
      /: training needs a random key, got neither rng nor \w+\.\n {2}Call model\.forward/,
    );
  });

  test('gives compiled what it gives eagerly', () => {
    const [eager, compiled] = [make(), make()];
    const run = compile((x: Tensor, key: Tensor) =>
      compiled.forward(x, { training: true, rng: key }),
    );
    const x = random.normal(random.key(1), [5, 4]);
    for (let k = 0; k < 3; k++) {
      const key = random.foldIn(rng, k);
      const [got, want] = [
        run(x, key).data(),
        eager.forward(x, { training: true, rng: key }).data(),
      ];
      for (const [i, y] of want.entries()) expect(got[i]).toBeCloseTo(y, 5);
      // The same are dropped.
      expect([...got].map((y) => y === 0)).toEqual([...want].map((y) => y === 0));
    }
  });

  test('takes a scalar, a row and an empty batch', () => {
    for (const shape of [[], [4], [0, 4]]) {
      const layer = make();
      const needsAxes = ['FeatureAlphaDropout', 'LockedDropout', 'Standout'].includes(name);
      if (needsAxes && shape.length < (name === 'Standout' ? 1 : 2)) continue;
      const y = layer.forward(ones(shape), training);
      expect(y.shape).toEqual(name === 'Standout' ? [...shape.slice(0, -1), 3] : shape);
      expect([...y.data()].every(Number.isFinite)).toBe(true);
    }
  });

  test('refuses integers', () => {
    const x = tensor([[1, 2, 3, 4]], { dtype: 'int32' });
    expect(() => make().forward(x, training)).toThrow('must be floating, got int32');
  });

  test('refuses what is no context', () => {
    expect(() => make().forward(ones([1, 4]), 3 as ForwardContext)).toThrow(
      'the context must be an object',
    );
  });

  test('keeps float32 and float64', () => {
    if (name === 'Standout') return;
    for (const dtype of ['float32', 'float64'] as const) {
      const x = ones([1, 4], { dtype });
      expect(make().forward(x, training).dtype).toBe(dtype);
      expect(grad((z: Tensor) => make().forward(z, training).sum())(x).dtype).toBe(dtype);
    }
  });
});

test('two layers of one network draw different masks', () => {
  const net = new Sequential(new GaussianDropout(), new GaussianDropout());
  const [both, one] = [net.forward(ones([50]), training), net[0]!];
  const first = (one as GaussianDropout).forward(ones([50]), training);
  const squares = first.mul(first).data();
  expect([...both.data()].some((y, i) => Math.abs(y - squares[i]!) > 1e-3)).toBe(true);
});

describe('rates in cells', () => {
  const withCells = {
    GaussianDropout: (p: Cell) => new GaussianDropout({ p }),
    GaussianNoise: (std: Cell) => new GaussianNoise({ std }),
    AlphaDropout: (p: Cell) => new AlphaDropout({ p }),
    LockedDropout: (p: Cell) => new LockedDropout({ p }),
  };
  test.each(Object.entries(withCells))(
    'are followed by a compiled %s, saved, and checked',
    (_name, make) => {
      const rate = new Cell(tensor(0));
      const layer = make(rate);
      const run = compile((x: Tensor) => layer.forward(x, training));
      const x = ones([2, 40]);
      expect(run(x).data()).toEqual(x.data());
      rate.write(0.5);
      expect(run(x).data()).not.toEqual(x.data());
      const eager = layer.forward(x, training).data();
      for (const [i, y] of run(x).data().entries()) expect(y).toBeCloseTo(eager[i]!, 5);
      expect(Object.keys(layer.stateDict()).length).toBe(1);
      expect(String(layer)).toContain('(');
      rate.write(-1);
      expect(() => run(x)).toThrow(RangeError);
    },
  );
});

test('a mask that is dropped hides NaN, a kept one shows it', () => {
  const x = tensor([Number.NaN, Number.NaN]);
  const mask = tensor([0, 1]);
  const y = stochasticDropout(x, { training: true, mask, rateDraw: tensor(0.5) }).data();
  expect([...y]).toEqual([0, Number.NaN]);
});

describe('Scheduled', () => {
  const make = () =>
    new Sequential(
      new Linear(2, 20, { seed: 0 }),
      new Scheduled(linearRamp(0.5, 4), (p) => new Dropout({ p })),
    );
  const step = (model: ReturnType<typeof make>, k: number): Tensor =>
    model.forward(ones([1, 2]), { training: true, rng: random.foldIn(rng, k) });

  test('goes on from a checkpoint where it was', () => {
    const [whole, first, second] = [make(), make(), make()];
    const want = [0, 1, 2, 3].map((k) => step(whole, k).toArray());
    for (const k of [0, 1]) step(first, k);
    second.loadStateDict(first.stateDict());
    expect([2, 3].map((k) => step(second, k).toArray())).toEqual(want.slice(2));
    expect(Object.keys(first.stateDict())).toEqual(['0.weight', '0.bias', '1.step', '1.rate']);
  });

  test('counts in a compiled step as eagerly', () => {
    const [eager, compiled] = [make(), make()];
    const run = compile((x: Tensor, key: Tensor) =>
      compiled.forward(x, { training: true, rng: key }),
    );
    for (let k = 0; k < 6; k++) {
      const [got, want] = [run(ones([1, 2]), random.foldIn(rng, k)), step(eager, k)];
      for (const [i, y] of want.data().entries()) expect(got.data()[i]).toBeCloseTo(y, 5);
    }
    expect(compiled.layers[1].step.read().item()).toBe(6);
    expect(compiled.layers[1].rate.read().item()).toBe(0.5);
  });

  test('takes what is a schedule and makes a layer only', () => {
    const bad = 3 as never;
    expect(() => new Scheduled(bad, () => new Dropout())).toThrow(
      'Scheduled: schedule must be a function, got number.\n  For example new Scheduled(linearRamp',
    );
    expect(() => new Scheduled(linearRamp(0.5, 2), () => bad)).toThrow(
      'Scheduled: what make returned is number, not a Module',
    );
    expect(String(new Scheduled(linearRamp(0.5, 2), (p) => new GaussianDropout({ p })))).toContain(
      'Scheduled(GaussianDropout(p in a cell))',
    );
  });
});

describe('refusals', () => {
  const W = zeros([3, 2]);
  test.each([
    [() => gaussianDropout(ones([2]), { p: 1 }), RangeError, 'p must be in [0, 1), got 1'],
    [() => new GaussianDropout({ p: -0.1 }), RangeError, 'GaussianDropout: p must be in [0, 1)'],
    [
      () => gaussianDropout(ones([2]), { training: true, normal: ones([3]) }),
      Error,
      'gaussianDropout: normal must have shape [2], got [3].\n  Give one entry for each decision',
    ],
    [
      () => activationNoise(ones([2]), { std: -1 }),
      RangeError,
      'std must be finite and >= 0, got -1',
    ],
    [() => new GaussianNoise({ std: Infinity }), RangeError, 'std must be finite and >= 0'],
    [() => alphaDropout(ones([2]), { p: 1.5 }), RangeError, 'p must be in [0, 1], got 1.5'],
    [() => new AlphaDropout({ p: Number.NaN }), RangeError, 'AlphaDropout: p must be in [0, 1]'],
    [
      () => alphaDropout(ones([2]), { training: true, mask: tensor([0.5, 1]) }),
      RangeError,
      'the mask must hold 0 (drop) and 1 (keep)',
    ],
    [
      () => featureAlphaDropout(ones([2]), { training: true, rng }),
      Error,
      'featureAlphaDropout: x must be [n, c, ...spatial], got shape [2].',
    ],
    [
      () => lockedDropout(ones([2]), {}),
      RangeError,
      'axis must be an axis of x, whose shape is [2], got 1',
    ],
    [() => new LockedDropout({ axis: 0.5 }), RangeError, 'axis must be an integer, got 0.5'],
    [() => stochasticDropout(ones([2]), { min: 0.5, max: 0.4 }), RangeError, 'needs min <= max'],
    [() => new StochasticDropout({ std: -1 }), RangeError, 'needs finite mean and std >= 0'],
    [
      () => stochasticRate({ distribution: 'cauchy' as 'normal', rng }),
      TypeError,
      "distribution must be 'uniform' or 'normal', got \"cauchy\"",
    ],
    [() => stochasticRate({ rateDraw: ones([1]) }), Error, 'rateDraw must have shape [], got [1]'],
    [
      () => stochasticRate({ rateDraw: tensor(Number.NaN) }),
      RangeError,
      'rateDraw must be in [0, 1), got Tensor([] float64: NaN)',
    ],
    [
      () => stochasticRate({ rateDraw: tensor(1.5) }),
      RangeError,
      'rateDraw must be in [0, 1), got Tensor([] float64: 1.5)',
    ],
    [
      () => stochasticRate({ distribution: 'normal', std: 0, rateDraw: tensor(Infinity) }),
      RangeError,
      'rateDraw must be finite, got Tensor([] float64: Infinity)',
    ],
    [() => stochasticRate({}), TypeError, 'got neither rng nor rateDraw'],
    [
      () => standout(ones([1, 2]), W, { alpha: Number.NaN }),
      RangeError,
      'standout: alpha must be finite',
    ],
    [() => standout(ones([1, 2]), W, { tie: 'x' as 'logit' }), TypeError, "tie must be 'logit' or"],
    [
      () => standoutKeepProbability(ones([2]), W, { beliefWeights: zeros([2, 2]) }),
      Error,
      'beliefWeights [2, 2] must have the shape of the weight, [3, 2]',
    ],
    [() => standout(ones([1, 2]), W, { bias: ones([2]) }), Error, 'the bias must be [3], got [2]'],
    [() => new Standout(new Dropout() as never), TypeError, 'Standout: needs a Linear'],
    [() => linearRamp(2, 5), RangeError, 'linearRamp: p must be in [0, 1], got 2'],
    [() => linearRamp(0.5, 0), RangeError, 'linearRamp: steps must be an integer >= 1, got 0'],
    [() => linearRamp(0.5, 5)(-1), RangeError, 'linearRamp: the step must be >= 0, got -1'],
    [() => linearRamp(0.5, 5)(tensor(-1)), RangeError, 'the step must be >= 0'],
    [() => linearRamp(0.5, 5)('1' as never), TypeError, 'must be a number, a Tensor or a Cell'],
    [
      () => curriculum(0.5, 5, { gamma: 0 }),
      RangeError,
      'curriculum: gamma must be finite and > 0',
    ],
    [() => curriculumRate(-1, 5), RangeError, 'curriculumRate: p must be in [0, 1], got -1'],
    [() => linearDecaySurvival(0), RangeError, 'blocks must be an integer >= 1, got 0'],
    [() => dropPathRates(3, 2), RangeError, 'dropPathRates: rate must be in [0, 1], got 2'],
    [() => marginalDropoutPenalty(W, ones([3]), 0.5), Error, 'x [3, 2] and w [3] do not fit'],
    [() => marginalDropoutPenalty(W, ones([2]), 1), RangeError, 'p must be in [0, 1), got 1'],
    [
      () => marginalDropoutPenalty(W, ones([2], { dtype: 'float64' }), 0.5),
      Error,
      "x is float32, w float64.\n  Cast with astype('float64')",
    ],
  ] as const)('case %#', (call, kind, text) => {
    expect(call).toThrow(kind);
    expect(call).toThrow(text);
  });
});

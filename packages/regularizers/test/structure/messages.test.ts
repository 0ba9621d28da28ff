import { describe, expect, test } from '@jest/globals';
import { Cell, ones, random, tensor, zeros } from '@tikhonov/core';
import { Linear, LSTM, normalizedWeight, weightNorm } from '@tikhonov/nn';
import {
  AlphaDropout,
  activationNoise,
  ConcreteDropout,
  Cutout,
  curriculumRate,
  DropBlock,
  DropBlock1d,
  DropBlock2d,
  DropConnect,
  DropPath,
  depthDistribution,
  dropBlock,
  dropBlockGamma,
  FeatureAlphaDropout,
  GaussianDropout,
  GaussianNoise,
  LockedDropout,
  linearDecaySurvival,
  linearRamp,
  lockedDropout,
  MaxDrop,
  MaxDropout,
  MaxPoolDropout,
  maxPoolDropout,
  rDrop,
  rDropLoss,
  Scheduled,
  SpatialDropout,
  SpatialDropout1d,
  SpatialDropout2d,
  SpatialDropout3d,
  Standout,
  StochasticDepth,
  type Strength,
  shakeShake,
  stochasticRate,
  VariationalConv2d,
  VariationalLinear,
  variationalKl,
  WeightedChannelDropout,
  weightedSamplingProbabilities,
  Zoneout,
  zoneout,
} from '../../src/index.ts';

describe('a rate that is a function of the step is answered with the schedule', () => {
  const linear = (): Linear => new Linear(2, 2, { seed: 0 });
  const layers = {
    AlphaDropout: ['p', (p: Strength) => new AlphaDropout({ p })],
    DropBlock: ['p', (p: Strength) => new DropBlock({ p })],
    DropPath: ['p', (p: Strength) => new DropPath({ p })],
    FeatureAlphaDropout: ['p', (p: Strength) => new FeatureAlphaDropout({ p })],
    GaussianDropout: ['p', (p: Strength) => new GaussianDropout({ p })],
    GaussianNoise: ['std', (std: Strength) => new GaussianNoise({ std })],
    LockedDropout: ['p', (p: Strength) => new LockedDropout({ p })],
    MaxDrop: ['p', (p: Strength) => new MaxDrop({ p })],
    MaxDropout: ['p', (p: Strength) => new MaxDropout({ p })],
    MaxPoolDropout: ['p', (p: Strength) => new MaxPoolDropout({ kernelSize: 2, p })],
    SpatialDropout: ['p', (p: Strength) => new SpatialDropout({ dims: 2, p })],
    SpatialDropout1d: ['p', (p: Strength) => new SpatialDropout1d({ p })],
    DropConnect: ['p', (p: Strength) => new DropConnect(linear(), { p })],
    Standout: ['alpha', (alpha: Strength) => new Standout(linear(), { alpha })],
    StochasticDepth: [
      'survival',
      (survival: Strength) => new StochasticDepth(linear(), { survival }),
    ],
    Zoneout: ['hidden', (hidden: Strength) => new Zoneout(new LSTM(2, 2, { seed: 0 }), { hidden })],
  } as const;
  const schedule = ((step: number) => step / 10) as unknown;

  test.each(Object.entries(layers))('%s', (name, [option, make]) => {
    const wraps = ['DropConnect', 'Standout', 'StochasticDepth', 'Zoneout'].includes(name);
    const more = { MaxPoolDropout: 'kernelSize: 2, ', SpatialDropout: 'dims: 2, ' }[name] ?? '';
    expect(() => make(schedule as Strength)).toThrow(
      new TypeError(
        `${name}: ${option} must be a number, a Tensor or a Cell, got a function.\n` +
          `  A rate that follows the steps: new reg.Scheduled(schedule, (rate) => new reg.${name}(${wraps ? 'layer, ' : ''}{ ${more}${option}: rate })).`,
      ),
    );
    // And what it says works.
    if (name === 'Zoneout') return;
    expect(() => new Scheduled(linearRamp(0.5, 4), (rate) => make(rate))).not.toThrow();
  });

  test('of functions too', () => {
    for (const [name, call] of [
      ['dropBlock: p', (p: Strength) => dropBlock(ones([1, 1, 7, 7]), { p })],
      ['linearDecaySurvival: pL', (p: Strength) => linearDecaySurvival(3, p as Cell)],
    ] as const) {
      expect(() => call(schedule as Strength)).toThrow(
        new TypeError(
          `${name} must be a number, a Tensor or a Cell, got a function.\n` +
            '  A rate that follows the steps: new reg.Scheduled(schedule, (rate) => new reg.DropBlock({ p: rate })).',
        ),
      );
    }
  });
});

describe('errors name what was called', () => {
  test('lockedDropout', () => {
    const x = ones([2, 3, 4]);
    expect(() => lockedDropout(x, { p: 2 })).toThrow('lockedDropout: p must be in [0, 1], got 2.');
    expect(() => lockedDropout(x, { training: true })).toThrow(
      'lockedDropout: training needs a random key',
    );
    expect(() => lockedDropout(x, { training: true, mask: ones([2, 3, 4]) })).toThrow(
      'lockedDropout: mask must have shape [2, 1, 4], got [2, 3, 4].\n  Give one',
    );
  });

  test('rDropLoss and rDrop, of labels', () => {
    const [z, labels] = [ones([2, 3]), tensor([0, 3], { dtype: 'int32' })];
    expect(() => rDropLoss(z, z, labels)).toThrow(
      /^rDropLoss: labels must be in \[0, 3\), got .*3.*, see position 1\.\n {2}Set padMask/s,
    );
    const model = new Linear(2, 3, { seed: 0 });
    expect(() => rDrop(model, ones([2, 2]), labels, { rng: random.key(0) })).toThrow(
      /^rDrop: labels must be in \[0, 3\)/,
    );
    const padMask = tensor([false, true]);
    expect(rDropLoss(z, z, labels, { padMask }).item()).toBeCloseTo(2 * Math.log(3), 6);
  });

  test('layers with a number of axes in their names', () => {
    for (const [k, Layer] of [SpatialDropout1d, SpatialDropout2d, SpatialDropout3d].entries()) {
      expect(() => new Layer({ p: 2 })).toThrow(
        `SpatialDropout${k + 1}d: p must be in [0, 1], got 2`,
      );
    }
    expect(() => new DropBlock1d({ blockSize: 0 })).toThrow('DropBlock1d: blockSize must be');
    expect(() => new DropBlock2d({ p: 2 })).toThrow('DropBlock2d: p must be in [0, 1], got 2');
  });

  test('weightNorm, with the unit that has no direction', () => {
    const layer = weightNorm(new Linear(2, 3, { seed: 0 }));
    const directions = layer.namedParameters()['parametrizations.weight.original1']!;
    directions.write(
      tensor([
        [1, 2],
        [0, 0],
        [3, 4],
      ]),
    );
    expect(() => layer.forward(ones([1, 2]))).toThrow(
      new RangeError(
        'weightNorm: unit 1 of a weight [3, 2] has only weights 0, and so no direction.\n  Start from other weights.',
      ),
    );
    expect(() =>
      normalizedWeight(
        tensor([
          [1, 0],
          [2, 0],
        ]),
        ones([1, 2]),
        { dim: 1 },
      ),
    ).toThrow('normalizedWeight: unit 1 of a weight [2, 2] has');
  });
});

test('null is no default of R-Drop', () => {
  const [z, labels] = [zeros([1, 2]), tensor([0], { dtype: 'int32' })];
  for (const name of ['alpha', 'reduction', 'nll', 'padMask', 'sampleWeight']) {
    expect(() => rDropLoss(z, z, labels, { [name]: null })).toThrow(TypeError);
    expect(() => rDropLoss(z, z, labels, { [name]: null })).toThrow(
      new RegExp(`^rDropLoss: ${name} must be .*null`),
    );
  }
});

test('Cutout refuses in evaluation what it refuses in training', () => {
  const layer = new Cutout({ size: 2 });
  for (const training of [true, false]) {
    const context = { training, rng: random.key(0) };
    expect(() => layer.forward([[[[1, 2]]]] as never, context)).toThrow(
      'Cutout: expected a Tensor, a Cell or a number, got an array.',
    );
    expect(() => layer.forward(ones([4, 4]), context)).toThrow(
      'Cutout: x must be [n, channels, height, width], got shape [4, 4].\n  Reshape it',
    );
    const pixels = tensor([[[[1, 2]]]], { dtype: 'int32' });
    expect(layer.forward(pixels, context).dtype).toBe('int32');
  }
});

test('noise of deviation 0 leaves every bit, of negative zeros too', () => {
  const values = [-0, 0, 1e-45, Number.NaN, -Infinity, 3];
  const normal = tensor([1, -1, 1, Infinity, Number.NaN, 2]);
  for (const std of [0, new Cell(tensor(0)), tensor(0, { dtype: 'float64' })]) {
    const x = tensor(values);
    const y = activationNoise(x, { std, training: true, normal });
    expect(new Uint32Array(Float32Array.from(y.data()).buffer)).toEqual(
      new Uint32Array(Float32Array.from(x.data()).buffer),
    );
  }
});

describe('errors of numbers say what to do', () => {
  const x = ones([2, 3, 4, 4]);
  const linear = new Linear(2, 2, { seed: 0 });
  const rng = random.key(0);
  const [z, labels] = [zeros([1, 2]), tensor([0], { dtype: 'int32' })];
  const calls: Readonly<Record<string, () => unknown>> = {
    p: () => new DropPath({ p: 20 }),
    temperature: () => new ConcreteDropout(linear, { temperature: 0 }),
    eps: () => new ConcreteDropout(linear, { eps: 1 }),
    'p of ConcreteDropout': () => new ConcreteDropout(linear, { p: 0 }),
    survival: () => depthDistribution([2]),
    dims: () => new DropBlock({ dims: 3 as 2 }),
    extent: () => dropBlockGamma([0, 2]),
    samples: () => new DropConnect(linear, { samples: 0 }),
    'min of stochastic dropout': () => stochasticRate({ min: -1, rng }),
    'min above max': () => stochasticRate({ min: 0.5, max: 0.4, rng }),
    std: () => stochasticRate({ std: -1, rng }),
    axis: () => new LockedDropout({ axis: 0.5 }),
    'axis of lockedDropout': () => lockedDropout(ones([2])),
    'kernelSize of MaxDrop': () => new MaxDrop({ kernelSize: 2 }),
    'kernelSize and mode': () => new MaxDrop({ kernelSize: 3, mode: 'channel' }),
    padding: () => new MaxPoolDropout({ kernelSize: 2, padding: 2 }),
    'kernelSize of MaxPoolDropout': () => new MaxPoolDropout({ kernelSize: 0 }),
    padMask: () => rDropLoss(z, z, labels, { padMask: tensor([2]) }),
    sampleWeight: () => rDropLoss(z, z, labels, { sampleWeight: tensor([-1]) }),
    step: () => linearRamp(0.5, 10)(-1),
    gamma: () => curriculumRate(0.5, 10, { gamma: 0 }),
    alpha: () => shakeShake(x, x, { training: true, alpha: tensor([2, 2]), beta: tensor([0, 0]) }),
    limit: () => new VariationalLinear(linear, { limit: 0 }),
    logAlphaInit: () => new VariationalLinear(linear, { logAlphaInit: Infinity }),
    form: () => variationalKl(tensor(0), { form: 'other' as 'kingma' }),
    wrsRatio: () => new WeightedChannelDropout({ wrsRatio: 0 }),
    size: () => weightedSamplingProbabilities(tensor([1, 2]), 3),
    weights: () => weightedSamplingProbabilities(tensor([1, -2]), 1),
    zoned: () => zoneout(z, z, { p: 0.5, training: true, zoned: tensor([[2, 0]]) }),
  };

  test.each(Object.entries(calls))('%s', (_, call) => {
    expect(call).toThrow(RangeError);
    expect(call).toThrow(/^\w+: .*, got .*\.\n {2}[A-Z1'].*\.$/s);
  });
});

test('what other libraries take as sizes is told what to write', () => {
  // @ts-expect-error sizes in place of options
  expect(() => new MaxPoolDropout(2)).toThrow('Did you mean { kernelSize: 2 }?');
  // @ts-expect-error sizes in place of options
  expect(() => maxPoolDropout(ones([1, 4, 4]), [2, 3])).toThrow(
    'maxPoolDropout: options must be an object, got [2, 3]. Did you mean { kernelSize: [2, 3] }?',
  );
  // @ts-expect-error sizes in place of a layer
  expect(() => new DropConnect(3, 2)).toThrow('DropConnect: needs a plain nn.Linear, got number.');
  // @ts-expect-error sizes in place of a layer
  expect(() => new VariationalLinear(3, 2)).toThrow(
    'VariationalLinear: needs a plain nn.Linear, got number.',
  );
  // @ts-expect-error sizes in place of a layer
  expect(() => new VariationalConv2d(3, 2, 3)).toThrow(
    'VariationalConv2d: needs a plain nn.Conv2d, got number.',
  );
});

import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import { abs, Cell, ones, random, relu, type Tensor, tensor, zeros } from '@tikhonov/core';
import { Conv2d, Flatten, type Layer, Linear, type Module, Sequential } from '@tikhonov/nn';
import { adam } from '@tikhonov/optim';
import {
  Cutout,
  cutout,
  cutoutProbability,
  DropBlock,
  DropBlock1d,
  DropBlock2d,
  dropBlock,
  dropBlockGamma,
  dropBlockMask,
  dropBlockProbability,
  linearRamp,
  MaxDrop,
  MaxDropout,
  MaxPoolDropout,
  maxDrop,
  maxDropMask,
  maxDropout,
  maxDropoutMask,
  maxPoolDropout,
  maxPoolDropoutProbabilities,
  Scheduled,
  SpatialDropout,
  SpatialDropout1d,
  SpatialDropout2d,
  SpatialDropout3d,
  spatialDropout,
  WeightedChannelDropout,
  weightedChannelDropout,
  weightedChannelMask,
  weightedSamplingProbabilities,
} from '../../src/index.ts';

const x = ones([2, 3, 4, 4]);
const rng = random.key(1);
const training = true;
const integers = zeros([2, 3, 4, 4], { dtype: 'int32' });
const wrong = <T>(value: unknown): T => value as T;

const errors: readonly (readonly [string, () => unknown, RegExp])[] = [
  [
    'no key',
    () => spatialDropout(x, { dims: 2, training }),
    /TypeError: spatialDropout: training needs a random key/,
  ],
  [
    'a rate above 1',
    () => spatialDropout(x, { dims: 2, p: 2 }),
    /RangeError: spatialDropout: p must be in \[0, 1\], got 2/,
  ],
  [
    'four axes of space',
    () => spatialDropout(x, { dims: wrong(4) }),
    /RangeError: spatialDropout: dims must be 1, 2 or 3, got 4/,
  ],
  [
    'a row for a map',
    () => spatialDropout(ones([3]), { dims: 2 }),
    /ShapeError: spatialDropout: x must be \[N, C, H, W\] or \[C, H, W\], got shape \[3\]/,
  ],
  [
    'a mask of places',
    () => spatialDropout(x, { dims: 2, training, mask: ones([2, 3, 4, 4]) }),
    /ShapeError: spatialDropout: mask must have shape \[2, 3\], got \[2, 3, 4, 4\]/,
  ],
  [
    'integers',
    () => spatialDropout(integers, { dims: 2 }),
    /DTypeError: spatialDropout: x must be floating, got int32/,
  ],
  [
    'a layer without dims',
    () => new SpatialDropout(wrong({})),
    /RangeError: SpatialDropout: dims must be 1, 2 or 3, got undefined/,
  ],
  [
    'blocks of side 0',
    () => dropBlock(x, { blockSize: 0 }),
    /RangeError: dropBlock: blockSize must be an integer >= 1, got 0/,
  ],
  [
    'blocks of side 1.5',
    () => new DropBlock({ blockSize: 1.5 }),
    /RangeError: DropBlock: blockSize must be an integer >= 1, got 1\.5/,
  ],
  [
    'one sample for blocks',
    () => dropBlock(ones([3, 4, 4])),
    /ShapeError: dropBlock: x must be \[N, C, H, W\], got shape \[3, 4, 4\]/,
  ],
  [
    'seeds of the whole map',
    () => dropBlock(x, { blockSize: 2, training, seeds: ones([2, 3, 4, 4]) }),
    /ShapeError: dropBlock: seeds must have shape \[2, 3, 3, 3\], got \[2, 3, 4, 4\]/,
  ],
  [
    'seeds of 2',
    () => dropBlock(x, { training, seeds: ones([2, 3, 1, 1]).mul(2) }),
    /RangeError: dropBlock: seeds must hold 0 and 1/,
  ],
  [
    'a mask for seeds',
    () => dropBlock(x, { mask: wrong(ones([2])) }),
    /TypeError: dropBlock: mask must be 'per_channel' or 'shared'.*\n.*given as seeds/,
  ],
  [
    'blocks without a key',
    () => dropBlock(x, { training }),
    /TypeError: dropBlock: .*neither rng nor seeds/,
  ],
  [
    'three axes of blocks',
    () => new DropBlock({ dims: wrong(3) }),
    /RangeError: DropBlock: dims must be 1 or 2, got 3/,
  ],
  [
    'a map without sides',
    () => dropBlockGamma([]),
    /RangeError: dropBlockGamma: extent must be \[L\] or \[H, W\]/,
  ],
  [
    'a map of half a place',
    () => dropBlockProbability([1.5]),
    /RangeError: dropBlockProbability: extent must be/,
  ],
  [
    'channels of integers',
    () => weightedChannelDropout(integers),
    /DTypeError: weightedChannelDropout: x must be floating, got int32/,
  ],
  [
    'channels without space',
    () => weightedChannelDropout(ones([2, 3])),
    /ShapeError: weightedChannelDropout: x must be \[N, C, \.\.\.spatial\].* got shape \[2, 3\]/,
  ],
  [
    'no channels to keep',
    () => weightedChannelDropout(x, { wrsRatio: 0 }),
    /RangeError: weightedChannelDropout: wrsRatio must be in \(0, 1\], got 0/,
  ],
  [
    'a probability of 2',
    () => new WeightedChannelDropout({ rngKeepProb: 2 }),
    /RangeError: WeightedChannelDropout: rngKeepProb must be in \[0, 1\], got 2/,
  ],
  [
    'negative scores',
    () => weightedChannelDropout(x.mul(-1), { training, rng }),
    /RangeError: weightedChannelDropout: scores, the means of channels, must be >= 0.*\n.*relu/,
  ],
  [
    'another word for scores',
    () => weightedChannelDropout(x, { negativeScores: wrong('zero') }),
    /TypeError: .*'error' or 'clamp', got 'zero'/,
  ],
  [
    'numbers of 1',
    () => weightedChannelMask(x, { u: ones([2, 3]) }),
    /RangeError: weightedChannelMask: u must be in \[0, 1\)/,
  ],
  [
    'numbers that do not fit',
    () => weightedChannelMask(x, { u: ones([3]) }),
    /ShapeError: weightedChannelMask: u must have shape \[2, 3\], got \[3\]/,
  ],
  [
    'no second numbers',
    () => weightedChannelMask(x, { u: zeros([2, 3]), rngKeepProb: 0.5 }),
    /TypeError: weightedChannelMask: .*neither rng nor rngU/,
  ],
  [
    'too many weights',
    () => weightedSamplingProbabilities(ones([13]), 1),
    /ShapeError: weightedSamplingProbabilities: weights must be \[c\] with 1 <= c <= 12/,
  ],
  [
    'a sample of more',
    () => weightedSamplingProbabilities(ones([2]), 3),
    /RangeError: .*size must be an integer in \[0, 2\], got 3/,
  ],
  [
    'negative weights',
    () => weightedSamplingProbabilities(tensor([1, -1]), 1),
    /RangeError: .*weights must be finite and >= 0/,
  ],
  [
    'windows of 0',
    () => maxPoolDropout(x, { kernelSize: 0 }),
    /RangeError: maxPoolDropout: kernelSize must be an integer >= 1 or two of them, got 0/,
  ],
  [
    'no windows',
    () => new MaxPoolDropout(wrong({})),
    /RangeError: MaxPoolDropout: kernelSize must be/,
  ],
  [
    'windows that are too large',
    () => maxPoolDropout(x, { kernelSize: 5 }),
    /ShapeError: maxPoolDropout: windows of \[5, 5\] do not fit into \[4, 4\]/,
  ],
  [
    'too much padding',
    () => maxPoolDropout(x, { kernelSize: 3, padding: 2 }),
    /RangeError: maxPoolDropout: padding must be at most half of kernelSize 3, got 2/,
  ],
  [
    'another pooling',
    () => maxPoolDropout(x, { kernelSize: 2, mode: wrong('mean') }),
    /TypeError: maxPoolDropout: mode must be 'weighted', 'scaled' or 'max', got 'mean'/,
  ],
  [
    'pooling of a row',
    () => maxPoolDropout(ones([4]), { kernelSize: 1 }),
    /ShapeError: maxPoolDropout: x must be \[N, C, H, W\] or \[C, H, W\]/,
  ],
  [
    'pooling without a key',
    () => maxPoolDropout(x, { kernelSize: 2, training }),
    /TypeError: maxPoolDropout: .*neither rng nor mask/,
  ],
  [
    'half a cell',
    () => maxPoolDropoutProbabilities(0.5),
    /RangeError: maxPoolDropoutProbabilities: n must be an integer >= 0, got 0\.5/,
  ],
  [
    'an even square',
    () => maxDrop(x, { kernelSize: 2 }),
    /RangeError: maxDrop: kernelSize must be odd, got 2/,
  ],
  [
    'squares of channels',
    () => new MaxDrop({ kernelSize: 3, mode: 'channel' }),
    /RangeError: MaxDrop: kernelSize must be 1 in mode 'channel', got 3/,
  ],
  [
    'squares of noise',
    () => maxDrop(x, { kernelSize: 3, noise: 'gaussian' }),
    /RangeError: maxDrop: kernelSize must be 1 with Gaussian noise, got 3/,
  ],
  [
    'Gaussian noise of rate 1',
    () => maxDrop(x, { p: 1, noise: 'gaussian' }),
    /RangeError: maxDrop: p must be in \[0, 1\), got 1/,
  ],
  [
    'nothing left',
    () => maxDrop(ones([1, 1, 3, 3]), { p: 1, kernelSize: 3, training, rng }),
    /RangeError: maxDrop: p = 1 with squares of 3 in maps of \[3, 3\] leaves nothing to rescale/,
  ],
  [
    'nothing left, in a cell',
    () => maxDrop(ones([1, 1, 3, 3]), { p: new Cell(tensor(1)), mode: 'channel', training, rng }),
    /RangeError: maxDrop: p = .* with 1 channels leaves nothing/,
  ],
  [
    'another mode',
    () => maxDrop(x, { mode: wrong('row') }),
    /TypeError: maxDrop: mode must be 'feature' or 'channel', got 'row'/,
  ],
  [
    'a mask of noise',
    () => maxDropMask(x, { noise: 'gaussian' }),
    /TypeError: maxDropMask: Gaussian noise drops nothing/,
  ],
  [
    'decisions for places',
    () => maxDrop(x, { training, drop: ones([2, 4, 4]) }),
    /ShapeError: maxDrop: drop must have shape \[2, 3\], got \[2, 4, 4\]/,
  ],
  [
    'decisions for Gaussian noise',
    () => maxDrop(x, { noise: 'gaussian', training, rng, drop: ones([2, 3]) }),
    /TypeError: maxDrop: drop is for noise 'bernoulli', got it with 'gaussian'\.\n {2}Pass normal/,
  ],
  [
    'normal noise for coin tosses',
    () => maxDrop(x, { training, rng, normal: ones([2, 3]) }),
    /TypeError: maxDrop: normal is for noise 'gaussian', got it with 'bernoulli'\.\n {2}Pass drop/,
  ],
  [
    'a rate for the range',
    () => maxDropout(x, { training, rate: 0.5 }),
    /TypeError: maxDropout: rate is for norm 'l2', got it with 'minmax'/,
  ],
  [
    'a sequence',
    () => maxDrop(ones([2, 3, 4])),
    /ShapeError: maxDrop: x must be \[N, C, H, W\], got shape \[2, 3, 4\]/,
  ],
  [
    'no rate',
    () => maxDropout(x, { norm: 'l2', training }),
    /TypeError: maxDropout: .*neither rng nor rate/,
  ],
  [
    'a rate of 2',
    () => maxDropout(x, { norm: 'l2', rate: 2, training }),
    /RangeError: maxDropout: rate must be in \[0, 1\], got 2/,
  ],
  [
    'another norm',
    () => new MaxDropout({ norm: wrong('l1') }),
    /TypeError: MaxDropout: norm must be 'minmax' or 'l2', got 'l1'/,
  ],
  [
    'samples of a number',
    () => maxDropout(tensor(1), { perSample: true }),
    /ShapeError: maxDropout: perSample needs an axis of samples, got shape \[\]/,
  ],
  [
    'a rate below 0',
    () => maxDropout(x, { p: -0.1 }),
    /RangeError: maxDropout: p must be in \[0, 1\], got -0\.1/,
  ],
  [
    'squares of -1',
    () => new Cutout({ size: -1 }),
    /RangeError: Cutout: size must be an integer >= 0, got -1/,
  ],
  [
    'no squares',
    () => new Cutout({ holes: 0 }),
    /RangeError: Cutout: holes must be an integer >= 1, got 0/,
  ],
  [
    'cutout without a key',
    () => new Cutout().forward(x, { training }),
    /TypeError: Cutout: training needs a random key/,
  ],
  [
    'an image of no rows',
    () => cutoutProbability(0, 3),
    /RangeError: cutoutProbability: height must be an integer >= 1, got 0/,
  ],
  [
    'an unknown option',
    () => dropBlock(x, wrong({ keepProb: 0.9 })),
    /TypeError: dropBlock: unknown option/,
  ],
];

describe('what layers of maps refuse', () => {
  test.each(errors)('%s', (_, call, text) => {
    let message = 'nothing was thrown';
    try {
      call();
    } catch (error) {
      message = String(error);
    }
    expect(message).toMatch(text);
  });
});

const hostKernels = (f: { explain(): readonly { readonly kernels: readonly string[] }[] }) =>
  f
    .explain()
    .flatMap(({ kernels }) => kernels)
    .filter((kernel) => kernel.includes('by its eager kernel'));

const furthest = (a: Tensor, b: Tensor): number => abs(a.sub(b)).max().item();

/** Every layer, for the maps of `x`. */
const layers: readonly (readonly [string, () => Module & Layer])[] = [
  ['SpatialDropout2d(0.3)', () => new SpatialDropout({ dims: 2, p: 0.3 })],
  ['DropBlock2d(0.3, blockSize 2)', () => new DropBlock({ p: 0.3, blockSize: 2 })],
  ['DropBlock2d(0.3, blockSize 7, shared)', () => new DropBlock({ p: 0.3, mask: 'shared' })],
  [
    'WeightedChannelDropout(wrsRatio 0.5, rngKeepProb 0.7)',
    () => new WeightedChannelDropout({ wrsRatio: 0.5, rngKeepProb: 0.7 }),
  ],
  ['MaxPoolDropout([2, 2], 0.3, weighted)', () => new MaxPoolDropout({ kernelSize: 2, p: 0.3 })],
  ['MaxDrop(0.5, feature, kernelSize 3)', () => new MaxDrop({ p: 0.5, kernelSize: 3 })],
  ['MaxDrop(0.5, channel)', () => new MaxDrop({ p: 0.5, mode: 'channel' })],
  ['MaxDrop(0.5, feature, gaussian)', () => new MaxDrop({ p: 0.5, noise: 'gaussian' })],
  ['MaxDropout(0.3, minmax)', () => new MaxDropout()],
  [
    'MaxDropout(0.8, l2, per sample)',
    () => new MaxDropout({ p: 0.8, norm: 'l2', perSample: true }),
  ],
  ['Cutout(2, 2 holes)', () => new Cutout({ size: 2, holes: 2 })],
];

describe.each(layers)('%s', (description, make) => {
  const maps = relu(random.normal(random.key(3), [2, 3, 4, 4]));

  test('says what it is, keeps dtypes and passes empty batches through', () => {
    const layer = make();
    expect(layer.describe()).toBe(description);
    for (const dtype of ['float32', 'float64'] as const) {
      const y = layer.forward(maps.astype(dtype), { training, rng });
      expect(y.dtype).toBe(dtype);
    }
    const empty = layer.forward(zeros([0, 3, 4, 4]), { training, rng });
    expect(empty.shape[0]).toBe(0);
    expect(layer.parameters()).toHaveLength(0);
  });

  test('is compiled with all its operations to the same result', () => {
    const layer = make();
    const f = (x: Tensor, key: Tensor): Tensor => layer.forward(x, { training: true, rng: key });
    const compiled = compile(f);
    for (const seed of [0, 1]) {
      const key = random.key(seed);
      expect(furthest(compiled(maps, key), f(maps, key))).toBeLessThan(1e-6);
    }
    const evaluate = compile((x: Tensor) => layer.forward(x));
    expect(furthest(evaluate(maps), layer.forward(maps))).toBeLessThan(1e-6);
    expect(hostKernels(compiled)).toEqual([]);
    expect(hostKernels(evaluate)).toEqual([]);
  });

  test('trains in a compiled step as in a plain one', () => {
    const losses = [true, false].map((fast) => {
      const key = random.key(5);
      const net = new Sequential(
        new Conv2d(1, 3, 3, { key, padding: 'same' }),
        relu,
        make(),
        new Flatten(),
        new Linear(description.startsWith('MaxPool') ? 12 : 48, 1, { key }),
      );
      const optimizer = adam(net, { lr: 0.01 });
      const images = random.normal(random.key(6), [4, 1, 4, 4]);
      const run = (batch: Tensor, rng: Tensor): Tensor =>
        optimizer.minimize(() => {
          const error = net.forward(batch, { training: true, rng }).sub(1);
          return error.mul(error).mean();
        });
      const step = fast ? compile(run) : run;
      return [0, 1, 2].map((k) => step(images, random.key(k)).item());
    });
    for (const [k, loss] of losses[0]!.entries()) expect(loss).toBeCloseTo(losses[1]![k]!, 4);
  });
});

test('the rate of DropBlock follows its schedule in a compiled step, and is saved', () => {
  const make = () => new Scheduled(linearRamp(0.4, 4), (p) => new DropBlock({ p, blockSize: 2 }));
  const layer = make();
  const step = compile((key: Tensor) => layer.forward(x, { training: true, rng: key }));
  const rates = [0, 1, 2, 3, 4, 5].map((k) => {
    step(random.key(k));
    return layer.rate.read().item();
  });
  rates.forEach((rate, k) => {
    expect(rate).toBeCloseTo(Math.min(k / 10, 0.4), 12);
  });
  const other = make();
  other.loadStateDict(layer.stateDict());
  expect(other.step.read().item()).toBe(6);
});

test('rates in cells are followed without another program', () => {
  const p = new Cell(tensor(0, { dtype: 'float64' }));
  const layer = new SpatialDropout({ dims: 2, p });
  const step = compile((key: Tensor) => layer.forward(x, { training: true, rng: key }));
  expect(step(rng).sum().item()).toBe(96);
  p.write(tensor(1, { dtype: 'float64' }));
  expect(step(rng).sum().item()).toBe(0);
  expect(step.traces).toBe(1);
});

test('blocks, masks and probabilities of empty maps are empty or say so', () => {
  expect(dropBlockMask(zeros([2, 0, 3, 3])).mask.shape).toEqual([2, 0, 3, 3]);
  expect(maxDropMask(zeros([0, 1, 2, 2])).shape).toEqual([0, 1, 2, 2]);
  expect(maxDropoutMask(zeros([0])).shape).toEqual([0]);
  expect(weightedChannelMask(zeros([0, 2, 1])).alpha.shape).toEqual([0]);
  expect(maxPoolDropout(zeros([0, 2, 2]), { kernelSize: 2 }).shape).toEqual([0, 1, 1]);
  expect(spatialDropout(zeros([3, 0]), { dims: 1, training, rng }).shape).toEqual([3, 0]);
});

test('cutout takes squares of 16 by default and hides with the exact probability', () => {
  const images = ones([400, 1, 20, 20], { dtype: 'float64' });
  const key = random.key(7);
  expect(cutout(images, { key }).sum().item()).toBe(cutout(images, { key, size: 16 }).sum().item());
  expect(new Cutout().size).toBe(16);
  const options = { size: 5, holes: 2 };
  const hidden = images.sub(cutout(images, { key, ...options })).mean({ axis: [0, 1] });
  const want = cutoutProbability(20, 20, options);
  const [share, p] = [hidden.data(), want.data()];
  for (const [i, q] of p.entries()) {
    expect(Math.abs(share[i]! - q)).toBeLessThan(7.2 * Math.sqrt((q * (1 - q)) / 400));
  }
  expect(cutoutProbability(4, 4).min().item()).toBe(1);
});

describe('layers with a number of axes in their names', () => {
  test('are those with that number', () => {
    for (const [layer, dims] of [
      [new SpatialDropout1d({ p: 0.4 }), 1],
      [new SpatialDropout2d({ p: 0.4 }), 2],
      [new SpatialDropout3d({ p: 0.4 }), 3],
    ] as const) {
      const x = random.normal(random.key(dims), [2, 3, ...[4, 2, 3].slice(0, dims)]);
      const same = new SpatialDropout({ dims, p: 0.4 });
      const context = { training, rng };
      expect(String(layer)).toBe(String(same));
      expect(layer.forward(x, context).toArray()).toEqual(same.forward(x, context).toArray());
    }
    for (const [layer, dims] of [
      [new DropBlock1d({ blockSize: 2, mask: 'shared' }), 1],
      [new DropBlock2d({ blockSize: 2, mask: 'shared' }), 2],
    ] as const) {
      const x = random.normal(random.key(dims), [2, 3, ...[4, 4].slice(0, dims)]);
      const same = new DropBlock({ dims, blockSize: 2, mask: 'shared' });
      const context = { training, rng };
      expect(String(layer)).toBe(String(same));
      expect(layer.forward(x, context).toArray()).toEqual(same.forward(x, context).toArray());
    }
  });

  test('have the defaults, and take no number', () => {
    expect([new SpatialDropout2d().p, new DropBlock2d().p, new DropBlock1d().blockSize]).toEqual([
      0.5, 0.1, 7,
    ]);
    expect(() => new SpatialDropout2d({ dims: 3 } as object)).toThrow(
      'SpatialDropout2d: unknown option "dims".',
    );
    expect(() => new DropBlock2d({ dims: 1 } as object)).toThrow(
      'DropBlock2d: unknown option "dims".',
    );
    expect(() => new SpatialDropout1d({ p: 2 })).toThrow(
      new RangeError(
        'SpatialDropout1d: p must be in [0, 1], got 2.\n  It is a probability: 0.2 is 20 percent.',
      ),
    );
  });
});

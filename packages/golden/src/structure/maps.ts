import { astype, expandDims, full, onesLike, select, stack, type Tensor } from '@tikhonov/core';
import {
  type CutoutOptions,
  type CutoutProbabilityOptions,
  cutout,
  cutoutProbability,
  type DropBlockOptions,
  type DropBlockProbabilityOptions,
  dropBlock,
  dropBlockGamma,
  dropBlockMask,
  dropBlockProbability,
  type MaxDropOptions,
  type MaxDropoutOptions,
  type MaxPoolDropoutOptions,
  type MaxPoolDropoutProbabilitiesOptions,
  maxDrop,
  maxDropMask,
  maxDropout,
  maxDropoutMask,
  maxPoolDropout,
  maxPoolDropoutProbabilities,
  type SpatialDropoutOptions,
  spatialDropout,
  type WeightedChannelDropoutOptions,
  weightedChannelDropout,
  weightedChannelMask,
  weightedSamplingProbabilities,
} from '@tikhonov/regularizers';
import { choose, type Methods, type Results } from '../objective/adapter.ts';
import type { Arguments } from '../objective/arguments.ts';

type Variants = Readonly<Record<string, (args: Arguments) => Results>>;

/** The first digit of a variant such as `2d_train`. */
const dimsOf = (args: Arguments): 1 | 2 | 3 => Number(args.variant[0]) as 1 | 2 | 3;

/** A mask as the file stores it. */
const stored = (mask: Tensor): Tensor => astype(mask, 'int32');

/** What training is given, if the case has it. */
function given<Name extends string>(
  args: Arguments,
  names: Readonly<Record<string, Name>>,
): Partial<Record<Name, Tensor>> {
  return Object.fromEntries(
    Object.entries(names)
      .filter(([theirs]) => args.has(theirs))
      .map(([theirs, ours]) => [ours, args.tensor(theirs)]),
  ) as Partial<Record<Name, Tensor>>;
}

const isTraining = ({ variant }: Arguments): boolean => !variant.includes('eval');

const blocks = (args: Arguments): Results => {
  const options: DropBlockOptions = {
    ...args.options<DropBlockOptions>('p', 'blockSize', 'mask'),
    ...given(args, { seeds: 'seeds' }),
    ...(args.variant.includes('shared') ? { mask: 'shared' } : {}),
    dims: dimsOf(args) as 1 | 2,
    training: isTraining(args),
  };
  const x = args.tensor('x');
  const { mask, scale } = dropBlockMask(x, options);
  return { y: dropBlock(x, options), mask: stored(mask), scale };
};

const probabilitiesOfBlocks = (args: Arguments): Results => {
  const sides = args.options<Readonly<Record<string, number>>>('L', 'H', 'W');
  const found = dropBlockProbability(
    Object.values(sides),
    args.options<DropBlockProbabilityOptions>('p', 'blockSize'),
  );
  return {
    gamma: found.gamma,
    cover_count: found.coverCount,
    drop_probability: found.dropProbability,
    expected_dropped_fraction: found.expectedFraction,
  };
};

const gammaTable = (args: Arguments): Results => ({
  rows_feat_block_gamma: args
    .settings('rows_feat_block_gamma', 2)
    .map(([side, blockSize]) => [
      full([], side!, { dtype: 'float64' }),
      full([], blockSize!, { dtype: 'float64' }),
      dropBlockGamma([side!, side!], { p: args.number('p'), blockSize: blockSize! }),
    ]),
});

const channels = (args: Arguments): Results => {
  const x = args.tensor('x');
  const options: WeightedChannelDropoutOptions = {
    ...args.options<WeightedChannelDropoutOptions>('wrsRatio', 'rngKeepProb', 'negativeScores'),
    ...given(args, { u: 'u', rng_u: 'rngU' }),
    training: isTraining(args),
  };
  const { score, sampled, mask, alpha } = weightedChannelMask(x, options);
  const y = weightedChannelDropout(x, options);
  return { y, score, wrs_mask: stored(sampled), mask: stored(mask), alpha };
};

const sampling = (args: Arguments): Results => {
  const { inclusion, first } = weightedSamplingProbabilities(
    args.tensor('score'),
    args.number('M'),
  );
  return { inclusion_probability: inclusion, first_pick_probability: first };
};

const pooling =
  (mode: 'weighted' | 'scaled' | 'max') =>
  (args: Arguments): Results => ({
    y: maxPoolDropout(args.tensor('x'), {
      ...args.options<MaxPoolDropoutOptions>('p', 'kernelSize', 'stride', 'padding'),
      ...given(args, { mask: 'mask' }),
      training: isTraining(args),
      mode,
    }),
  });

const pools: Variants = {
  train: pooling('weighted'),
  eval_probabilistic_weighted_pooling: pooling('weighted'),
  eval_scaled_max_pooling: pooling('scaled'),
  eval_max_pooling: pooling('max'),
  multinomial_probabilities: (args) => {
    const cells = args.tensor('sorted_activations');
    const options = args.options<MaxPoolDropoutProbabilitiesOptions>('p');
    return {
      probabilities_0_to_n: maxPoolDropoutProbabilities(args.number('n'), options),
      expectation: maxPoolDropout(cells.reshape([1, 1, cells.size]), {
        ...options,
        kernelSize: [1, cells.size],
      }).reshape([]),
    };
  },
};

const highest = (args: Arguments): Results => {
  const gaussian = args.variant.includes('gaussian');
  const options: MaxDropOptions = {
    ...args.options<MaxDropOptions>('p', 'mode', 'kernelSize', 'rescale'),
    ...given(args, { drop: 'drop', normal: 'normal' }),
    noise: gaussian ? 'gaussian' : 'bernoulli',
    training: isTraining(args),
  };
  const x = args.tensor('x');
  const y = maxDrop(x, options);
  return gaussian ? { y } : { y, mask: stored(maxDropMask(x, options)) };
};

const upper = (args: Arguments): Results => {
  const options: MaxDropoutOptions = {
    ...args.options<MaxDropoutOptions>('p', 'norm', 'perSample'),
    ...(args.has('rate') ? { rate: args.given('rate') } : {}),
    training: isTraining(args),
  };
  const x = args.tensor('x');
  return { y: maxDropout(x, options), mask: stored(maxDropoutMask(x, options)) };
};

const cutouts: Variants = {
  train: (args) => {
    const centres = stack([args.integers('center_y'), args.integers('center_x')], { axis: -1 });
    const options = {
      ...args.options<CutoutOptions>('size', 'holes'),
      centres: centres.rank === 2 ? expandDims(centres, 1) : centres,
    };
    const x = args.tensor('x');
    // One channel of what is left of ones.
    const mask = select(cutout(onesLike(x), options), 0, { axis: 1 });
    return { y: cutout(x, options), mask: stored(mask) };
  },
  drop_probability_exact: (args) => {
    const options = args.options<CutoutProbabilityOptions>('size', 'holes');
    const found = cutoutProbability(args.number('H'), args.number('W'), options);
    return { drop_probability: found, expected_dropped_fraction: found.mean() };
  },
};

/** Noise of maps, channels and images. */
export const maps: Methods = {
  spatial_dropout: (args) => ({
    y: spatialDropout(args.tensor('x'), {
      ...args.options<Partial<SpatialDropoutOptions>>('p'),
      ...given(args, { mask: 'mask' }),
      dims: dimsOf(args),
      training: isTraining(args),
    }),
  }),
  dropblock: (args) =>
    (args.variant === 'drop_probability_exact'
      ? probabilitiesOfBlocks
      : args.variant === 'gamma_table'
        ? gammaTable
        : blocks)(args),
  weighted_channel_dropout: (args) => (args.hasTensor('x') ? channels : sampling)(args),
  max_pool_dropout: (args) => choose(pools, args.variant)(args),
  max_drop: highest,
  max_dropout: upper,
  cutout: (args) => choose(cutouts, args.variant)(args),
};

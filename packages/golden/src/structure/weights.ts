import { Cell, reshape, type Tensor } from '@tikhonov/core';
import { batchNorm, type LayerNormOptions, layerNorm } from '@tikhonov/nn';
import {
  type ConcreteDropoutOptions,
  type ConcreteDropoutPenaltyOptions,
  concreteDropout,
  concreteDropoutPenalty,
  type DropConnectMomentsOptions,
  dropConnect,
  dropConnectGaussian,
  dropConnectMoments,
  normalizedWeight,
  type SpectralWeightOptions,
  spectrallyNormalizedWeight,
  variationalDropout,
  variationalKl,
  type ZoneoutOptions,
  zoneout,
} from '@tikhonov/regularizers';
import { choose, type Methods, type Results } from '../objective/adapter.ts';
import type { Arguments } from '../objective/arguments.ts';

type Variants = Readonly<Record<string, (args: Arguments) => Results>>;

const biasOf = (args: Arguments): { readonly bias?: Tensor } =>
  args.has('b') ? { bias: args.tensor('b') } : {};

const dropped = (args: Arguments, perSample: boolean): Results => ({
  y: dropConnect(args.tensor('x'), args.tensor('W'), {
    ...args.options<DropConnectMomentsOptions>('p'),
    ...biasOf(args),
    mask: args.tensor('mask'),
    training: true,
    perSample,
  }),
});

const dropConnects: Variants = {
  linear_train_inverted: (args) => dropped(args, false),
  linear_train_inverted_per_sample: (args) => dropped(args, true),
  gaussian_inference: (args) => {
    const [x, w] = [args.tensor('x'), args.tensor('W')];
    const options = { ...args.options<DropConnectMomentsOptions>('p'), ...biasOf(args) };
    const y = dropConnectGaussian(x, w, {
      ...options,
      samples: args.number('S'),
      normal: args.tensor('normal'),
    });
    return { ...dropConnectMoments(x, w, options), y };
  },
};

const zoneouts: Variants = {
  train: (args) => ({
    y: zoneout(args.tensor('prev'), args.tensor('next'), {
      ...args.options<ZoneoutOptions>('p'),
      zoned: args.tensor('zoned'),
      training: true,
    }),
  }),
  eval: (args) => ({
    y: zoneout(args.tensor('prev'), args.tensor('next'), args.options<ZoneoutOptions>('p')),
  }),
};

const concretes: Variants = {
  train: (args) => ({
    y: concreteDropout(args.tensor('x'), args.tensor('pLogit'), {
      ...args.options<ConcreteDropoutOptions>('temperature', 'eps'),
      u: args.tensor('u'),
      training: true,
    }),
  }),
  regularizer: (args) => ({
    loss: concreteDropoutPenalty(
      args.tensor('W'),
      args.tensor('pLogit'),
      args.options<ConcreteDropoutPenaltyOptions>(
        'weightRegularizer',
        'dropoutRegularizer',
        'inputDim',
      ),
    ),
  }),
};

const variationals: Variants = {
  // The library has the divergence itself.
  neg_kl_molchanov: (args) => ({ y: variationalKl(args.tensor('logAlpha')).mul(-1) }),
  neg_kl_kingma: (args) => ({
    y: variationalKl(args.tensor('logAlpha'), { form: 'kingma' }).mul(-1),
  }),
  linear_local_reparameterization_train: (args) => ({
    y: variationalDropout(args.tensor('x'), args.tensor('W'), args.tensor('logAlpha'), {
      normal: args.tensor('normal'),
      training: true,
    }),
  }),
};

const batchNorms: Variants = {
  train: (args) => {
    const [runningMean, runningVar] = [
      new Cell(args.tensor('runningMean')),
      new Cell(args.tensor('runningVar')),
    ];
    const y = batchNorm(args.tensor('x'), {
      ...args.options<{ readonly eps?: number; readonly momentum?: number }>('eps', 'momentum'),
      weight: args.tensor('gamma'),
      bias: args.tensor('beta'),
      runningMean,
      runningVar,
      training: true,
    });
    return { y, runningMean: runningMean.read(), runningVar: runningVar.read() };
  },
  eval: (args) => ({
    y: batchNorm(args.tensor('x'), {
      ...args.options<{ readonly eps?: number }>('eps'),
      weight: args.tensor('gamma'),
      bias: args.tensor('beta'),
      runningMean: args.tensor('runningMean'),
      runningVar: args.tensor('runningVar'),
    }),
  }),
};

/** Noise of weights and states, and weights and activations that are normalized. */
export const weights: Methods = {
  dropconnect: (args) => choose(dropConnects, args.variant)(args),
  zoneout: (args) => choose(zoneouts, args.variant)(args),
  concrete_dropout: (args) => choose(concretes, args.variant)(args),
  variational_dropout: (args) => choose(variationals, args.variant)(args),
  batch_norm: (args) => choose(batchNorms, args.variant)(args),
  layer_norm: (args) => {
    const gamma = args.tensor('gamma');
    return {
      y: layerNorm(args.tensor('x'), {
        normalizedShape: gamma.shape,
        ...args.options<Partial<LayerNormOptions>>('eps', 'normalizedShape'),
        weight: gamma,
        bias: args.tensor('beta'),
      }),
    };
  },
  weight_norm: (args) => {
    const [v, g] = [args.tensor('v'), args.tensor('g')];
    const { dim = 0 } = args.options<{ readonly dim?: number }>('dim');
    // The library has a length for each unit in the layout of the weight.
    const layout = v.shape.map((_, axis) => (axis === (dim + v.rank) % v.rank ? g.size : 1));
    const w = normalizedWeight(v, reshape(g, layout), { dim });
    return { w, y: w };
  },
  spectral_norm: (args) => {
    const { weight, sigma, u, v } = spectrallyNormalizedWeight(args.tensor('W'), {
      ...args.options<SpectralWeightOptions>('nPowerIterations', 'eps'),
      u: args.tensor('u0'),
    });
    return { y: weight, sigma, u, v };
  },
};

import { grad, sub, type Tensor, tensor, zerosLike } from '@tikhonov/core';
import {
  type ElasticNetOptions,
  elasticNet,
  frobeniusNorm,
  type GaussianPriorOptions,
  type GroupLassoOptions,
  gaussianPrior,
  groupLasso,
  type L1Options,
  type L2Options,
  type L2SpOptions,
  type LaplacePriorOptions,
  l1,
  l2,
  l2Sp,
  laplacePrior,
  type NuclearNormOptions,
  nuclearNorm,
  type OrthogonalityOptions,
  orthogonality,
  type SelfOrthogonalityOptions,
  type SignCorrelationOptions,
  type SpectralNormPenaltyOptions,
  selfOrthogonality,
  signCorrelations,
  spectralNormPenalty,
  type WeissiOptions,
  weissi,
} from '@tikhonov/regularizers';
import { choose, type Methods, type Results, type TensorAdapter } from './adapter.ts';
import type { Arguments } from './arguments.ts';

/** A prior's value, the part that the weights do not change, and what a weight of 1 adds to it. */
const prior =
  (negativeLogDensity: (w: Tensor, args: Arguments) => Tensor): TensorAdapter =>
  (args) => {
    const w = args.tensor('w');
    const energy = (x: Tensor): Tensor => negativeLogDensity(x, args);
    const one = tensor(1, { dtype: w.dtype });
    return {
      loss: energy(w),
      constant: energy(zerosLike(w)),
      lambda: sub(energy(one), energy(zerosLike(one))),
    };
  };

const spectral: Readonly<Record<string, (args: Arguments) => Results>> = {
  exact: (args) => {
    const w = args.tensor('W');
    const options: SpectralNormPenaltyOptions = {
      ...args.options<SpectralNormPenaltyOptions>('lambda', 'half', 'dim'),
      exact: true,
    };
    const { sigma, loss } = spectralNormPenalty(w, options);
    const dSigma = grad((x: Tensor) => spectralNormPenalty(x, options).sigma)(w);
    return { sigma, loss, dSigma, frobenius: frobeniusNorm(w) };
  },
  'power-iteration': (args) => {
    const options = args.options<SpectralNormPenaltyOptions>(
      ...(['lambda', 'nPowerIterations', 'eps', 'dim', 'half'] as const),
    );
    const { u, v, sigma, loss } = spectralNormPenalty(args.tensor('W'), {
      ...options,
      u: args.tensor('u0'),
    });
    return { u, v, sigma, loss };
  },
};

const correlated: Readonly<Record<string, (args: Arguments) => Results>> = {
  'exact-angle': (args) => correlations(args, { estimator: 'exact' }),
  'self-tanh': (args) =>
    correlations(args, {
      x: args.tensor('x'),
      ...args.options<SelfOrthogonalityOptions>('gamma'),
    }),
  sign: (args) => correlations(args, { x: args.tensor('x'), gamma: Infinity }),
};

const correlations = (args: Arguments, how: SignCorrelationOptions): Results => {
  const w = args.tensor('W');
  const strengths = args.options<SelfOrthogonalityOptions>('lambda1', 'lambda2', 'reduction');
  return { V: signCorrelations(w, how), loss: selfOrthogonality(w, { ...strengths, ...how }) };
};

const orthogonalForms: Readonly<Record<string, Omit<OrthogonalityOptions, 'lambda'>>> = {
  'so-columns': { form: 'so', vectors: 'columns' },
  'so-rows': { form: 'so', vectors: 'rows' },
  dso: { form: 'dso' },
  'srip-exact': { form: 'srip', vectors: 'columns' },
  'mutual-coherence': { form: 'mc', vectors: 'columns' },
  'off-diagonal': { form: 'off-diagonal', vectors: 'rows' },
  'keras-rows': { form: 'cosine', vectors: 'rows' },
};

/** Penalties of parameters. */
export const penalties: Methods = {
  l1: (args) => ({ loss: l1(args.list('params'), args.options<L1Options>('lambda')) }),
  l2: (args) => {
    const half = choose({ 'sum-of-squares': false, half: true }, args.variant);
    return {
      loss: l2(args.list('params'), { ...args.options<L2Options>('lambda'), half }),
    };
  },
  elastic_net: (args) => {
    type Names = { [K in 'lambda1' | 'lambda2' | 'alpha' | 'l1Ratio']: number };
    const strengths = args.options<Names>('lambda1', 'lambda2', 'alpha', 'l1Ratio');
    return { loss: elasticNet(args.list('params'), strengths as ElasticNetOptions) };
  },
  gaussian_prior: prior((w, args) => gaussianPrior(w, args.options<GaussianPriorOptions>('sigma'))),
  laplace_prior: prior((w, args) => laplacePrior(w, args.options<LaplacePriorOptions>('scale'))),
  spectral_norm_reg: (args) => choose(spectral, args.variant)(args),
  self_orthogonality: (args) => choose(correlated, args.variant)(args),
  group_lasso: (args) => ({
    loss: groupLasso(
      args.tensor('w'),
      args.options<GroupLassoOptions>('lambda', 'axis', 'weighted'),
    ),
  }),
  nuclear_norm: (args) => ({
    loss: nuclearNorm(args.tensor('w'), args.options<NuclearNormOptions>('lambda', 'dim')),
  }),
  orthogonal_reg: (args) => {
    const how = choose(orthogonalForms, args.variant);
    return {
      loss: orthogonality(args.tensor('w'), {
        ...args.options<OrthogonalityOptions>('lambda', 'dim'),
        ...how,
      }),
    };
  },
  l2_sp: (args) => ({
    loss: l2Sp(args.tensor('w'), {
      ...args.options<L2SpOptions>('alpha', 'beta'),
      reference: args.tensor('w0'),
    }),
  }),
  weissi: (args) => ({
    loss: weissi(args.list('params'), args.options<WeissiOptions>('lambda1', 'lambda2', 'eps')),
  }),
};

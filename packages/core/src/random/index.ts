import '../methods.ts';

export { bits } from './bits.ts';
export { type CategoricalOptions, categorical } from './categorical.ts';
export { type ChoiceOptions, choice } from './choice.ts';
export { bernoulli, permutation, rademacher, randint, shuffle } from './discrete.ts';
export type { DrawOptions } from './draws.ts';
export {
  type ExponentialOptions,
  exponential,
  gumbel,
  type LocationScaleOptions,
  laplace,
} from './exponential.ts';
export { beta, dirichlet, type GammaOptions, gamma, logGamma } from './gamma.ts';
export { foldIn, Generator, key, split } from './keys.ts';
export {
  type NormalOptions,
  normal,
  type TruncatedNormalOptions,
  truncatedNormal,
} from './normal.ts';
export { poisson } from './poisson.ts';
export { type UniformOptions, uniform } from './uniform.ts';

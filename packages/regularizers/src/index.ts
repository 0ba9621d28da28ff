export { isInRange, resolveArguments } from './arguments.ts';
export type {
  Argument,
  ArgumentValues,
  Family,
  GradientCase,
  Method,
  ObjectiveMethod,
  OtherMethod,
  Penalty,
  Reference,
  TrainingPlan,
} from './method.ts';
export {
  type ElasticNetOptions,
  elasticNet,
  proxElasticNet,
  type StrengthAndRatio,
  type TwoStrengths,
} from './objective/elastic-net.ts';
export {
  type L1Options,
  type LaplacePriorOptions,
  l1,
  laplacePrior,
  proxL1,
  softThreshold,
} from './objective/l1.ts';
export {
  frobeniusNorm,
  type GaussianPriorOptions,
  gaussianPrior,
  type L2Options,
  l2,
  proxL2,
} from './objective/l2.ts';
export type { PowerIterationOptions, SingularPair } from './objective/power-iteration.ts';
export {
  type SpectralNormOptions,
  type SpectralNormPenalty,
  type SpectralNormPenaltyOptions,
  type SpectralNormPenaltyResult,
  spectralNorm,
  spectralNormPenalty,
  spectralNormValue,
} from './objective/spectral-norm.ts';
export type { Parameters, SelectOptions } from './parameters.ts';
export { earlyStopping, patienceUpdate } from './process/early-stopping.ts';
export {
  clipByGlobalNorm,
  clipGradsByGlobalNorm,
  globalNorm,
} from './process/gradient-clipping.ts';
export { crossEntropy, smoothLabels } from './process/label-smoothing.ts';
export { adamw } from './process/weight-decay.ts';
export { findMethod, methods, plainPlan } from './registry.ts';
export type { Strength } from './strength.ts';
export { type DropoutOptions, dropout } from './structure/dropout.ts';

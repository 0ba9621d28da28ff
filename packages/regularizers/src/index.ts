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
  spectralNorm,
  spectralNormValue,
} from './objective/spectral-norm.ts';
export {
  type SpectralNormPenaltyOptions,
  type SpectralNormPenaltyResult,
  spectralNormPenalty,
} from './objective/spectral-norm-penalty.ts';
export type { PenaltyTarget, SelectOptions } from './parameters.ts';
export {
  type EarlyStopping,
  type EarlyStoppingOptions,
  earlyStopping,
  initialPatience,
  type PatienceDecision,
  type PatienceRule,
  type PatienceState,
  patienceUpdate,
} from './process/early-stopping.ts';
export {
  type ClipByGlobalNormOptions,
  clipByGlobalNorm,
  clipByValue,
  clipGradsByGlobalNorm,
  type GlobalNormOptions,
  globalNorm,
} from './process/gradient-clipping.ts';
export {
  type CrossEntropyOptions,
  crossEntropy,
  type SmoothLabelsOptions,
  smoothLabels,
} from './process/label-smoothing.ts';
export { type AdamOptions, adamw } from './process/weight-decay.ts';
export { findMethod, methods, plainPlan } from './registry.ts';
export type { Strength } from './strength.ts';
export {
  Dropout,
  type DropoutOptions,
  type DropoutSettings,
  dropout,
} from './structure/dropout.ts';

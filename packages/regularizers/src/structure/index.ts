export {
  AlphaDropout,
  type AlphaDropoutOptions,
  type AlphaDropoutSettings,
  alphaDropout,
  FeatureAlphaDropout,
  featureAlphaDropout,
} from './alpha-dropout.ts';
export {
  BatchNorm1d,
  BatchNorm2d,
  type BatchNormOptions,
  type BatchNormSettings,
  batchNorm,
} from './batch-normalization.ts';
export { dropPathRates, linearDecaySurvival } from './block-rates.ts';
export {
  type ConcreteDropoutOptions,
  type ConcreteDropoutPenaltyOptions,
  type ConcreteDropoutSettings,
  concreteDropout,
  concreteDropoutPenalty,
} from './concrete-dropout-functions.ts';
export {
  ConcreteDropout,
  type ConcreteDropoutLayerOptions,
  type ConcreteDropoutTermOptions,
  concreteDropoutTerm,
} from './concrete-dropout-layer.ts';
export { depthDistribution } from './depth-distribution.ts';
export {
  DropPath,
  type DropPathOptions,
  type DropPathSettings,
  dropPath,
} from './drop-path.ts';
export {
  DropBlock,
  DropBlock1d,
  DropBlock2d,
  type DropBlockShape,
} from './dropblock.ts';
export {
  type DropBlockMask,
  type DropBlockOptions,
  type DropBlockSettings,
  dropBlock,
  dropBlockMask,
} from './dropblock-function.ts';
export {
  type DropBlockGammaOptions,
  type DropBlockProbability,
  type DropBlockProbabilityOptions,
  dropBlockGamma,
  dropBlockProbability,
} from './dropblock-geometry.ts';
export { DropConnect, type DropConnectLayerOptions } from './dropconnect.ts';
export {
  type DropConnectGaussianOptions,
  type DropConnectMoments,
  type DropConnectMomentsOptions,
  type DropConnectOptions,
  type DropConnectSettings,
  dropConnect,
  dropConnectGaussian,
  dropConnectMoments,
} from './dropconnect-functions.ts';
export {
  Dropout,
  type DropoutOptions,
  type DropoutSettings,
  dropout,
} from './dropout.ts';
export {
  GaussianDropout,
  type GaussianDropoutOptions,
  type GaussianDropoutSettings,
  gaussianDropout,
} from './gaussian-dropout.ts';
export {
  type ActivationNoiseOptions,
  activationNoise,
  GaussianNoise,
  type GaussianNoiseSettings,
} from './gaussian-noise-layer.ts';
export {
  LayerNorm,
  type LayerNormOptions,
  type LayerNormSettings,
  layerNorm,
} from './layer-normalization.ts';
export {
  LockedDropout,
  type LockedDropoutOptions,
  type LockedDropoutSettings,
  lockedDropout,
} from './locked-dropout.ts';
export {
  type MarginalDropoutOptions,
  marginalDropoutPenalty,
} from './marginal-dropout-penalty.ts';
export { MaxDrop } from './max-drop.ts';
export {
  type MaxDropOptions,
  type MaxDropSettings,
  maxDrop,
  maxDropMask,
} from './max-drop-function.ts';
export { MaxDropout } from './max-dropout.ts';
export {
  type MaxDropoutOptions,
  type MaxDropoutSettings,
  maxDropout,
  maxDropoutMask,
} from './max-dropout-function.ts';
export { MaxPoolDropout } from './max-pool-dropout.ts';
export {
  type MaxPoolDropoutMode,
  type MaxPoolDropoutOptions,
  type MaxPoolDropoutProbabilitiesOptions,
  type MaxPoolDropoutSettings,
  maxPoolDropout,
  maxPoolDropoutProbabilities,
} from './max-pool-dropout-function.ts';
export {
  type McClassification,
  type McClassificationOptions,
  type McDropoutOptions,
  type McPassesOptions,
  type McRegression,
  type McRegressionOptions,
  mcClassification,
  mcDropout,
  mcPasses,
  mcRegression,
} from './mc-dropout.ts';
export {
  type RDropOptions,
  type RDropSettings,
  type RDropTermOptions,
  rDrop,
  rDropLoss,
  rDropTerm,
  symmetricKl,
} from './r-drop.ts';
export { Scheduled, type StepRate } from './scheduled.ts';
export {
  type CurriculumOptions,
  curriculum,
  curriculumRate,
  type LinearRampOptions,
  linearRamp,
  type RateSchedule,
} from './schedules.ts';
export { ShakeShake } from './shake-shake.ts';
export {
  type ShakeShakeOptions,
  type ShakeShakeSettings,
  shakeShake,
} from './shake-shake-function.ts';
export {
  SpatialDropout,
  SpatialDropout1d,
  SpatialDropout2d,
  SpatialDropout3d,
  type SpatialDropoutOptions,
  type SpatialDropoutRate,
  type SpatialDropoutSettings,
  spatialDropout,
} from './spatial-dropout.ts';
export {
  type SpectralNormalizationOptions,
  type SpectralWeight,
  type SpectralWeightOptions,
  spectrallyNormalizedWeight,
  spectralNormalization,
} from './spectral-normalization.ts';
export {
  Standout,
  type StandoutBelief,
  type StandoutOptions,
  type StandoutSettings,
  standout,
  standoutKeepProbability,
} from './standout.ts';
export { StochasticDepth, type StochasticDepthLayerOptions } from './stochastic-depth.ts';
export {
  type StochasticDepthOptions,
  type StochasticDepthSettings,
  stochasticDepth,
} from './stochastic-depth-function.ts';
export {
  StochasticDropout,
  type StochasticDropoutOptions,
  type StochasticRateOptions,
  type StochasticRateSettings,
  stochasticDropout,
  stochasticRate,
} from './stochastic-dropout.ts';
export {
  type LogAlphaSettings,
  type VariationalDropoutOptions,
  type VariationalKlForm,
  type VariationalKlOptions,
  variationalDropout,
  variationalKl,
} from './variational-dropout-functions.ts';
export {
  VariationalConv2d,
  type VariationalDropoutTermOptions,
  type VariationalLayer,
  type VariationalLayerOptions,
  VariationalLinear,
  variationalDropoutTerm,
  variationalSparsity,
} from './variational-dropout-layers.ts';
export {
  normalizedWeight,
  type WeightNormOptions,
  weightNorm,
} from './weight-normalization.ts';
export {
  type StandardizeWeightOptions,
  standardizedWeight,
  type WeightStandardizationOptions,
  weightStandardization,
} from './weight-standardization.ts';
export { WeightedChannelDropout } from './weighted-channel-dropout.ts';
export {
  type WeightedChannelDropoutOptions,
  type WeightedChannelDropoutSettings,
  type WeightedChannelMask,
  weightedChannelDropout,
  weightedChannelMask,
} from './weighted-channel-dropout-function.ts';
export {
  type SamplingProbabilities,
  weightedSamplingProbabilities,
} from './weighted-sampling.ts';
export {
  Zoneout,
  type ZoneoutableCell,
  type ZoneoutableLayer,
  ZoneoutCell,
  type ZoneoutOptions,
  type ZoneoutRates,
  type ZoneoutResult,
  zoneout,
} from './zoneout.ts';

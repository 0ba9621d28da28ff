export { isInRange, resolveArguments } from './arguments.ts';
export { type ConfiguredTraining, type ConfigureOptions, configure } from './configure.ts';
export type {
  Argument,
  ArgumentValues,
  CallbackScope,
  Family,
  GradientCase,
  Method,
  Network,
  NetworkKind,
  NetworkSettings,
  ObjectiveMethod,
  OtherMethod,
  Penalty,
  PlanPart,
  PlanScope,
  Reference,
  TrainingPlan,
  TrainingTask,
} from './method.ts';
export type { NetworkSpec } from './networks.ts';
export {
  type ActivityOptions,
  type ActivityTermOptions,
  activityL1,
  activityL1Term,
  activityL2,
  activityL2Term,
} from './objective/activity-penalty.ts';
export type { ActivationOptions } from './objective/activity-select.ts';
export {
  type AdversarialExampleOptions,
  adversarialExample,
  type ProjectedStepsOptions,
  type SingleStepOptions,
} from './objective/adversarial-example.ts';
export {
  type AdversarialLossOptions,
  type AdversarialTermOptions,
  adversarialLoss,
  adversarialTerm,
} from './objective/adversarial-training.ts';
export { type BridgeOptions, bridge } from './objective/bridge.ts';
export { type DeCovOptions, type DeCovTermOptions, deCov, deCovTerm } from './objective/decov.ts';
export {
  type ElasticNetOptions,
  elasticNet,
  proxElasticNet,
  type StrengthAndRatio,
  type TwoStrengths,
} from './objective/elastic-net.ts';
export {
  type DirichletPenaltyOptions,
  dirichletEnergy,
  type FunctionGradientPenaltyOptions,
  functionGradientPenalty,
  type R1PenaltyOptions,
  type WassersteinPenaltyOptions,
} from './objective/function-gradient-penalty.ts';
export {
  type GeometricOccam,
  type GeometricOccamOptions,
  geometricOccam,
  type OccamBound,
  type OccamLayer,
} from './objective/geometric-occam.ts';
export {
  type GivenParameters,
  type GradientPenaltyOptions,
  gradientPenalty,
  gradientPenaltyTerm,
  type LossParameters,
  type ParameterLoss,
  type PenalizedGradients,
} from './objective/gradient-penalty.ts';
export {
  type GroupLassoOptions,
  groupLasso,
  type ProxGroupLassoOptions,
  proxGroupLasso,
} from './objective/group-lasso.ts';
export {
  type HuberPenaltyOptions,
  huberPenalty,
  type SmoothL1PenaltyOptions,
  smoothL1Penalty,
} from './objective/huber-penalty.ts';
export {
  type GradientFlowOptions,
  gradientFlow,
  type ImplicitGradientOptions,
  type ImplicitGradientOrder,
  type ImplicitGradientOrderOptions,
  implicitGradientOrder,
  implicitGradientPenalty,
  modifiedLoss,
} from './objective/implicit-gradient-regularization.ts';
export {
  type GradientSize,
  type InputGradientPenaltyOptions,
  inputGradientPenalty,
  inputGradients,
  inputGradientTerm,
} from './objective/input-gradient-penalty.ts';
export {
  type JacobianPenaltyOptions,
  jacobianPenalty,
  jacobianTerm,
} from './objective/jacobian-regularization.ts';
export type { BatchFunction } from './objective/jacobian-rows.ts';
export {
  type KlSparsityOptions,
  type KlSparsityTermOptions,
  klSparsity,
  klSparsityTerm,
} from './objective/kl-sparsity.ts';
export { hardThreshold, proxL0 } from './objective/l0.ts';
export {
  type GatedLayer,
  type L0GateOptions,
  L0Gates,
  l0GatesOf,
  withL0Gates,
} from './objective/l0-gates.ts';
export {
  gateProbNonzero,
  gateProbOne,
  type HardConcreteOptions,
  type HardConcreteSample,
  hardConcrete,
  hardConcreteGate,
  type L0PenaltyOptions,
  l0Penalty,
  type SampleGateOptions,
} from './objective/l0-hard-concrete.ts';
export { type L0PruneOptions, l0Prune, SelectFeatures } from './objective/l0-prune.ts';
export {
  type CountNonzeroOptions,
  countNonzero,
  type L0LayerReport,
  L0Report,
  l0Report,
} from './objective/l0-report.ts';
export { type L0TermOptions, l0Clamp, l0Term } from './objective/l0-term.ts';
export {
  type L1Options,
  type LaplacePriorOptions,
  l1,
  laplacePrior,
  type Prox,
  proximal,
  proximalStep,
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
export { type L2SpOptions, l2Sp } from './objective/l2-sp.ts';
export { type LazyTerm, lazily } from './objective/lazily.ts';
export {
  type LipschitzEstimate,
  type LipschitzEstimateOptions,
  lipschitzEstimate,
} from './objective/lipschitz.ts';
export { maxNorm, type Projection, project, type SliceOptions } from './objective/max-norm.ts';
export { type NuclearNormOptions, nuclearNorm, proxNuclear } from './objective/nuclear-norm.ts';
export { type OrthogonalityOptions, orthogonality } from './objective/orthogonality.ts';
export type { OrthogonalityForm, OrthogonalVectors } from './objective/orthogonality-forms.ts';
export { type PathNormOptions, pathNorm } from './objective/path-norm.ts';
export type { SampleLosses } from './objective/per-sample.ts';
export type { PowerIterationOptions, SingularPair } from './objective/power-iteration.ts';
export {
  type CorrelationPenaltyOptions,
  type SelfOrthogonalityOfOutputsOptions,
  type SelfOrthogonalityOptions,
  selfOrthogonality,
  selfOrthogonalityOfOutputs,
} from './objective/self-orthogonality-penalty.ts';
export {
  type SelfOrthogonalityTermOptions,
  selfOrthogonalityTerm,
} from './objective/self-orthogonality-term.ts';
export { type SignCorrelationOptions, signCorrelations } from './objective/sign-correlations.ts';
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
export { clipWeights } from './objective/weight-clipping.ts';
export { type WeissiOptions, weissi } from './objective/weissi.ts';
export type { PenaltyTarget, SelectOptions } from './parameters.ts';
export { type AdaptiveClipOptions, clipAdaptively } from './process/adaptive-gradient-clipping.ts';
export {
  type BootstrapLossOptions,
  type BootstrapTargetsOptions,
  bootstrapLoss,
  bootstrapTargets,
} from './process/bootstrapping.ts';
export {
  type ConfidencePenaltyOptions,
  confidencePenalty,
} from './process/confidence-penalty.ts';
export { type ConsistencyOptions, consistencyPenalty } from './process/consistency.ts';
export { type CutmixOptions, cutmix } from './process/cutmix.ts';
export {
  type CutoutOptions,
  type CutoutProbabilityOptions,
  cutout,
  cutoutProbability,
} from './process/cutout.ts';
export { Cutout, type CutoutSettings } from './process/cutout-layer.ts';
export { type DisturbLabelsOptions, disturbLabels } from './process/disturb-label.ts';
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
  type AverageWeightsOptions,
  Averaging,
  averageWeights,
  averaging,
  type EmaOptions,
  ema,
  ParameterAverage,
} from './process/ema.ts';
export { entropyOfLogits } from './process/entropy.ts';
export {
  type EntropyMinimizationOptions,
  entropyMinimization,
} from './process/entropy-minimization.ts';
export { type EquivalentL2Options, equivalentL2 } from './process/equivalent-l2.ts';
export { type FloodingOptions, flooding } from './process/flooding.ts';
export { type GaussianNoiseOptions, gaussianNoise } from './process/gaussian-noise.ts';
export { centralizeGradients } from './process/gradient-centralization.ts';
export {
  type ClipByGlobalNormOptions,
  type ClippedGradients,
  clipByGlobalNorm,
  clipByNorm,
  clipGradsByGlobalNorm,
  clipGradsByNorm,
  type GivenGradients,
  type GlobalNormOptions,
  globalNorm,
  type NormClipOptions,
} from './process/gradient-clipping.ts';
export {
  addGradientNoise,
  type GivenNoiseOptions,
  type GradientNoiseOptions,
  gradientNoise,
  gradientNoiseScale,
} from './process/gradient-noise.ts';
export { klOfLogits } from './process/kl-of-logits.ts';
export {
  type DistillationLossOptions,
  type DistillationOptions,
  type DistillationTermOptions,
  distillationLoss,
  distillationTerm,
  type SelfDistillationOptions,
  type SelfDistillationTerm,
  selfDistillationTerm,
} from './process/knowledge-distillation.ts';
export {
  type CrossEntropyOptions,
  crossEntropy,
  type SmoothLabelsOptions,
  smoothLabels,
} from './process/label-smoothing.ts';
export { type LookaheadOptions, type LookaheadState, lookahead } from './process/lookahead.ts';
export {
  type MeanTeacherOptions,
  type MeanTeacherTerm,
  meanTeacherTerm,
} from './process/mean-teacher.ts';
export {
  type MixableRows,
  type MixedRows,
  type MixupOptions,
  mixup,
} from './process/mixup.ts';
export { type PiModelOptions, piModelTerm } from './process/pi-model.ts';
export {
  type GlRule,
  generalizationLoss,
  glUpdate,
  initialPrechelt,
  type PqRule,
  type Prechelt,
  type PrecheltDecision,
  type PrecheltErrors,
  type PrecheltOptions,
  type PrecheltState,
  pqUpdate,
  prechelt,
  trainingProgress,
  type UpRule,
  upUpdate,
} from './process/prechelt.ts';
export { type RandomFlipOptions, randomFlip } from './process/random-flip.ts';
export {
  type RandomCropOptions,
  type RandomShiftOptions,
  randomCrop,
  randomShift,
} from './process/random-shift.ts';
export {
  type Curvature,
  type CurvatureOptions,
  type CurvaturePoint,
  curvature,
  type GradientChange,
  gradientChangeBound,
  type RelaxedSmoothness,
  relaxedSmoothness,
} from './process/relaxed-smoothness.ts';
export {
  type SamOptions,
  type SamPass,
  SharpnessAware,
  sam,
  samPerturbation,
} from './process/sam.ts';
export {
  type SemiSupervisedBatch,
  type SemiSupervisedVatOptions,
  semiSupervisedVat,
} from './process/semi-supervised-vat.ts';
export { softClip, softClipGrads } from './process/soft-clipping.ts';
export { swa, type UpdateBatchNormOptions, updateBatchNorm } from './process/swa.ts';
export { clipByValue, clipGradsByValue } from './process/value-clipping.ts';
export {
  type CodeOptions,
  type GaussianCode,
  type GaussianKlOptions,
  gaussianCode,
  gaussianKl,
  type VibOptions,
  type VibResult,
  vib,
} from './process/variational-information-bottleneck-functions.ts';
export {
  type BottleneckOptions,
  GaussianBottleneck,
  VibHead,
  type VibTermOptions,
  vibTerm,
  withBottleneck,
} from './process/variational-information-bottleneck-layers.ts';
export type { Divergence, VatPerturbationOptions } from './process/vat-perturbation.ts';
export {
  localDistributionalSmoothness,
  type SmoothnessOptions,
  type VatOptions,
  type VatTermOptions,
  vat,
  vatPerturbation,
  vatTerm,
} from './process/virtual-adversarial-training.ts';
export { type AdamOptions, adamw } from './process/weight-decay.ts';
export { findMethod, methods, plainPlan } from './registry.ts';
export type { Strength } from './strength.ts';
export {
  AlphaDropout,
  type AlphaDropoutOptions,
  type AlphaDropoutSettings,
  alphaDropout,
  FeatureAlphaDropout,
  featureAlphaDropout,
} from './structure/alpha-dropout.ts';
export {
  BatchNorm1d,
  BatchNorm2d,
  type BatchNormOptions,
  type BatchNormSettings,
  batchNorm,
} from './structure/batch-normalization.ts';
export { dropPathRates, linearDecaySurvival } from './structure/block-rates.ts';
export {
  type ConcreteDropoutOptions,
  type ConcreteDropoutPenaltyOptions,
  type ConcreteDropoutSettings,
  concreteDropout,
  concreteDropoutPenalty,
} from './structure/concrete-dropout-functions.ts';
export {
  ConcreteDropout,
  type ConcreteDropoutLayerOptions,
  type ConcreteDropoutTermOptions,
  concreteDropoutTerm,
} from './structure/concrete-dropout-layer.ts';
export { depthDistribution } from './structure/depth-distribution.ts';
export {
  DropPath,
  type DropPathOptions,
  type DropPathSettings,
  dropPath,
} from './structure/drop-path.ts';
export {
  DropBlock,
  DropBlock1d,
  DropBlock2d,
  type DropBlockShape,
} from './structure/dropblock.ts';
export {
  type DropBlockMask,
  type DropBlockOptions,
  type DropBlockSettings,
  dropBlock,
  dropBlockMask,
} from './structure/dropblock-function.ts';
export {
  type DropBlockGammaOptions,
  type DropBlockProbability,
  type DropBlockProbabilityOptions,
  dropBlockGamma,
  dropBlockProbability,
} from './structure/dropblock-geometry.ts';
export { DropConnect, type DropConnectLayerOptions } from './structure/dropconnect.ts';
export {
  type DropConnectGaussianOptions,
  type DropConnectMoments,
  type DropConnectMomentsOptions,
  type DropConnectOptions,
  type DropConnectSettings,
  dropConnect,
  dropConnectGaussian,
  dropConnectMoments,
} from './structure/dropconnect-functions.ts';
export {
  Dropout,
  type DropoutOptions,
  type DropoutSettings,
  dropout,
} from './structure/dropout.ts';
export {
  GaussianDropout,
  type GaussianDropoutOptions,
  type GaussianDropoutSettings,
  gaussianDropout,
} from './structure/gaussian-dropout.ts';
export {
  type ActivationNoiseOptions,
  activationNoise,
  GaussianNoise,
  type GaussianNoiseSettings,
} from './structure/gaussian-noise-layer.ts';
export {
  LayerNorm,
  type LayerNormOptions,
  type LayerNormSettings,
  layerNorm,
} from './structure/layer-normalization.ts';
export {
  LockedDropout,
  type LockedDropoutOptions,
  type LockedDropoutSettings,
  lockedDropout,
} from './structure/locked-dropout.ts';
export {
  type MarginalDropoutOptions,
  marginalDropoutPenalty,
} from './structure/marginal-dropout-penalty.ts';
export { MaxDrop } from './structure/max-drop.ts';
export {
  type MaxDropOptions,
  type MaxDropSettings,
  maxDrop,
  maxDropMask,
} from './structure/max-drop-function.ts';
export { MaxDropout } from './structure/max-dropout.ts';
export {
  type MaxDropoutOptions,
  type MaxDropoutSettings,
  maxDropout,
  maxDropoutMask,
} from './structure/max-dropout-function.ts';
export { MaxPoolDropout } from './structure/max-pool-dropout.ts';
export {
  type MaxPoolDropoutMode,
  type MaxPoolDropoutOptions,
  type MaxPoolDropoutProbabilitiesOptions,
  type MaxPoolDropoutSettings,
  maxPoolDropout,
  maxPoolDropoutProbabilities,
} from './structure/max-pool-dropout-function.ts';
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
} from './structure/mc-dropout.ts';
export {
  type RDropOptions,
  type RDropSettings,
  type RDropTermOptions,
  rDrop,
  rDropLoss,
  rDropTerm,
  symmetricKl,
} from './structure/r-drop.ts';
export { Scheduled, type StepRate } from './structure/scheduled.ts';
export {
  type CurriculumOptions,
  curriculum,
  curriculumRate,
  type LinearRampOptions,
  linearRamp,
  type RateSchedule,
} from './structure/schedules.ts';
export { ShakeShake } from './structure/shake-shake.ts';
export {
  type ShakeShakeOptions,
  type ShakeShakeSettings,
  shakeShake,
} from './structure/shake-shake-function.ts';
export {
  SpatialDropout,
  SpatialDropout1d,
  SpatialDropout2d,
  SpatialDropout3d,
  type SpatialDropoutOptions,
  type SpatialDropoutRate,
  type SpatialDropoutSettings,
  spatialDropout,
} from './structure/spatial-dropout.ts';
export {
  type SpectralNormalizationOptions,
  type SpectralWeight,
  type SpectralWeightOptions,
  spectrallyNormalizedWeight,
  spectralNormalization,
} from './structure/spectral-normalization.ts';
export {
  Standout,
  type StandoutBelief,
  type StandoutOptions,
  type StandoutSettings,
  standout,
  standoutKeepProbability,
} from './structure/standout.ts';
export { StochasticDepth, type StochasticDepthLayerOptions } from './structure/stochastic-depth.ts';
export {
  type StochasticDepthOptions,
  type StochasticDepthSettings,
  stochasticDepth,
} from './structure/stochastic-depth-function.ts';
export {
  StochasticDropout,
  type StochasticDropoutOptions,
  type StochasticRateOptions,
  type StochasticRateSettings,
  stochasticDropout,
  stochasticRate,
} from './structure/stochastic-dropout.ts';
export {
  type LogAlphaSettings,
  type VariationalDropoutOptions,
  type VariationalKlForm,
  type VariationalKlOptions,
  variationalDropout,
  variationalKl,
} from './structure/variational-dropout-functions.ts';
export {
  VariationalConv2d,
  type VariationalDropoutTermOptions,
  type VariationalLayer,
  type VariationalLayerOptions,
  VariationalLinear,
  variationalDropoutTerm,
  variationalSparsity,
} from './structure/variational-dropout-layers.ts';
export {
  normalizedWeight,
  type WeightNormOptions,
  weightNorm,
} from './structure/weight-normalization.ts';
export {
  type StandardizeWeightOptions,
  standardizedWeight,
  type WeightStandardizationOptions,
  weightStandardization,
} from './structure/weight-standardization.ts';
export { WeightedChannelDropout } from './structure/weighted-channel-dropout.ts';
export {
  type WeightedChannelDropoutOptions,
  type WeightedChannelDropoutSettings,
  type WeightedChannelMask,
  weightedChannelDropout,
  weightedChannelMask,
} from './structure/weighted-channel-dropout-function.ts';
export {
  type SamplingProbabilities,
  weightedSamplingProbabilities,
} from './structure/weighted-sampling.ts';
export {
  Zoneout,
  type ZoneoutableCell,
  type ZoneoutableLayer,
  ZoneoutCell,
  type ZoneoutOptions,
  type ZoneoutRates,
  type ZoneoutResult,
  zoneout,
} from './structure/zoneout.ts';

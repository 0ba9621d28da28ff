export { type AdaptiveClipOptions, clipAdaptively } from './adaptive-gradient-clipping.ts';
export {
  type BootstrapLossOptions,
  type BootstrapTargetsOptions,
  bootstrapLoss,
  bootstrapTargets,
} from './bootstrapping.ts';
export {
  type ConfidencePenaltyOptions,
  confidencePenalty,
} from './confidence-penalty.ts';
export { type ConsistencyOptions, consistencyPenalty } from './consistency.ts';
export { type CutmixOptions, cutmix } from './cutmix.ts';
export {
  type CutoutOptions,
  type CutoutProbabilityOptions,
  cutout,
  cutoutProbability,
} from './cutout.ts';
export { Cutout, type CutoutSettings } from './cutout-layer.ts';
export { type DisturbLabelsOptions, disturbLabels } from './disturb-label.ts';
export {
  type EarlyStopping,
  type EarlyStoppingOptions,
  earlyStopping,
  initialPatience,
  type PatienceDecision,
  type PatienceRule,
  type PatienceState,
  patienceUpdate,
} from './early-stopping.ts';
export {
  type AverageWeightsOptions,
  Averaging,
  averageWeights,
  averaging,
  type EmaOptions,
  ema,
  ParameterAverage,
} from './ema.ts';
export { entropyOfLogits } from './entropy.ts';
export {
  type EntropyMinimizationOptions,
  entropyMinimization,
} from './entropy-minimization.ts';
export { type EquivalentL2Options, equivalentL2 } from './equivalent-l2.ts';
export { type FloodingOptions, flooding } from './flooding.ts';
export { type GaussianNoiseOptions, gaussianNoise } from './gaussian-noise.ts';
export { centralizeGradients } from './gradient-centralization.ts';
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
} from './gradient-clipping.ts';
export {
  addGradientNoise,
  type GivenNoiseOptions,
  type GradientNoiseOptions,
  gradientNoise,
  gradientNoiseScale,
} from './gradient-noise.ts';
export { klOfLogits } from './kl-of-logits.ts';
export {
  type DistillationLossOptions,
  type DistillationOptions,
  type DistillationTermOptions,
  distillationLoss,
  distillationTerm,
  type SelfDistillationOptions,
  type SelfDistillationTerm,
  selfDistillationTerm,
} from './knowledge-distillation.ts';
export {
  type CrossEntropyOptions,
  crossEntropy,
  type SmoothLabelsOptions,
  smoothLabels,
} from './label-smoothing.ts';
export { type LookaheadOptions, type LookaheadState, lookahead } from './lookahead.ts';
export {
  type MeanTeacherOptions,
  type MeanTeacherTerm,
  meanTeacherTerm,
} from './mean-teacher.ts';
export {
  type MixableRows,
  type MixedRows,
  type MixupOptions,
  mixup,
} from './mixup.ts';
export { type PiModelOptions, piModelTerm } from './pi-model.ts';
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
} from './prechelt.ts';
export { type RandomFlipOptions, randomFlip } from './random-flip.ts';
export {
  type RandomCropOptions,
  type RandomShiftOptions,
  randomCrop,
  randomShift,
} from './random-shift.ts';
export {
  type Curvature,
  type CurvatureOptions,
  type CurvaturePoint,
  curvature,
  type GradientChange,
  gradientChangeBound,
  type RelaxedSmoothness,
  relaxedSmoothness,
} from './relaxed-smoothness.ts';
export {
  type SamOptions,
  type SamPass,
  SharpnessAware,
  sam,
  samPerturbation,
} from './sam.ts';
export {
  type SemiSupervisedBatch,
  type SemiSupervisedVatOptions,
  semiSupervisedVat,
} from './semi-supervised-vat.ts';
export { softClip, softClipGrads } from './soft-clipping.ts';
export { swa, type UpdateBatchNormOptions, updateBatchNorm } from './swa.ts';
export { clipByValue, clipGradsByValue } from './value-clipping.ts';
export {
  type CodeOptions,
  type GaussianCode,
  type GaussianKlOptions,
  gaussianCode,
  gaussianKl,
  type VibOptions,
  type VibResult,
  vib,
} from './variational-information-bottleneck-functions.ts';
export {
  type BottleneckOptions,
  GaussianBottleneck,
  VibHead,
  type VibTermOptions,
  vibTerm,
  withBottleneck,
} from './variational-information-bottleneck-layers.ts';
export type { Divergence, VatPerturbationOptions } from './vat-perturbation.ts';
export {
  localDistributionalSmoothness,
  type SmoothnessOptions,
  type VatOptions,
  type VatTermOptions,
  vat,
  vatPerturbation,
  vatTerm,
} from './virtual-adversarial-training.ts';
export { type AdamOptions, adamw } from './weight-decay.ts';

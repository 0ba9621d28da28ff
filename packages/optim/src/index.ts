export { type AccumulateOptions, type AccumulateState, accumulate } from './accumulate.ts';
export {
  type AdadeltaOptions,
  type AdadeltaSettings,
  adadelta,
  adadeltaTransform,
  type ScaleByAdadeltaOptions,
  scaleByAdadelta,
} from './adadelta.ts';
export {
  type AdagradOptions,
  type AdagradSettings,
  adagrad,
  adagradTransform,
  type ScaleByAdagradOptions,
  scaleByAdagrad,
} from './adagrad.ts';
export {
  type AdamOptions,
  type AdamSettings,
  type AdamwOptions,
  type AdamwSettings,
  adam,
  adamTransform,
  adamw,
  adamwTransform,
} from './adam.ts';
export {
  type AdamaxOptions,
  type AdamaxSettings,
  adamax,
  adamaxTransform,
  type ScaleByAdamaxOptions,
  scaleByAdamax,
} from './adamax.ts';
export {
  type AdanOptions,
  type AdanSettings,
  adan,
  adanTransform,
  type ScaleByAdanOptions,
  scaleByAdan,
} from './adan.ts';
export { type EmaOptions, ema, swa } from './averaging/averages.ts';
export { Averaging, averaging } from './averaging/averaging.ts';
export { type AverageRule, ParameterAverage } from './averaging/parameter-average.ts';
export { chain, identity, type StateOf, type StatesOf } from './chain.ts';
export {
  type ClipByGlobalNormOptions,
  type ClippedGradients,
  clipByGlobalNorm,
  clipByValue,
  clipGradsByGlobalNorm,
  clipGradsByValue,
} from './clip.ts';
export {
  type AdaptiveClipOptions,
  centralizeGradients,
  clipAdaptively,
  clipByNorm,
  clipGradsByNorm,
  type NormClipOptions,
  softClip,
  softClipGrads,
} from './clip-by-norm.ts';
export type { DecayKind } from './decay-kind.ts';
export { decayOf } from './decay-of.ts';
export { type DecoupledDecay, decoupledDecay, shrinkWeights } from './decoupled-decay.ts';
export type { GivenGradients } from './given-gradients.ts';
export { type GlobalNormOptions, globalNorm } from './global-norm.ts';
export {
  addGradientNoise,
  type GivenNoiseOptions,
  type GradientNoiseOptions,
  type GradientNoiseState,
  gradientNoise,
  gradientNoiseScale,
  type NoiseStrength,
} from './gradient-noise.ts';
export {
  biasesAndNorms,
  GroupedOptimizer,
  type GroupSettings,
  grouped,
  type SettingsOf,
  type SharedSettings,
  weightsOnly,
} from './groups.ts';
export { type LambOptions, type LambSettings, lamb, lambTransform } from './lamb.ts';
export {
  type LarsOptions,
  type LarsSettings,
  lars,
  larsTransform,
  type ScaleByLarsOptions,
  scaleByLars,
} from './lars.ts';
export {
  type LbfgsOptions,
  type LbfgsResult,
  type LossAndGradients,
  lbfgs,
} from './lbfgs/lbfgs.ts';
export {
  type LionOptions,
  type LionSettings,
  lion,
  lionTransform,
  type ScaleByLionOptions,
  scaleByLion,
} from './lion.ts';
export { type LookaheadOptions, type LookaheadState, lookahead } from './lookahead.ts';
export { type TraceOptions, type TraceState, trace } from './momentum.ts';
export {
  type MuonOptions,
  type MuonSettings,
  muon,
  muonTransform,
  type ScaleByMuonOptions,
  scaleByMuon,
} from './muon.ts';
export {
  type NadamOptions,
  type NadamSettings,
  type NadamState,
  nadam,
  nadamTransform,
  type ScaleByNadamOptions,
  scaleByNadam,
} from './nadam.ts';
export { mapNamed } from './named.ts';
export { NonFiniteUpdateError } from './non-finite.ts';
export { type LearningRate, type MinimizeOptions, Optimizer, type Schedule } from './optimizer.ts';
export { type ParameterGroup, partition } from './partition.ts';
export * from './prox/index.ts';
export {
  type RadamOptions,
  type RadamSettings,
  radam,
  radamTransform,
  type ScaleByRadamOptions,
  scaleByRadam,
} from './radam.ts';
export {
  type RmspropOptions,
  type RmspropSettings,
  rmsprop,
  rmspropTransform,
  type ScaleByRmsOptions,
  scaleByRms,
} from './rmsprop.ts';
export { type SamOptions, type SamPass, SharpnessAware, sam, samPerturbation } from './sam.ts';
export type { Scalar } from './scalars.ts';
export { scale, scaleByLearningRate } from './scale.ts';
export { type AdamState, type ScaleByAdamOptions, scaleByAdam } from './scale-by-adam.ts';
export * from './schedules/index.ts';
export {
  type CommonOptions,
  type SgdOptions,
  type SgdSettings,
  sgd,
  sgdTransform,
} from './sgd.ts';
export { type SgdwOptions, type SgdwSettings, sgdw, sgdwTransform } from './sgdw.ts';
export type { SlotState } from './slots.ts';
export type { SteppingOptimizer } from './stepping.ts';
export type { OptimizerTarget, ParameterSource } from './target.ts';
export type { Named, NoState, Transform } from './transform.ts';
export { scaleByTrustRatio } from './trust-ratio.ts';
export { addWeightDecay, type DecayMask } from './weight-decay.ts';

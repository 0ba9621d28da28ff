export {
  type AdamOptions,
  type AdamSettings,
  adam,
  adamTransform,
  adamw,
  adamwTransform,
} from './adam.ts';
export { chain, identity, type StateOf, type StatesOf } from './chain.ts';
export {
  type ClipByGlobalNormOptions,
  clipByGlobalNorm,
  clipByValue,
  clipGradsByGlobalNorm,
} from './clip.ts';
export { type GlobalNormOptions, globalNorm } from './global-norm.ts';
export { type TraceOptions, type TraceState, trace } from './momentum.ts';
export { mapNamed } from './named.ts';
export { NonFiniteUpdateError } from './non-finite.ts';
export { type MinimizeOptions, Optimizer } from './optimizer.ts';
export type { Scalar } from './scalars.ts';
export { scale, scaleByLearningRate } from './scale.ts';
export { type AdamState, type ScaleByAdamOptions, scaleByAdam } from './scale-by-adam.ts';
export {
  type CommonOptions,
  type SgdOptions,
  type SgdSettings,
  sgd,
  sgdTransform,
} from './sgd.ts';
export type { OptimizerTarget, ParameterSource } from './target.ts';
export type { Named, NoState, Transform } from './transform.ts';
export { addWeightDecay, type DecayMask } from './weight-decay.ts';

export {
  type ActivationFunction,
  type ActivationName,
  activation,
} from './activations.ts';
export { Dropout, type DropoutOptions, type DropoutSettings, dropout } from './dropout.ts';
export {
  constantInit,
  fans,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  type InitOptions,
  torchLinear,
  uniformInit,
} from './initializers.ts';
export type { KeySource } from './keys.ts';
export { Linear, type LinearOptions, linear } from './linear.ts';
export { type CrossEntropyOptions, crossEntropy } from './losses/cross-entropy.ts';
export type { Reduction } from './losses/reduction.ts';
export { l1Loss, mse, type RegressionLossOptions } from './losses/regression.ts';
export { type SmoothLabelsOptions, smoothLabels } from './losses/smooth-labels.ts';
export { MLP, type MlpOptions, mlp } from './mlp.ts';
export { childContext, type ForwardContext, Module } from './module.ts';
export { type Layer, Sequential } from './sequential.ts';
export type { Strength } from './strength.ts';
export { summary } from './summary.ts';

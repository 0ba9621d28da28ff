export {
  type ActivationLayer,
  type AxisActivationOptions,
  CELU,
  ELU,
  GELU,
  GLU,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  Mish,
  PReLU,
  type PreluLayerOptions,
  ReLU,
  ReLU6,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  type SoftplusOptions,
  Softsign,
  Tanh,
} from './activation-layers.ts';
export {
  type ActivationFunction,
  type ActivationName,
  activation,
} from './activations.ts';
export { type Activation, type Activations, activationsOf } from './activations-of.ts';
export { astype } from './astype.ts';
export {
  type AttentionOptions,
  type AttentionWeightsOptions,
  attentionWeights,
  scaledDotProductAttention,
} from './attention.ts';
export type { BasicActivationName } from './basic-activations.ts';
export { childContext, contexts, type ForwardContext } from './context.ts';
export { Conv1d, Conv2d, Conv3d, type ConvLayerOptions } from './convolution/conv.ts';
export type { ConvLayer, Convolution } from './convolution/conv-layer.ts';
export {
  ConvTranspose1d,
  ConvTranspose2d,
  type ConvTransposeLayerOptions,
} from './convolution/conv-transpose.ts';
export type { ConvLayerSettings } from './convolution/settings.ts';
export { Dropout, type DropoutOptions, type DropoutSettings, dropout } from './dropout.ts';
export {
  Embedding,
  type EmbeddingOptions,
  type EmbeddingSettings,
  embedding,
} from './embedding.ts';
export { Flatten, Unflatten } from './flatten.ts';
export { functionalCall } from './functional-call.ts';
export * as init from './init/index.ts';
export type { Initializer } from './initializers.ts';
export type { KeySource } from './keys.ts';
export { Linear, type LinearOptions, linear } from './linear.ts';
export {
  type BinaryCrossEntropyOptions,
  type BinaryCrossEntropyWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
} from './losses/binary-cross-entropy.ts';
export type { ClassLossOptions } from './losses/class-losses.ts';
export {
  type CosineEmbeddingLossOptions,
  cosineEmbeddingLoss,
} from './losses/cosine-embedding-loss.ts';
export { type CrossEntropyOptions, crossEntropy } from './losses/cross-entropy.ts';
export { type KlDivOptions, klDiv } from './losses/kl-div.ts';
export {
  type GaussianNllLossOptions,
  gaussianNllLoss,
  type PoissonNllLossOptions,
  poissonNllLoss,
} from './losses/likelihoods.ts';
export { nllLoss } from './losses/nll-loss.ts';
export type { Reduction } from './losses/reduction.ts';
export {
  type HuberLossOptions,
  huberLoss,
  l1Loss,
  mse,
  mse as mseLoss,
  type RegressionLossOptions,
  type SmoothL1LossOptions,
  smoothL1Loss,
} from './losses/regression.ts';
export type { RowLossOptions } from './losses/row-weights.ts';
export { type SmoothLabelsOptions, smoothLabels } from './losses/smooth-labels.ts';
export type { Weights } from './losses/weights.ts';
export { MLP, type MlpOptions, mlp } from './mlp.ts';
export { type Layer, type LoadOptions, Module, type StateDifference } from './module.ts';
export {
  type Attended,
  type AttendOptions,
  MultiheadAttention,
  type MultiheadAttentionOptions,
  type MultiheadContext,
} from './multihead-attention.ts';
export { ImageRows } from './networks/image-rows.ts';
export type { ChangePart, ImageNetworkOptions, PartKind, Place } from './networks/place.ts';
export { type SmallCnnOptions, smallCnn } from './networks/small-cnn.ts';
export { type SmallResNetOptions, smallResNet } from './networks/small-res-net.ts';
export { type BatchNormOptions, batchNorm } from './norms/batch-norm.ts';
export {
  BatchNorm1d,
  BatchNorm2d,
  type BatchNormSettings,
} from './norms/batch-norm-layers.ts';
export {
  GroupNorm,
  type GroupNormOptions,
  type GroupNormSettings,
  groupNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  type InstanceNormOptions,
  type InstanceNormSettings,
  instanceNorm,
} from './norms/group-norm.ts';
export {
  LayerNorm,
  type LayerNormOptions,
  type LayerNormSettings,
  layerNorm,
  RMSNorm,
  type RmsNormOptions,
  type RmsNormSettings,
  rmsNorm,
} from './norms/layer-norm.ts';
export { type UpdateBatchNormOptions, updateBatchNorm } from './norms/update-batch-norm.ts';
export { effectiveParameters } from './parametrize/effective-parameters.ts';
export {
  Parametrization,
  ParametrizedTensor,
  type ParametrizeOptions,
  type RemoveOptions,
  removeParametrizations,
} from './parametrize/parametrized.ts';
export {
  type SpectralIterationOptions,
  type SpectralNormalizationOptions,
  type SpectralWeight,
  type SpectralWeightOptions,
  spectrallyNormalizedWeight,
  spectralNormalization,
} from './parametrize/spectral-normalization.ts';
export {
  normalizedWeight,
  type WeightNormOptions,
  weightNorm,
} from './parametrize/weight-norm.ts';
export {
  type StandardizeWeightOptions,
  standardizedWeight,
  type WeightStandardizationOptions,
  weightStandardization,
} from './parametrize/weight-standardization.ts';
export {
  type AnyForward,
  contextAmong,
  type SharedContext,
  shareContext,
  wrapForward,
} from './parametrize/wrap-forward.ts';
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  type AdaptivePoolLayer,
} from './pooling/adaptive-pools.ts';
export type { PoolLayer } from './pooling/pool-layer.ts';
export {
  AvgPool1d,
  AvgPool2d,
  type AvgPoolLayerOptions,
  MaxPool1d,
  MaxPool2d,
  type MaxPoolLayerOptions,
} from './pooling/pools.ts';
export {
  type CellContext,
  GRUCell,
  LSTMCell,
  type LstmCellContext,
  type RecurrentCell,
  RNNCell,
  type RnnCellOptions,
} from './recurrent/cells.ts';
export { LSTM, type LstmContext, type LstmResult } from './recurrent/lstm.ts';
export type { RecurrentCellOptions } from './recurrent/parameters.ts';
export type {
  Recurrent,
  RecurrentOptions,
  SequenceContext,
  StateRule,
} from './recurrent/recurrent.ts';
export { GRU, RNN, type RnnOptions, type SequenceResult } from './recurrent/rnn.ts';
export type { RnnNonlinearity } from './recurrent/steps.ts';
export { Identity, Residual } from './residual.ts';
export { type LayerLike, Sequential } from './sequential.ts';
export type { Strength } from './strength.ts';
export {
  ModelSummary,
  type ParameterGroups,
  type SummaryOptions,
  type SummaryRow,
  summary,
} from './summary.ts';
export { TransformerEncoder, type TransformerEncoderOptions } from './transformer-encoder.ts';
export {
  TransformerEncoderLayer,
  type TransformerEncoderLayerOptions,
} from './transformer-encoder-layer.ts';

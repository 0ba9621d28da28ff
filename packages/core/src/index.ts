import './methods.ts';

export {
  type DType,
  isFloating,
  type NdarrayLike,
  type Shape,
  type TypedArray,
} from '@tikhonov/array';
export type { TensorLike } from './as-tensor.ts';
export type { AxisLike, ReduceOptions } from './axes.ts';
export { Cell, detach as stopGradient, Parameter, parameter } from './cell.ts';
export { cond } from './control/cond.ts';
export type { Predicate } from './control/predicate.ts';
export { type WhileLoopOptions, whileLoop } from './control/while-loop.ts';
export {
  arange,
  type CreateOptions,
  eye,
  fromNdarray,
  full,
  fullLike,
  ones,
  onesLike,
  tensor,
  toNdarray,
  zeros,
  zerosLike,
} from './create.ts';
export { DTypeError, NoDerivativeError, ShapeError, TraceError } from './errors.ts';
export { noGrad } from './interpreter.ts';
export * as linalg from './linalg/index.ts';
export type { TensorMethods } from './methods.ts';
export { moveaxis, swapaxes } from './ops/axis-order.ts';
export { broadcastTensors, meshgrid } from './ops/broadcast.ts';
export { type ClampOptions, clamp } from './ops/clamp.ts';
export { allClose, type CloseOptions, isClose } from './ops/close.ts';
export { type CosineSimilarityOptions, cosineSimilarity } from './ops/cosine-similarity.ts';
export { bincount, type SearchOptions, searchsorted } from './ops/counting.ts';
export { type DiagonalOptions, diag, diagonal, trace } from './ops/diagonal.ts';
export { einsum } from './ops/einsum.ts';
export { exp2, reciprocal, rsqrt, tan } from './ops/elementary.ts';
export { celu, type EluOptions, elu, selu } from './ops/exponential-units.ts';
export { type GeluOptions, gelu, glu, mish, silu } from './ops/gated-units.ts';
export {
  type HardtanhOptions,
  hardsigmoid,
  hardswish,
  hardtanh,
  relu6,
} from './ops/hard-activations.ts';
export { hypot } from './ops/hypot.ts';
export { lerp } from './ops/lerp.ts';
export { logaddexp } from './ops/logaddexp.ts';
export { isFinite, isInf, isNaN, maskedFill, type NanToNumOptions, nanToNum } from './ops/masks.ts';
export { type NormOptions, norm } from './ops/norm.ts';
export { type NormalizeOptions, normalize } from './ops/normalize.ts';
export { oneHot } from './ops/one-hot.ts';
export { dot, kron, outer } from './ops/outer.ts';
export { type PadMode, type PadOptions, pad } from './ops/pad.ts';
export { cumprod, prod } from './ops/prod.ts';
export { median, quantile } from './ops/quantile.ts';
export {
  type LeakyReluOptions,
  leakyRelu,
  prelu,
  relu,
  type ThresholdOptions,
  threshold,
} from './ops/rectifiers.ts';
export {
  all,
  any,
  countNonzero,
  logsumexp,
  mean,
  std,
  type VarianceOptions,
  variance,
} from './ops/reduce.ts';
export { repeatInterleave, roll, tile } from './ops/repeat.ts';
export { ceil, trunc } from './ops/rounding.ts';
export { cummax, cummin, logcumsumexp, type RunningOptions } from './ops/running.ts';
export { logSigmoid, softsign } from './ops/sigmoids.ts';
export { singularValues } from './ops/singular-values.ts';
export { logSoftmax, type SoftmaxOptions, softmax, softmin } from './ops/softmax.ts';
export { type Sorted, sort, topk } from './ops/sort.ts';
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  type OutputSize,
} from './ops/spatial/adaptive-pool.ts';
export { type AvgPoolOptions, avgPool1d, avgPool2d } from './ops/spatial/avg-pool.ts';
export {
  type ConvTransposeOptions,
  convTranspose1d,
  convTranspose2d,
} from './ops/spatial/conv-transpose.ts';
export { type ConvOptions, conv1d, conv2d, conv3d } from './ops/spatial/convolution.ts';
export {
  type MaxPooled,
  type MaxPoolOptions,
  maxPool1d,
  maxPool1dWithIndices,
  maxPool2d,
  maxPool2dWithIndices,
} from './ops/spatial/max-pool.ts';
export type { Padding, PerAxis } from './ops/spatial/options.ts';
export { type FoldOptions, fold, type UnfoldOptions, unfold } from './ops/spatial/unfold.ts';
export { chunk, type SplitOptions, select, split, unbind } from './ops/split.ts';
export { type TensordotOptions, tensordot } from './ops/tensordot.ts';
export { type TriangleOptions, tril, triu } from './ops/triangular.ts';
export { abs } from './primitives/abs.ts';
export { add } from './primitives/add.ts';
export { argsort, type SortOptions } from './primitives/argsort.ts';
export { acos, asin } from './primitives/asin-acos.ts';
export { acosh, asinh, atanh } from './primitives/asinh-acosh-atanh.ts';
export { astype } from './primitives/astype.ts';
export { atan, atan2 } from './primitives/atan.ts';
export { check } from './primitives/check.ts';
export { equal, greater, greaterEqual, less, lessEqual, notEqual } from './primitives/compare.ts';
export { concat, stack } from './primitives/concat.ts';
export { cumsum } from './primitives/cumsum.ts';
export { div } from './primitives/div.ts';
export { erf, erfc } from './primitives/erf-erfc.ts';
export { erfinv } from './primitives/erfinv.ts';
export { exp } from './primitives/exp.ts';
export { expm1 } from './primitives/expm1.ts';
export { maximum, minimum } from './primitives/extremum.ts';
export { flip } from './primitives/flip.ts';
export { floor } from './primitives/floor.ts';
export { gather, indexAdd, indexSelect, scatterAdd } from './primitives/gather-scatter.ts';
export { log } from './primitives/log.ts';
export { log1p } from './primitives/log1p.ts';
export { log2, log10 } from './primitives/log2-log10.ts';
export { logicalAnd, logicalNot, logicalOr, logicalXor } from './primitives/logical.ts';
export { matmul } from './primitives/matmul.ts';
export { type ArgOptions, argmax, argmin, max, min } from './primitives/max.ts';
export { mul, square } from './primitives/mul.ts';
export { neg } from './primitives/neg.ts';
export { pow } from './primitives/pow.ts';
export { floorDivide, remainder } from './primitives/remainder.ts';
export {
  expandDims,
  type FlattenOptions,
  flatten,
  reshape,
  squeeze,
} from './primitives/reshape.ts';
export { round } from './primitives/round.ts';
export { sigmoid } from './primitives/sigmoid.ts';
export { sign } from './primitives/sign.ts';
export { cos, sin } from './primitives/sin-cos.ts';
export { cosh, sinh } from './primitives/sinh-cosh.ts';
export { type AxisSlice, slice } from './primitives/slice-pad.ts';
export { softplus } from './primitives/softplus.ts';
export { sqrt } from './primitives/sqrt.ts';
export { sub } from './primitives/sub.ts';
export { broadcastTo, sum } from './primitives/sum-broadcast.ts';
export { tanh } from './primitives/tanh.ts';
export { permute, transpose } from './primitives/transpose.ts';
export { where } from './primitives/where.ts';
export { type WindowsOptions, windows } from './primitives/windows.ts';
export * as random from './random/index.ts';
export { linspace, logspace } from './ranges.ts';
export { type NestedArray, Tensor, type TensorJSON } from './tensor.ts';
export { backward } from './transforms/backward.ts';
export { checkpoint } from './transforms/checkpoint.ts';
export { type CustomGradient, customGradient } from './transforms/custom-gradient.ts';
export {
  type Differentiable,
  type GradOptions,
  grad,
  valueAndGrad,
  valueAndGradWithAux,
} from './transforms/grad.ts';
export {
  hessian,
  type JacobianOf,
  type JacobianOptions,
  jacobian,
} from './transforms/jacobian.ts';
export { hvp, jvp, vjp } from './transforms/vjp.ts';
export { type VmapOptions, vmap } from './transforms/vmap/index.ts';
export { withValues } from './transforms/with-values.ts';
export { type LeafOf, mapTree, type TensorsOf, type Tree, type TreeParts } from './tree.ts';

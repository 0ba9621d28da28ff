import './methods.ts';

export {
  type DType,
  isFloating,
  type NdarrayLike,
  type Shape,
  type TypedArray,
  type View,
} from '@tikhonov/array';
export { asTensor, type TensorLike } from './as-tensor.ts';
export type { AxisLike, ReduceOptions } from './axes.ts';
export { bind, bindMulti } from './bind.ts';
export type { CaseDraw, ShapeRange, ValueRange } from './case-draw.ts';
export { Cell, detach as stopGradient, Parameter, parameter } from './cell.ts';
export {
  arange,
  type CreateOptions,
  eye,
  fromNdarray,
  fromView,
  full,
  ones,
  onesLike,
  tensor,
  toNdarray,
  zeros,
  zerosLike,
} from './create.ts';
export { DTypeError, ShapeError, showShape, TraceError } from './errors.ts';
export {
  type Evaluator,
  eager,
  noGrad,
  type Payload,
  type SymbolicValue,
  within,
} from './interpreter.ts';
export type { TensorMethods } from './methods.ts';
export { clamp, logSigmoid, logSoftmax, relu, softmax } from './ops/activations.ts';
export { oneHot } from './ops/one-hot.ts';
export { all, logsumexp, mean, variance } from './ops/reduce.ts';
export { singularValues } from './ops/singular-values.ts';
export { type OptionNames, requireOptions } from './options.ts';
export {
  type AnyPrimitive,
  type Aval,
  defineMultiPrimitive,
  definePrimitive,
  erase,
  type Items,
  type MultiPrimitive,
  type Primitive,
  type PrimitiveCase,
} from './primitive.ts';
export { abs } from './primitives/abs.ts';
export { add } from './primitives/add.ts';
export { astype } from './primitives/astype.ts';
export { check } from './primitives/check.ts';
export { equal, greater, greaterEqual, less, lessEqual, notEqual } from './primitives/compare.ts';
export { concat, stack } from './primitives/concat.ts';
export { div } from './primitives/div.ts';
export { exp } from './primitives/exp.ts';
export { expm1 } from './primitives/expm1.ts';
export { maximum, minimum } from './primitives/extremum.ts';
export { flip } from './primitives/flip.ts';
export { floor } from './primitives/floor.ts';
export { gather, indexSelect, scatterAdd } from './primitives/gather-scatter.ts';
export { primitives } from './primitives/index.ts';
export { log } from './primitives/log.ts';
export { log1p } from './primitives/log1p.ts';
export { logicalAnd, logicalNot, logicalOr } from './primitives/logical.ts';
export { matmul } from './primitives/matmul.ts';
export { argmax, argmin, max, min } from './primitives/max.ts';
export { mul, square } from './primitives/mul.ts';
export { neg } from './primitives/neg.ts';
export { norm } from './primitives/norm.ts';
export { pow } from './primitives/pow.ts';
export { expandDims, flatten, reshape, squeeze } from './primitives/reshape.ts';
export { sigmoid } from './primitives/sigmoid.ts';
export { sign } from './primitives/sign.ts';
export { cos, sin } from './primitives/sin-cos.ts';
export { type AxisSlice, pad, slice } from './primitives/slice-pad.ts';
export { softplus } from './primitives/softplus.ts';
export { sqrt } from './primitives/sqrt.ts';
export { sub } from './primitives/sub.ts';
export { broadcastTo, sum } from './primitives/sum-broadcast.ts';
export { tanh } from './primitives/tanh.ts';
export { permute, transpose } from './primitives/transpose.ts';
export { where } from './primitives/where.ts';
export * as random from './random/index.ts';
export { type NestedArray, Tensor } from './tensor.ts';
export { backward } from './transforms/backward.ts';
export {
  type Differentiable,
  type GradOptions,
  grad,
  valueAndGrad,
  valueAndGradWithAux,
} from './transforms/grad.ts';
export { hvp, jvp, vjp } from './transforms/vjp.ts';
export { type Flat, flattenTree, mapTree, type TensorsOf, type Tree } from './tree.ts';

import type { DType, Shape } from '@tikhonov/array';
import type { TensorLike } from './as-tensor.ts';
import type { AxisLike, ReduceOptions } from './axes.ts';
import { Cell, detach } from './cell.ts';
import { mean } from './ops/reduce.ts';
import { add } from './primitives/add.ts';
import { astype } from './primitives/astype.ts';
import { div } from './primitives/div.ts';
import { matmul } from './primitives/matmul.ts';
import { max, min } from './primitives/max.ts';
import { mul } from './primitives/mul.ts';
import { neg } from './primitives/neg.ts';
import { pow } from './primitives/pow.ts';
import { expandDims, flatten, reshape, squeeze } from './primitives/reshape.ts';
import { sub } from './primitives/sub.ts';
import { broadcastTo, sum } from './primitives/sum-broadcast.ts';
import { permute, transpose } from './primitives/transpose.ts';
import { Tensor } from './tensor.ts';
import { backward } from './transforms/backward.ts';

/** The methods of a tensor. Each is the function of the same name with the tensor in front. */
export interface TensorMethods {
  add(other: TensorLike): Tensor;
  sub(other: TensorLike): Tensor;
  mul(other: TensorLike): Tensor;
  div(other: TensorLike): Tensor;
  pow(exponent: TensorLike): Tensor;
  neg(): Tensor;
  matmul(other: TensorLike): Tensor;
  sum(options?: ReduceOptions): Tensor;
  mean(options?: ReduceOptions): Tensor;
  max(options?: ReduceOptions): Tensor;
  min(options?: ReduceOptions): Tensor;
  reshape(shape: Shape): Tensor;
  flatten(): Tensor;
  expandDims(axis: number): Tensor;
  squeeze(axis?: AxisLike): Tensor;
  transpose(): Tensor;
  permute(axes: readonly number[]): Tensor;
  broadcastTo(shape: Shape): Tensor;
  astype(dtype: DType): Tensor;
  /** The same values as a constant. */
  detach(): Tensor;
  /** Adds the gradient of this scalar to `grad` of every parameter it was computed from. */
  backward(cotangent?: Tensor): void;
}

declare module './tensor.ts' {
  interface Tensor extends TensorMethods {}
}

// Installed here, not written in the class: the operations' rules need tensors, so a class that
// imported the operations would close an import cycle.
const methods: TensorMethods & ThisType<Tensor> = {
  add(other) {
    return add(this, other);
  },
  sub(other) {
    return sub(this, other);
  },
  mul(other) {
    return mul(this, other);
  },
  div(other) {
    return div(this, other);
  },
  pow(exponent) {
    return pow(this, exponent);
  },
  neg() {
    return neg(this);
  },
  matmul(other) {
    return matmul(this, other);
  },
  sum(options) {
    return sum(this, options);
  },
  mean(options) {
    return mean(this, options);
  },
  max(options) {
    return max(this, options);
  },
  min(options) {
    return min(this, options);
  },
  reshape(shape) {
    return reshape(this, shape);
  },
  flatten() {
    return flatten(this);
  },
  expandDims(axis) {
    return expandDims(this, axis);
  },
  squeeze(axis) {
    return squeeze(this, axis);
  },
  transpose() {
    return transpose(this);
  },
  permute(axes) {
    return permute(this, axes);
  },
  broadcastTo(shape) {
    return broadcastTo(this, shape);
  },
  astype(dtype) {
    return astype(this, dtype);
  },
  detach() {
    return detach(this);
  },
  backward(cotangent) {
    backward(this, cotangent);
  },
};

for (const [name, value] of Object.entries(methods)) {
  Object.defineProperty(Tensor.prototype, name, { value, writable: true, configurable: true });
}

// What Node's console prints, instead of internals.
const inspect = Symbol.for('nodejs.util.inspect.custom');
for (const type of [Tensor, Cell]) {
  Object.defineProperty(type.prototype, inspect, {
    value(this: Tensor | Cell) {
      return this.toString();
    },
  });
}

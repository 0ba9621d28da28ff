import type { DType, Shape } from '@tikhonov/array';
import type { TensorLike } from './as-tensor.ts';
import type { AxisLike, AxisOrOption, ReduceOptions } from './axes.ts';
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
import {
  expandDims,
  type FlattenOptions,
  flatten,
  reshape,
  squeeze,
} from './primitives/reshape.ts';
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
  flatten(options?: FlattenOptions): Tensor;
  expandDims(axis: AxisOrOption<number>): Tensor;
  squeeze(axis?: AxisOrOption<AxisLike>): Tensor;
  transpose(...none: readonly never[]): Tensor;
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

/** What a cell has of a tensor's methods: they act on its present value. */
export interface CellMethods
  extends Omit<TensorMethods, 'backward'>,
    Pick<Tensor, 'data' | 'item' | 'toArray'> {}

declare module './cell.ts' {
  interface Cell extends CellMethods {}
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
  flatten(options) {
    return flatten(this, options);
  },
  expandDims(axis) {
    return expandDims(this, axis);
  },
  squeeze(axis) {
    return squeeze(this, axis);
  },
  transpose(...none) {
    return transpose(this, ...none);
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

const install = (on: object, name: string | symbol, value: unknown): void => {
  Object.defineProperty(on, name, { value, writable: true, configurable: true });
};

for (const [name, method] of Object.entries(methods)) install(Tensor.prototype, name, method);

for (const name of ['data', 'item', 'toArray', ...Object.keys(methods)]) {
  install(Cell.prototype, name, function (this: Cell, ...args: unknown[]) {
    const value = this.read();
    return Reflect.apply(Reflect.get(value, name), value, args);
  });
}

// What Node's console prints, instead of internals.
const inspect = Symbol.for('nodejs.util.inspect.custom');
for (const type of [Tensor, Cell]) {
  install(type.prototype, inspect, function (this: Tensor | Cell) {
    return this.toString();
  });
}

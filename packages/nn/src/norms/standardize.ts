import {
  add,
  DTypeError,
  div,
  equal,
  isFloating,
  mean,
  mul,
  type Parameter,
  reshape,
  type Shape,
  ShapeError,
  sqrt,
  square,
  stopGradient,
  sub,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import { asTensor, showShape } from '@tikhonov/core/engine';

/** Mean and biased variance over some axes, which stay with size 1, and the distances from the mean. */
export interface Moments {
  readonly mean: Tensor;
  readonly centred: Tensor;
  readonly variance: Tensor;
}

/** In two passes: the squares are of distances from the mean, so a large mean costs no digits. */
export function moments(x: Tensor, axes: readonly number[]): Moments {
  const average = mean(x, { axis: axes, keepdims: true });
  // Twice, because a rounded mean leaves something: so equal values give exactly 0. The second time
  // the mean is a constant, which no derivative can tell.
  const once = sub(x, average);
  const centred = sub(once, stopGradient(mean(once, { axis: axes, keepdims: true })));
  return {
    mean: average,
    centred,
    variance: mean(square(centred), { axis: axes, keepdims: true }),
  };
}

/** `1 / sqrt(variance + eps)`. Where that is 1 / 0, which takes an `eps` of 0, it is 0, at every order. */
export function inverseDeviation(variance: Tensor, eps: number): Tensor {
  const total = add(variance, eps);
  const none = equal(total, 0);
  return where(none, 0, div(1, sqrt(where(none, 1, total))));
}

/** `centred / deviation * weight + bias`; the factors, which are small, are multiplied first. */
export function scaled(
  centred: Tensor,
  inverse: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
): Tensor {
  const y = mul(centred, weight === null ? inverse : mul(inverse, weight));
  return bias === null ? y : add(y, bias);
}

/** A TypeError unless `x` is floating; a RangeError unless `eps` is finite and >= 0. */
export function requireNorm(name: string, x: TensorLike, eps: number): Tensor {
  const source = asTensor(x, name);
  if (!isFloating(source.dtype)) {
    throw new DTypeError(
      `${name}: x must be floating, got ${source.dtype}.\n  Cast with astype('float32').`,
    );
  }
  requireEps(name, eps);
  return source;
}

/** A RangeError unless `eps` is finite and >= 0. */
export function requireEps(name: string, eps: number): void {
  if (!(eps >= 0 && Number.isFinite(eps))) {
    throw new RangeError(`${name}: eps must be finite and >= 0, got ${eps}.`);
  }
}

/** An optional vector or array that must have one shape, laid out as another; `null` without it. */
export function fitted(
  name: string,
  what: string,
  value: TensorLike | undefined,
  shape: Shape,
  layout: Shape = shape,
): Tensor | null {
  if (value === undefined) return null;
  const given = asTensor(value, name);
  if (showShape(given.shape) !== showShape(shape)) {
    throw new ShapeError(
      `${name}: ${what} must have shape ${showShape(shape)}, got ${showShape(given.shape)}.`,
    );
  }
  return layout === shape ? given : reshape(given, layout);
}

/** `[1, c, 1, ...]`: one value per channel of a tensor `[n, c, ...]`. */
export const perChannel = (shape: Shape): Shape => shape.map((n, k) => (k === 1 ? n : 1));

/** A ShapeError unless `x` is `[n, c, ...]`. */
export function requireChannels(name: string, x: Tensor): void {
  if (x.rank < 2) {
    throw new ShapeError(
      `${name}: x must be [n, c, ...], got ${showShape(x.shape)}.\n  Channels are axis 1.`,
    );
  }
}

/** What a module gives to a function: `null` is left out. */
export const given = <Name extends string>(
  cells: Readonly<Record<Name, Parameter | null>>,
): { [K in Name]?: Parameter } => {
  const entries = Object.entries<Parameter | null>(cells).filter(([, cell]) => cell !== null);
  return Object.fromEntries(entries) as { [K in Name]?: Parameter };
};

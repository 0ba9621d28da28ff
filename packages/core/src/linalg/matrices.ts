import { broadcastShapes, type DType, sizeOf } from '@tikhonov/array';
import { requireFloating } from '../avals.ts';
import { detach } from '../cell.ts';
import { DTypeError, ShapeError, showShape } from '../errors.ts';
import type { Aval } from '../primitive.ts';
import { add } from '../primitives/add.ts';
import { check } from '../primitives/check.ts';
import { equal } from '../primitives/compare.ts';
import { mul } from '../primitives/mul.ts';
import { expandDims } from '../primitives/reshape.ts';
import { slice } from '../primitives/slice-pad.ts';
import { broadcastTo } from '../primitives/sum-broadcast.ts';
import { transpose } from '../primitives/transpose.ts';
import type { Tensor } from '../tensor.ts';

/** Throws unless `x` is a stack of floating matrices. */
export function requireMatrix(name: string, x: Aval): void {
  requireFloating(name, x.dtype);
  if (x.shape.length < 2) {
    throw new ShapeError(
      `${name}: needs a matrix or a batch of them, got shape ${showShape(x.shape)}.\n  Reshape it to [..., n, m].`,
    );
  }
}

/** Throws unless `x` is a stack of floating square matrices. */
export function requireSquare(name: string, x: Aval): void {
  requireMatrix(name, x);
  if (x.shape.at(-1) !== x.shape.at(-2)) {
    throw new ShapeError(
      `${name}: needs square matrices, got shape ${showShape(x.shape)} (${x.shape.at(-2)} vs ${x.shape.at(-1)}).`,
    );
  }
}

/** Shape rule of a function of square matrices. */
export const squareToSquare =
  (name: string) =>
  ([x]: readonly [Aval]): Aval => {
    requireSquare(name, x);
    return { shape: x.shape, dtype: x.dtype };
  };

/** The system of `A X = B` with one batch shape; a vector `b` `[n]` is a column. */
export interface System {
  readonly a: Tensor;
  readonly b: Tensor;
  /** Whether the right-hand side was a vector. */
  readonly vector: boolean;
}

/** Checks the shapes of `A X = B` and broadcasts the batch axes. */
export function systemOf(name: string, a: Tensor, b: Tensor): System {
  requireMatrix(name, a);
  const shapes = `${showShape(a.shape)} and ${showShape(b.shape)}`;
  if (a.dtype !== b.dtype) {
    throw new DTypeError(
      `${name}: dtypes differ: ${a.dtype} and ${b.dtype} (shapes ${shapes}).\n  Cast one with astype('${a.dtype}').`,
    );
  }
  if (b.rank === 0) {
    throw new ShapeError(`${name}: the right-hand side must be [n] or [..., n, m], got a scalar.`);
  }
  const vector = b.rank === 1;
  const right = vector ? expandDims(b, 1) : b;
  if (right.shape.at(-2) !== a.shape.at(-2)) {
    const columns = b.shape.at(-1) === a.shape.at(-2);
    throw new ShapeError(
      `${name}: the matrix has ${a.shape.at(-2)} rows, the right-hand side ${right.shape.at(-2)}: ${shapes}.` +
        (columns ? '\n  Vectors of a batch are columns: expandDims(b, -1).' : ''),
    );
  }
  const batch = broadcastShapes(a.shape.slice(0, -2), right.shape.slice(0, -2));
  if (batch === undefined) {
    throw new ShapeError(`${name}: batch axes do not broadcast: ${shapes}.`);
  }
  return {
    a: broadcastTo(a, [...batch, ...a.shape.slice(-2)]),
    b: broadcastTo(right, [...batch, ...right.shape.slice(-2)]),
    vector,
  };
}

/**
 * Throws where the first element of a result is NaN, which is how kernels say that there is none. An operation,
 * so that recorded programs check it too.
 *
 * @param inner  how many trailing axes belong to one result
 */
export function requireResult(name: string, x: Tensor, inner: number, problem: string): void {
  const batch = x.rank - inner;
  const first = slice(
    detach(x),
    x.shape.map((_, axis) => (axis < batch ? null : { stop: 1 })),
  );
  requireAll(name, equal(first, first), inner, problem);
}

/** Throws unless the condition holds in all elements; the error names the matrix. */
export function requireAll(name: string, holds: Tensor, inner: number, problem: string): void {
  const batch = holds.shape.slice(0, holds.rank - inner);
  const each = sizeOf(holds.shape.slice(holds.rank - inner));
  check(
    holds,
    (at) => new RangeError(`${name}: ${matrixAt(batch, Math.floor(at / each))} ${problem}`),
  );
}

/** Which matrix of the batch a row-major position means. */
function matrixAt(batch: readonly number[], at: number): string {
  if (batch.length === 0) return 'the matrix';
  const index: number[] = [];
  let rest = at;
  for (const n of [...batch].reverse()) {
    index.unshift(rest % n);
    rest = Math.floor(rest / n);
  }
  return `matrix [${index.join(', ')}] of the batch`;
}

/** `(X + X^T) / 2`. */
export const symmetrize = (x: Tensor): Tensor => mul(add(x, transpose(x)), 0.5);

/** `X diag(v)`. */
export const scaleColumns = (x: Tensor, v: Tensor): Tensor => mul(x, expandDims(v, -2));

/**
 * What counts as equal, relative to the largest value: a few roundings. Between values that are closer, `1 / (a - b)`
 * would be noise.
 */
export const closeness = (dtype: DType): number => 8 * (dtype === 'float32' ? 2 ** -23 : 2 ** -52);

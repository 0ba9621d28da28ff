import {
  div,
  isFinite as finite,
  greater,
  less,
  logicalAnd,
  matmul,
  maximum,
  norm,
  permute,
  reshape,
  ShapeError,
  stopGradient,
  sum,
  type Tensor,
  transpose,
  where,
} from '@tikhonov/core';
import { showShape } from '@tikhonov/core/engine';

/** Options of the power iteration. */
export interface PowerIterationOptions {
  /** Rounds per call. */
  readonly nPowerIterations?: number;
  /** Divisors below it are replaced by it. */
  readonly eps?: number;
}

/** Estimates of the leading left and right singular vectors. */
export interface SingularPair {
  readonly u: Tensor;
  readonly v: Tensor;
}

/**
 * A weight as the matrix `[out, rest]` whose norm is meant: axis `dim` first, the others flattened.
 *
 * @throws ShapeError below rank 2; RangeError if `dim` is not an axis
 */
export function asMatrix(caller: string, w: Tensor, dim: number): Tensor {
  if (w.rank < 2) {
    throw new ShapeError(
      `${caller}: needs weights of rank >= 2, got shape ${showShape(w.shape)}.\n  Leave biases and scales out, for example with { filter }.`,
    );
  }
  if (!Number.isInteger(dim) || dim < -w.rank || dim >= w.rank) {
    throw new RangeError(`${caller}: dim ${dim} is not an axis of shape ${showShape(w.shape)}.`);
  }
  const axis = dim < 0 ? dim + w.rank : dim;
  const others = w.shape.map((_, k) => k).filter((k) => k !== axis);
  const front = axis === 0 ? w : permute(w, [axis, ...others]);
  const rest = others.reduce((n, k) => n * w.shape[k]!, 1);
  return front.rank === 2 ? front : reshape(front, [w.shape[axis]!, rest]);
}

/** `x / max(||x||, eps)`: 0 stays 0. */
const normalize = (x: Tensor, eps: number): Tensor => div(x, maximum(norm(x), eps));

/** The vectors, or those before where a weight was not finite: they must serve when it is again. */
export function soundPair(next: SingularPair, before: SingularPair): SingularPair {
  const sound = logicalAnd(finite(sum(next.u)), finite(sum(next.v)));
  return { u: where(sound, next.u, before.u), v: where(sound, next.v, before.v) };
}

/**
 * Rounds of `v <- W^T u / ||W^T u||`, `u <- W v / ||W v||` from `u`. Nothing is differentiated.
 *
 * A start orthogonal to the range of `W` would stay at 0 for ever. With `restart` given, `u` is
 * replaced by it where `||W^T u|| < eps` although `W` is not 0; that is a selection between tensors,
 * so a recorded step makes it anew each time.
 *
 * @param matrix  `[out, rest]`
 * @param u  `[out]`
 */
export function powerIteration(
  matrix: Tensor,
  u: Tensor,
  options: Required<PowerIterationOptions> & { readonly restart?: Tensor },
): SingularPair {
  const { nPowerIterations, eps, restart } = options;
  const w = stopGradient(matrix);
  const wT = transpose(w);
  let left = stopGradient(u);
  let pulled = matmul(wT, left);
  if (restart !== undefined) {
    const stuck = logicalAnd(less(norm(pulled), eps), greater(norm(w), 0));
    left = where(stuck, restart, left);
    pulled = where(stuck, matmul(wT, restart), pulled);
  }
  let right = normalize(pulled, eps);
  for (let k = 0; k < nPowerIterations; k++) {
    if (k > 0) right = normalize(matmul(wT, left), eps);
    left = normalize(matmul(w, right), eps);
  }
  return { u: left, v: right };
}

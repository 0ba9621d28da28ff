import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireFloating, requireNumeric } from '../avals.ts';
import { castHint, coercePair } from '../coerce.ts';
import { DTypeError, ShapeError, showShape } from '../errors.ts';
import { matmul } from '../primitives/matmul.ts';
import { mul } from '../primitives/mul.ts';
import { flatten, reshape } from '../primitives/reshape.ts';
import type { Tensor } from '../tensor.ts';

/**
 * All products of an element of `x` and one of `y`, flattened first: `out[i][j] = x[i] * y[j]`.
 * `[n], [m] -> [n, m]`.
 *
 * @throws DTypeError if the dtypes differ or are bool
 * @example
 * ```ts
 * outer(tensor([1, 2]), tensor([3, 4])).toArray(); // => [[3, 4], [6, 8]]
 * ```
 */
export function outer(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = coercePair(
    'outer',
    reshape(asTensor(x, 'outer'), [-1, 1]),
    flatten(asTensor(y, 'outer')),
  );
  requireNumeric('outer', a.dtype);
  return mul(a, b);
}

/**
 * Inner product of two vectors. `[n], [n] -> []`.
 *
 * @throws ShapeError unless both are vectors of one length; DTypeError unless floating and equal
 * @example
 * ```ts
 * dot(tensor([1, 2]), tensor([3, 4])).item(); // => 11
 * ```
 */
export function dot(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = sameDType('dot', x, y);
  if (a.rank !== 1 || b.rank !== 1 || a.size !== b.size) {
    throw new ShapeError(
      `dot: needs two vectors of one length, got ${showShape(a.shape)} and ${showShape(b.shape)}.\n  For more axes use matmul or einsum.`,
    );
  }
  requireFloating('dot', a.dtype);
  return matmul(a, b);
}

/**
 * Kronecker product: every element of `x` times the whole of `y`. The shorter shape is extended by 1s in
 * front. `[n, m], [p, q] -> [n p, m q]`.
 *
 * @throws DTypeError if the dtypes differ or are bool
 * @example
 * ```ts
 * kron(tensor([1, 2]), tensor([1, 10])).toArray(); // => [1, 10, 2, 20]
 * ```
 */
export function kron(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = sameDType('kron', x, y);
  const rank = Math.max(a.rank, b.rank);
  const sizes = (t: Tensor): number[] => [...new Array<number>(rank - t.rank).fill(1), ...t.shape];
  const [outerSizes, innerSizes] = [sizes(a), sizes(b)];
  const spread = reshape(
    a,
    outerSizes.flatMap((n) => [n, 1]),
  );
  const product = mul(
    spread,
    reshape(
      b,
      innerSizes.flatMap((n) => [1, n]),
    ),
  );
  return reshape(
    product,
    outerSizes.map((n, k) => n * innerSizes[k]!),
  );
}

/** Two tensors as they are, of one dtype. */
function sameDType(name: string, x: TensorLike, y: TensorLike): [Tensor, Tensor] {
  const [a, b] = [asTensor(x, name), asTensor(y, name)];
  requireNumeric(name, a.dtype);
  if (a.dtype === b.dtype) return [a, b];
  throw new DTypeError(
    `${name}: dtypes differ: ${a.dtype} and ${b.dtype}.\n  Cast one of them, for example ${castHint(a.dtype, b.dtype)}.`,
  );
}

import {
  astype,
  concat,
  type DType,
  div,
  matmul,
  mul,
  reshape,
  type Shape,
  ShapeError,
  slice,
  sqrt,
  sub,
  sum,
  type Tensor,
  transpose,
} from '@tikhonov/core';
import { requireOptions, showShape } from '@tikhonov/core/engine';
import * as random from '@tikhonov/core/random';

/**
 * A (semi-)orthogonal matrix, uniformly distributed: of `[out, in, ...k]` seen as `[out, in k]`, the rows
 * or the columns, whichever are fewer, are orthonormal, times `gain`. From a normal matrix by
 * Gram and Schmidt's method in float64; with nothing but `+ - * / sqrt` in a fixed order, so that a seed
 * gives the same bits on every platform.
 *
 * @param options  `gain` @defaultValue 1
 * @throws ShapeError for fewer than two axes; RangeError for a gain that is not finite
 * @see Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear
 * neural networks", ICLR 2014, arXiv 1312.6120
 * @see Mezzadri, "How to generate random matrices from the classical compact groups", Notices AMS 54 (2007)
 * @example
 * ```ts
 * const w = nn.init.orthogonal(random.key(0), [2, 5]);
 * matmul(w, transpose(w)).toArray(); // => [[1, 0], [0, 1]]
 * ```
 */
export function orthogonal(
  key: Tensor,
  shape: Shape,
  options: { readonly gain?: number; readonly dtype?: DType } = {},
): Tensor {
  requireOptions('init.orthogonal', options, { gain: true, dtype: true });
  const { gain = 1, dtype = 'float32' } = options;
  if (!Array.isArray(shape))
    throw new TypeError('init.orthogonal: the shape must be an array of sizes.');
  if (shape.length < 2) {
    throw new ShapeError(`init.orthogonal: needs at least two axes, got ${showShape(shape)}.`);
  }
  if (!Number.isFinite(gain)) {
    throw new RangeError(`init.orthogonal: gain must be finite, got ${gain}.`);
  }
  const rows = shape[0]!;
  const columns = shape.slice(1).reduce((product, n) => product * n, 1);
  const flat = random.normal(key, [rows, columns], { dtype: 'float64' });
  const wide = rows <= columns;
  const q = orthonormalRows(wide ? flat : transpose(flat));
  const matrix = wide ? q : transpose(q);
  return astype(mul(reshape(matrix, shape), gain), dtype);
}

/** Rows of a block: large enough for products of matrices, small enough for the loop inside. */
const blockSize = 32;

/**
 * An orthonormal basis of the first rows, one by one, each with a positive component along its row: the
 * factor of the QR decomposition that makes it uniform for a normal matrix (Mezzadri). `[k, m]`, k <= m.
 */
function orthonormalRows(a: Tensor): Tensor {
  const k = a.shape[0]!;
  let basis = slice(a, [{ stop: 0 }]);
  for (let start = 0; start < k; start += blockSize) {
    let block = slice(a, [{ start, stop: start + blockSize }]);
    // Rounding leaves a rest of the basis in the block; twice is enough.
    for (let pass = 0; pass < 2; pass++) {
      const along = matmul(matmul(block, transpose(basis)), basis);
      block = orthonormalBlock(sub(block, along));
    }
    basis = concat([basis, block]);
  }
  return basis;
}

function orthonormalBlock(block: Tensor): Tensor {
  const done: Tensor[] = [];
  let rest = block;
  while (rest.shape[0]! > 0) {
    const row = slice(rest, [{ stop: 1 }]);
    const unit = div(row, sqrt(sum(mul(row, row))));
    done.push(unit);
    const others = slice(rest, [{ start: 1 }]);
    rest = sub(others, mul(matmul(others, transpose(unit)), unit));
  }
  return concat(done);
}

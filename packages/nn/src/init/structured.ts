import {
  argsort,
  type DType,
  less,
  type Shape,
  ShapeError,
  type Tensor,
  tensor,
  where,
} from '@tikhonov/core';
import { requireOptions, showShape } from '@tikhonov/core/engine';
import * as random from '@tikhonov/core/random';

/**
 * `N(0, std^2)` with a share of zeros in every column of a matrix `[rows, columns]`: `ceil(sparsity rows)`
 * of them, at random places.
 *
 * @param options  `sparsity`, in [0, 1]; `std` @defaultValue 0.01
 * @throws ShapeError unless there are two axes; RangeError for a sparsity outside [0, 1]
 * @see Martens, "Deep learning via Hessian-free optimization", ICML 2010
 * @example
 * ```ts
 * const w = nn.init.sparse(random.key(0), [10, 3], { sparsity: 0.9 });
 * countNonzero(w, { axis: 0 }).toArray(); // => [1, 1, 1]
 * ```
 */
export function sparse(
  key: Tensor,
  shape: Shape,
  options: { readonly sparsity: number; readonly std?: number; readonly dtype?: DType },
): Tensor {
  requireOptions('init.sparse', options, { sparsity: true, std: true, dtype: true });
  const { sparsity, std = 0.01, dtype = 'float32' } = options;
  if (!Array.isArray(shape))
    throw new TypeError('init.sparse: the shape must be an array of sizes.');
  if (shape.length !== 2) {
    throw new ShapeError(`init.sparse: needs a matrix [rows, columns], got ${showShape(shape)}.`);
  }
  if (!(sparsity >= 0 && sparsity <= 1)) {
    throw new RangeError(`init.sparse: sparsity must be in [0, 1], got ${sparsity}.`);
  }
  const [values, places] = random.split(key) as [Tensor, Tensor];
  const dropped = Math.ceil(sparsity * shape[0]!);
  // A random order of the rows in every column; those of the first places become 0.
  const order = argsort(random.uniform(places, shape, { dtype: 'float64' }), { axis: 0 });
  return where(less(order, dropped), 0, random.normal(values, shape, { std, dtype }));
}

/**
 * A convolution that passes its input channels on: weight `[out, in, ...k]` with a 1 in the middle of the
 * kernel from input `i` to output `i`, within each group.
 *
 * @param options  `groups` @defaultValue 1
 * @throws ShapeError unless there are 3 to 5 axes, or if `groups` does not divide `out`
 * @example
 * ```ts
 * nn.init.dirac(random.key(0), [2, 2, 3]).toArray(); // => [[[0, 1, 0], [0, 0, 0]], [[0, 0, 0], [0, 1, 0]]]
 * ```
 */
export function dirac(
  _key: Tensor,
  shape: Shape,
  options: { readonly groups?: number; readonly dtype?: DType } = {},
): Tensor {
  requireOptions('init.dirac', options, { groups: true, dtype: true });
  const { groups = 1, dtype = 'float32' } = options;
  if (!Array.isArray(shape) || !shape.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new ShapeError('init.dirac: the shape must be an array of integers >= 0.');
  }
  if (shape.length < 3 || shape.length > 5) {
    throw new ShapeError(`init.dirac: needs [out, in, ...kernel], got ${showShape(shape)}.`);
  }
  const [out, into, ...kernel] = shape as [number, number, ...number[]];
  if (!Number.isInteger(groups) || groups < 1 || out % groups !== 0) {
    throw new ShapeError(`init.dirac: groups must divide ${out} outputs, got ${groups}.`);
  }
  const size = kernel.reduce((product, n) => product * n, 1);
  const middle = kernel.reduce((at, n) => at * n + Math.floor(n / 2), 0);
  const data = new Float64Array(out * into * size);
  if (size > 0) {
    const each = out / groups;
    for (let g = 0; g < groups; g++) {
      for (let i = 0; i < Math.min(each, into); i++) {
        data[((g * each + i) * into + i) * size + middle] = 1;
      }
    }
  }
  return tensor(data, { shape, dtype });
}

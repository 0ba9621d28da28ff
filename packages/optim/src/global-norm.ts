import {
  abs,
  astype,
  div,
  less,
  max,
  mul,
  norm,
  pow,
  stack,
  sum,
  type Tensor,
  tensor,
  where,
} from '@tikhonov/core';
import { check, requireOptions } from '@tikhonov/core/engine';
import type { Named } from './transform.ts';

/** Options of `globalNorm`. */
export interface GlobalNormOptions {
  /** `p` of the p-norm: any number > 0, or Infinity. @defaultValue 2 */
  readonly normType?: number;
  /** Throw if the norm is NaN or infinite, and name the first bad tensor. @defaultValue false */
  readonly errorIfNonfinite?: boolean;
}

/** A RangeError unless `normType` names a norm. */
export function requireNormType(name: string, normType: number): void {
  if (!(normType > 0)) {
    throw new RangeError(`${name}: normType must be > 0 or Infinity, got ${normType}.`);
  }
}

/**
 * The p-norm of all elements of all tensors together, accumulated in float64 with scaling: neither the
 * squares of large nor of small elements are lost. 0 for no elements.
 *
 * @returns float64 `[]`
 * @throws RangeError if `normType` is not > 0; with `errorIfNonfinite`, if the norm is not finite
 * @example
 * ```ts
 * optim.globalNorm({ a: tensor([3]), b: tensor([[4]]) }).item(); // => 5
 * ```
 */
export function globalNorm(named: Named, options: GlobalNormOptions = {}): Tensor {
  requireOptions('globalNorm', options, { normType: true, errorIfNonfinite: 'boolean' });
  const { normType = 2, errorIfNonfinite = false } = options;
  requireNormType('globalNorm', normType);
  const norms = Object.entries(named)
    .filter(([, x]) => x.size > 0)
    .map(([name, x]) => ({ name, value: tensorNorm(astype(x, 'float64'), normType) }));
  if (errorIfNonfinite) {
    for (const { name, value } of norms) {
      requireFiniteNorm('globalNorm', value, `the gradient of "${name}"`);
    }
  }
  if (norms.length === 0) return tensor(0, { dtype: 'float64' });
  const total = tensorNorm(stack(norms.map(({ value }) => value)), normType);
  if (errorIfNonfinite) {
    requireFiniteNorm('globalNorm', total, 'the norm of all gradients together');
  }
  return total;
}

/** A RangeError saying whose norm is not finite. */
export function requireFiniteNorm(name: string, value: Tensor, what: string): void {
  check(
    less(value, Infinity),
    () =>
      new RangeError(
        `${name}: ${what} is not finite: its norm is ${String(value)}.\n` +
          '  Look for a division by 0, a log of 0 or a learning rate that is too large; or pass { errorIfNonfinite: false }.',
      ),
  );
}

/** The p-norm of one tensor; the p-norm of such norms is that of everything. */
function tensorNorm(x: Tensor, p: number): Tensor {
  if (p === 2) return norm(x);
  const size = abs(x);
  if (p === 1) return sum(size);
  const largest = max(size);
  if (p === Infinity) return largest;
  // m * (sum (|x| / m)^p)^(1/p); m itself where it is 0, infinite or NaN.
  const usable = where(less(0, largest), less(largest, Infinity), astype(0, 'bool'));
  const scale = where(usable, largest, 1);
  const total = pow(sum(pow(div(size, scale), p)), 1 / p);
  return where(usable, mul(total, scale), largest);
}

import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireNumeric } from '../avals.ts';
import { bind } from '../bind.ts';
import { coercePair } from '../coerce.ts';
import { requireOptions } from '../options.ts';
import { check } from '../primitives/check.ts';
import { greater, less, lessEqualP } from '../primitives/compare.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';

/** Bounds of `clamp`: numbers, or tensors that broadcast with `x`. */
export interface ClampOptions {
  /** @defaultValue none */
  readonly min?: TensorLike;
  /** @defaultValue none */
  readonly max?: TensorLike;
}

/**
 * `x` limited to `[min, max]`; NaN stays. The derivative in `x` is 1 inside and at the bounds, 0
 * outside; that in a bound is 1 where the bound is what comes out, and `x` is not at it. Also for int32
 * and uint32.
 *
 * @throws RangeError if `min > max` or a bound is NaN; TypeError without a bound; DTypeError for bool
 * @example
 * ```ts
 * clamp(tensor([-2, 0.5, 2]), { min: 0, max: 1 }).toArray(); // => [0, 0.5, 1]
 * clamp(tensor([5, 5]), { max: tensor([3, 9]) }).toArray(); // => [3, 5]
 * ```
 */
export function clamp(x: TensorLike, options: ClampOptions): Tensor {
  requireOptions('clamp', options, { min: true, max: true });
  const { min, max } = options;
  if (min === undefined && max === undefined) {
    throw new TypeError('clamp: needs min, max or both, got neither.');
  }
  requireOrder(min, max);
  let out = asTensor(x, 'clamp');
  requireNumeric('clamp', out.dtype);
  if (min !== undefined && min !== -Infinity) {
    const [value, bound] = coercePair('clamp', out, min);
    out = where(less(value, bound), bound, value);
  }
  if (max !== undefined && max !== Infinity) {
    const [value, bound] = coercePair('clamp', out, max);
    out = where(greater(value, bound), bound, value);
  }
  return out;
}

function requireOrder(min: TensorLike | undefined, max: TensorLike | undefined): void {
  if (isNumber(min) && isNumber(max)) {
    const [low, high] = [min ?? -Infinity, max ?? Infinity];
    if (!(low <= high)) throw new RangeError(`clamp: needs min <= max, got ${low} and ${high}.`);
    return;
  }
  // A bound on its own is compared with itself, which refuses NaN.
  check(
    bind(lessEqualP, coercePair('clamp', min ?? max ?? 0, max ?? min ?? 0), null),
    () => new RangeError('clamp: needs min <= max everywhere, and no bound that is NaN.'),
  );
}

const isNumber = (bound: TensorLike | undefined): bound is number | undefined =>
  bound === undefined || typeof bound === 'number';

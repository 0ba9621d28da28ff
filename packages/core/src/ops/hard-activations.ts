import type { TensorLike } from '../as-tensor.ts';
import { requireOptions } from '../options.ts';
import { add } from '../primitives/add.ts';
import { greaterEqual, lessEqual } from '../primitives/compare.ts';
import { div } from '../primitives/div.ts';
import { mul } from '../primitives/mul.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { floatingTensor } from './floating.ts';

// Activations that are constant, or the identity, from a kink on. The outer piece is taken at the kink,
// as in PyTorch: unlike `clamp`, `hardtanh` has derivative 0 at its bounds.

/** `low` up to `from`, `high` from `to` on, `inside(x)` between, which sees nothing but such x. */
function pieces(
  x: Tensor,
  from: number,
  to: number,
  low: number,
  high: number | Tensor,
  inside: (z: Tensor) => Tensor,
): Tensor {
  const [under, over] = [lessEqual(x, from), greaterEqual(x, to)];
  const z = where(under, from, where(over, to, x));
  return where(under, low, where(over, high, inside(z)));
}

/** Options of `hardtanh`. */
export interface HardtanhOptions {
  /** @defaultValue -1 (PyTorch's) */
  readonly minVal?: number;
  /** @defaultValue 1 (PyTorch's) */
  readonly maxVal?: number;
}

/**
 * `x` limited to `[minVal, maxVal]`. `[...s] -> [...s]`. The derivative is 0 at the bounds.
 *
 * @throws RangeError unless `minVal < maxVal`; DTypeError for integers and bool
 * @example
 * ```ts
 * hardtanh(tensor([-3, 0.5, 3])).toArray(); // => [-1, 0.5, 1]
 * ```
 */
export function hardtanh(x: TensorLike, options: HardtanhOptions = {}): Tensor {
  requireOptions('hardtanh', options, { minVal: true, maxVal: true });
  const { minVal = -1, maxVal = 1 } = options;
  if (typeof minVal !== 'number' || typeof maxVal !== 'number' || !(minVal < maxVal)) {
    throw new RangeError(
      `hardtanh: needs minVal < maxVal, got ${String(minVal)} and ${String(maxVal)}.`,
    );
  }
  return pieces(floatingTensor('hardtanh', x), minVal, maxVal, minVal, maxVal, (z) => z);
}

/**
 * `min(max(x, 0), 6)`. `[...s] -> [...s]`. The derivative is 0 at 0 and 6.
 *
 * @throws DTypeError for integers and bool
 * @see Krizhevsky, "Convolutional deep belief networks on CIFAR-10" (2010)
 * @example
 * ```ts
 * relu6(tensor([-1, 2, 9])).toArray(); // => [0, 2, 6]
 * ```
 */
export const relu6 = (x: TensorLike): Tensor =>
  pieces(floatingTensor('relu6', x), 0, 6, 0, 6, (z) => z);

/** `relu6(x + 3) / 6` between its kinks. */
const ramp = (z: Tensor): Tensor => div(add(z, 3), 6);

/**
 * `relu6(x + 3) / 6`, a sigmoid of straight pieces. `[...s] -> [...s]`. The derivative is 0 at -3 and 3.
 *
 * @throws DTypeError for integers and bool
 * @example
 * ```ts
 * hardsigmoid(tensor([-9, 0, 1.5, 9])).toArray(); // => [0, 0.5, 0.75, 1]
 * ```
 */
export const hardsigmoid = (x: TensorLike): Tensor =>
  pieces(floatingTensor('hardsigmoid', x), -3, 3, 0, 1, ramp);

/**
 * `x hardsigmoid(x)`. `[...s] -> [...s]`. The derivative is 0 at -3 and 1 at 3.
 *
 * @throws DTypeError for integers and bool
 * @see Howard et al., "Searching for MobileNetV3", ICCV (2019)
 * @example
 * ```ts
 * hardswish(tensor([-9, 0, 1.5, 9])).toArray(); // => [0, 0, 1.125, 9]
 * ```
 */
export function hardswish(x: TensorLike): Tensor {
  const source = floatingTensor('hardswish', x);
  return pieces(source, -3, 3, 0, source, (z) => mul(z, ramp(z)));
}

import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireFloating } from '../avals.ts';
import { coercePair } from '../coerce.ts';
import type { Tensor } from '../tensor.ts';

// Composites check here, so that an error names the function that was called, not one inside it.

/** A tensor of floating values. */
export function floatingTensor(name: string, x: TensorLike): Tensor {
  const source = asTensor(x, name);
  requireFloating(name, source.dtype);
  return source;
}

/** Two tensors of floating values in one dtype and shape. */
export function floatingPair(name: string, x: TensorLike, y: TensorLike): [Tensor, Tensor] {
  const pair = coercePair(name, x, y);
  requireFloating(name, pair[0].dtype);
  return pair;
}

/** Throws unless the option is a finite number. */
export function requireFinite(name: string, option: string, value: number): void {
  if (!Number.isFinite(value)) {
    throw new RangeError(
      `${name}: ${option} must be a finite number, got ${String(value)}.\n  For a learned one, see prelu.`,
    );
  }
}

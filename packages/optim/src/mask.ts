import { kindOf } from '@tikhonov/core/engine';

/** A TypeError unless what chooses parameters is a function, or left out. */
export function requireMask(name: string, mask: unknown): void {
  if (mask === undefined || typeof mask === 'function') return;
  throw new TypeError(
    `${name}: the mask must be a function of a parameter's name and values, got ${kindOf(mask)}.\n  weightsOnly spares biases and norms.`,
  );
}

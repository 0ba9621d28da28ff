import { abs, less, max, type Tensor } from '@tikhonov/core';
import { check } from '@tikhonov/core/engine';
import type { Named } from './transform.ts';

/** A step would have put NaN or an infinity into a parameter. Nothing was changed. */
export class NonFiniteUpdateError extends RangeError {
  override readonly name: string = 'NonFiniteUpdateError';
  /** The first parameter, by name, whose update is not finite. */
  readonly parameter: string;

  constructor(parameter: string) {
    super(
      `Optimizer: the update of "${parameter}" is not finite; nothing was changed.\n` +
        '  Lower the learning rate, clip the gradients, or look for NaN in the data.',
    );
    this.parameter = parameter;
  }
}

/** Whether all elements are finite, as a `bool` scalar; a largest magnitude of NaN is not less. */
const allFinite = (x: Tensor): Tensor => less(max(abs(x)), Infinity);

/** @throws NonFiniteUpdateError for the first update with NaN or an infinity in it */
export function requireFinite(updates: Named): void {
  for (const [name, update] of Object.entries(updates)) {
    if (update.size > 0) check(allFinite(update), () => new NonFiniteUpdateError(name));
  }
}

import { lessEqual, type Tensor } from '@tikhonov/core';
import { check } from '@tikhonov/core/engine';
import { requireStrength, type Strength } from './strength.ts';

/**
 * A share in [0, 1].
 *
 * @throws RangeError if it is outside; as `requireStrength` for another kind
 */
export function requireShare(name: string, share: Strength): number | Tensor {
  const value = requireStrength(name, share);
  const wanted = `${name} must be in [0, 1]`;
  if (typeof value === 'number') {
    if (value <= 1) return value;
    throw new RangeError(`${wanted}, got ${value}.`);
  }
  check(lessEqual(value, 1), () => new RangeError(`${wanted}, got ${String(value)}.`));
  return value;
}

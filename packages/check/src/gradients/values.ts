import type { Tensor } from '@tikhonov/core';
import { doubles } from './points.ts';
import { positionOf } from './report.ts';

const place = (name: string, i: number, y: Tensor): string =>
  y.rank === 0 ? name : `${name} at [${positionOf(i, y.shape).join(', ')}]`;

/** What differs by more than `tolerance` between two calls at one point, if anything. */
export function difference(
  first: readonly Tensor[],
  second: readonly Tensor[],
  names: readonly string[],
  tolerance: number,
): string | undefined {
  for (const [o, y] of first.entries()) {
    const [a, b] = [doubles(y), second[o] === undefined ? undefined : doubles(second[o])];
    const i = a.findIndex(
      (value, at) =>
        !Object.is(value, b?.[at]) && !(Math.abs(value - (b?.[at] ?? NaN)) <= tolerance),
    );
    if (i === -1 && b?.length === a.length) continue;
    return (
      `the function is not deterministic: ${names[o]} differs between two calls at the same point ` +
      `(${a[i]} and ${b?.[i]}${y.rank === 0 || i === -1 ? '' : `, at [${positionOf(i, y.shape).join(', ')}]`}).\n` +
      '  Fix its random key and its state (updateState: false) for the check.'
    );
  }
  return undefined;
}

/** Which value is NaN or infinite, if any. */
export function notFinite(
  outputs: readonly Tensor[],
  names: readonly string[],
): string | undefined {
  for (const [o, y] of outputs.entries()) {
    const values = doubles(y);
    const i = values.findIndex((value) => !Number.isFinite(value));
    if (i === -1) continue;
    return `${place(names[o]!, i, y)} is ${values[i]}, which cannot be differenced.`;
  }
  return undefined;
}

/** Names element `i` of output `y`. */
export { place };

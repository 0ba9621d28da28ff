import { mapKernel } from './elementwise.ts';
import { erf, erfc } from './erf.ts';
import type { View } from './view.ts';

/**
 * The inverse of the error function: Winitzki's approximation, within 2e-3, and three steps of Halley's
 * method, each of which cubes the error. Measured: within 4 ulp.
 */
function erfinv(x: number): number {
  const size = Math.abs(x);
  if (!(size < 1)) return size === 1 ? x * Infinity : Number.NaN;
  // Of the complement where that is exact: there erf has no digits left to tell values apart.
  const complement = 1 - size;
  const w = size < 0.5 ? Math.log1p(-x * x) : Math.log(complement * (1 + size));
  const a = 0.147;
  const t = 2 / (Math.PI * a) + w / 2;
  let y = Math.sqrt(Math.max(0, Math.sqrt(t * t - w / a) - t));
  for (let step = 0; step < 3; step++) {
    const error = size < 0.5 ? erf(y) - size : complement - erfc(y);
    const u = (error * Math.exp(y * y) * Math.sqrt(Math.PI)) / 2;
    y -= u / (1 + u * y);
  }
  return x < 0 ? -y : x === 0 ? x : y;
}

/** Elementwise inverse error function. */
export const erfinvKernel: (x: View) => View = /* @__PURE__ */ mapKernel(erfinv);

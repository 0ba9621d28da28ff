import { mapKernel } from './elementwise.ts';
import type { View } from './view.ts';

// The error functions by the rational Chebyshev approximations of W. J. Cody, "Rational Chebyshev
// approximations for the error function", Mathematics of Computation 23 (1969). On each interval the
// approximation itself is within 1e-18 of the function; what remains is the rounding of double
// arithmetic, measured in the tests: erf within 4 ulp, erfc within 5 ulp, to the end of its tail.

/** Up to here erf is computed, and erfc from it; beyond it is the other way round. */
const middle = 0.46875;

/** `erf(x) = x R(x^2)` for |x| <= 0.46875. */
function erfSmall(x: number): number {
  const s = x * x;
  const above =
    (((0.18577770618460315 * s + 3.1611237438705655) * s + 113.86415415105016) * s +
      377.485237685302) *
      s +
    3209.3775891384694;
  const below =
    (((s + 23.601290952344122) * s + 244.02463793444417) * s + 1282.6165260773723) * s +
    2844.236833439171;
  return (x * above) / below;
}

/** `erfc(y) e^(y^2)` for 0.46875 < y <= 4. */
function scaledMiddle(y: number): number {
  const above =
    (((((((2.1531153547440383e-8 * y + 0.5641884969886701) * y + 8.883149794388377) * y +
      66.11919063714163) *
      y +
      298.6351381974001) *
      y +
      881.952221241769) *
      y +
      1712.0476126340707) *
      y +
      2051.0783778260716) *
      y +
    1230.3393547979972;
  const below =
    (((((((y + 15.744926110709835) * y + 117.6939508913125) * y + 537.1811018620099) * y +
      1621.3895745666903) *
      y +
      3290.7992357334597) *
      y +
      4362.619090143247) *
      y +
      3439.3676741437216) *
      y +
    1230.3393548037495;
  return above / below;
}

/** `erfc(y) e^(y^2)` for y > 4: `(1 / sqrt(pi) - s R(s)) / y` with s = 1 / y^2. */
function scaledTail(y: number): number {
  const s = 1 / (y * y);
  const above =
    ((((0.016315387137302097 * s + 0.30532663496123236) * s + 0.36034489994980445) * s +
      0.12578172611122926) *
      s +
      0.016083785148742275) *
      s +
    0.0006587491615298378;
  const below =
    ((((s + 2.568520192289822) * s + 1.8729528499234673) * s + 0.5279051029514285) * s +
      0.06051834131244132) *
      s +
    0.0023352049762686918;
  return (0.5641895835477563 - (s * above) / below) / y;
}

/** `erfc(y)` for y > 0.46875. */
function erfcPositive(y: number): number {
  if (y > 27.3) return 0; // below half of the smallest subnormal number
  const scaled = y <= 4 ? scaledMiddle(y) : scaledTail(y);
  // e^(-y^2) with y = near + rest: near is a multiple of 1/16, so its square is exact, and a rounding
  // of y^2 is not magnified. It is taken as a square root twice, since e^(-near^2) alone is subnormal,
  // and inexact, before the product is.
  const near = Math.trunc(y * 16) / 16;
  const rest = (y - near) * (y + near);
  if (y < 26) return Math.exp(-near * near) * Math.exp(-rest) * scaled;
  const half = Math.exp((-near * near) / 2);
  return half * Math.exp(-rest) * scaled * half;
}

/** The error function, `2 / sqrt(pi)` times the integral of `e^(-t^2)` from 0 to x. */
export function erf(x: number): number {
  const y = Math.abs(x);
  if (!(y > middle)) return erfSmall(x);
  const value = y > 6 ? 1 : 1 - erfcPositive(y);
  return x < 0 ? -value : value;
}

/** `1 - erf(x)`, with full relative accuracy also where it is tiny. */
export function erfc(x: number): number {
  const y = Math.abs(x);
  if (!(y > middle)) return 1 - erfSmall(x);
  if (x > 0) return erfcPositive(y);
  return y > 6 ? 2 : 2 - erfcPositive(y);
}

/** Elementwise error function. */
export const erfKernel: (x: View) => View = /* @__PURE__ */ mapKernel(erf);

/** Elementwise complementary error function. */
export const erfcKernel: (x: View) => View = /* @__PURE__ */ mapKernel(erfc);

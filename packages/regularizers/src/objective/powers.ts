import { abs, equal, mul, pow, sqrt, square, type Tensor, where } from '@tikhonov/core';

/** `x^p` for `x > 0`, by square roots where that is all it takes: they are many times as fast. */
export function positivePower(x: Tensor, p: number): Tensor {
  if (p === 1) return x;
  if (p === 0.5) return sqrt(x);
  if (p === 0.25) return sqrt(sqrt(x));
  if (p === 1.5) return mul(x, sqrt(x));
  return pow(x, p);
}

/** `|x|^p` for `p > 0`. The slope at 0 is 0, also where the formula's is infinite or has two sides. */
export function powers(x: Tensor, p: number): Tensor {
  if (p === 1) return abs(x);
  if (p === 2) return square(x);
  if (p % 2 === 0) return pow(x, p);
  const zero = equal(x, 0);
  return where(zero, 0, positivePower(abs(where(zero, 1, x)), p));
}

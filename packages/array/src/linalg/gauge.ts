/**
 * Whether a singular or eigenvector must be negated to have the sign that the library promises: the first
 * component of at least 0.55 times the largest magnitude is positive. (Not the largest itself: in vectors
 * such as (1, -1) / sqrt(2), which symmetric problems have, rounding would decide which that is.)
 */
export function needsFlip(x: Float64Array, start: number, step: number, count: number): boolean {
  let largest = 0;
  for (let i = 0; i < count; i++) largest = Math.max(largest, Math.abs(x[start + i * step]!));
  for (let i = 0; i < count; i++) {
    const value = x[start + i * step]!;
    if (Math.abs(value) >= 0.55 * largest) return value < 0;
  }
  return false;
}

import type { Shape } from '@tikhonov/core';
import type { ShapeRange } from '@tikhonov/core/engine';
import fc from 'fast-check';

/** Sizes with 0 and 1 among the likely ones; they shrink toward 1, the smallest that has elements. */
function sizes(min: number, max: number): fc.Arbitrary<number> {
  const any = fc.integer({ min, max });
  const likely = [1, 0].filter((n) => n >= min && n <= max);
  return likely.length === 0
    ? any
    : fc.oneof(
        { weight: 3, arbitrary: any },
        ...likely.map((n) => ({ weight: 1, arbitrary: fc.constant(n) })),
      );
}

/**
 * Shapes of tensors, with axes of size 0 and 1 among the likely ones.
 *
 * @param range  bounds; by default rank 0 to 3 and sizes 0 to 4
 * @throws RangeError if a bound is not an integer >= 0 or a minimum exceeds its maximum
 * @example
 * ```ts
 * fc.assert(fc.property(shapes({ minRank: 1 }), (shape) => shape.length >= 1));
 * ```
 */
export function shapes(range: ShapeRange = {}): fc.Arbitrary<Shape> {
  const { minRank = 0, minSize = 0 } = range;
  const maxRank = range.maxRank ?? Math.max(3, minRank);
  const maxSize = range.maxSize ?? Math.max(4, minSize);
  for (const [what, low, high] of [
    ['rank', minRank, maxRank],
    ['size', minSize, maxSize],
  ] as const) {
    if (!(Number.isInteger(low) && Number.isInteger(high) && low >= 0 && low <= high)) {
      throw new RangeError(
        `shapes: ${what} bounds must be integers with 0 <= min <= max, got ${low} and ${high}.`,
      );
    }
  }
  return fc.array(sizes(minSize, maxSize), {
    minLength: minRank,
    maxLength: maxRank,
    size: 'max',
  });
}

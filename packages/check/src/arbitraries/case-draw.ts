import type { Shape, Tensor } from '@tikhonov/core';
import type { CaseDraw, ShapeRange, ValueRange } from '@tikhonov/core/engine';
import fc from 'fast-check';
import { permutations } from './layouts.ts';
import { shapes } from './shapes.ts';
import type { Draw } from './steps.ts';
import { tensors } from './tensors.ts';

/** Core's source of random cases, on anything that draws from fast-check's arbitraries. */
export function caseDraw(of: Draw): CaseDraw {
  return {
    integer: (min, max) => of(fc.integer({ min, max })),
    pick: (options) => of(fc.constantFrom(...options)),
    // Finite differences cost two calls per element: rank 3 of sizes up to 3 shows all there is.
    shape: (range: ShapeRange = {}): Shape =>
      of(shapes({ ...range, maxSize: range.maxSize ?? Math.max(3, range.minSize ?? 0) })),
    axes: (rank) =>
      of(
        fc
          .tuple(permutations(rank), fc.nat({ max: rank }))
          .map(([order, count]) => order.slice(0, count)),
      ),
    permutation: (n) => of(permutations(n)),
    tensor: (shape: Shape, range: ValueRange = {}): Tensor => of(tensors({ ...range, shape })),
    integers: (shape, min, max) => of(tensors({ shape, min, max, dtype: 'int32' })),
    bits: (shape) => of(tensors({ shape, dtype: 'uint32' })),
    booleans: (shape) => of(tensors({ shape, dtype: 'bool' })),
  };
}

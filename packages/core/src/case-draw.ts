import type { Shape } from '@tikhonov/array';
import type { Tensor } from './tensor.ts';

/** Bounds of a drawn shape. */
export interface ShapeRange {
  readonly minRank?: number;
  readonly maxRank?: number;
  /** Smallest size of an axis. @defaultValue 0 */
  readonly minSize?: number;
  readonly maxSize?: number;
}

/** Bounds of drawn values. */
export interface ValueRange {
  /** @defaultValue -3 */
  readonly min?: number;
  /** @defaultValue 3 */
  readonly max?: number;
  /** Points from which every value keeps a distance of at least 0.05 (kinks, poles). */
  readonly avoid?: readonly number[];
  /** Keep all values at least 0.05 apart, so that no two tie. */
  readonly distinct?: boolean;
}

/**
 * The source of random cases that a primitive's `cases` draws from. The checks implement it on a
 * property-testing library, so that what is drawn shrinks; this package only knows the interface.
 */
export interface CaseDraw {
  /** An integer in `[min, max]`. */
  integer(min: number, max: number): number;
  /** One of the options. */
  pick<T>(options: readonly T[]): T;
  /** A shape, with sizes 0 and 1 among the likely ones. */
  shape(range?: ShapeRange): Shape;
  /** Distinct axes of a shape of the given rank, in random order; possibly none. */
  axes(rank: number): number[];
  /** A permutation of `0 .. n - 1`. */
  permutation(n: number): number[];
  /** A float64 tensor, often a non-contiguous view. */
  tensor(shape: Shape, range?: ValueRange): Tensor;
  /** An int32 tensor with values in `[min, max]`. */
  integers(shape: Shape, min: number, max: number): Tensor;
  /** A uint32 tensor over its whole range. */
  bits(shape: Shape): Tensor;
  /** A bool tensor. */
  booleans(shape: Shape): Tensor;
}

import type { DType, Shape, ShapeRange, Tensor, ValueRange } from '@tikhonov/core';
import fc from 'fast-check';
import { denseLayout, layOut, layouts, storedShape } from './layouts.ts';
import { shapes } from './shapes.ts';
import { values } from './values.ts';

/** What `tensors` draws. */
export interface TensorOptions extends ValueRange {
  /** One shape, bounds of shapes, or an arbitrary of them. @defaultValue rank 0 to 3, sizes 0 to 4 */
  readonly shape?: Shape | ShapeRange | fc.Arbitrary<Shape>;
  /** @defaultValue 'float64' */
  readonly dtype?: DType;
  /** Whether to draw transposed, strided, flipped and repeated views too. @defaultValue true */
  readonly views?: boolean;
}

function shapeArbitrary(shape: TensorOptions['shape']): fc.Arbitrary<Shape> {
  if (Array.isArray(shape)) return fc.constant<Shape>(shape);
  return shape instanceof fc.Arbitrary ? shape : shapes((shape ?? {}) as ShapeRange);
}

/**
 * Tensors of one dtype, often non-contiguous views whose unused storage holds NaN; they shrink to
 * small dense tensors of round values.
 *
 * @throws RangeError for bounds that are not finite, reversed, or not integers where they must be
 * @example
 * ```ts
 * const rows = tensors({ shape: { minRank: 2, maxRank: 2 }, min: 0.1 });
 * fc.assert(fc.property(rows, (x) => x.rank === 2));
 * ```
 */
export function tensors(options: TensorOptions = {}): fc.Arbitrary<Tensor> {
  const { dtype = 'float64', views = true, distinct = false } = options;
  return shapeArbitrary(options.shape).chain((shape) => {
    const layout = views
      ? layouts(shape.length, { repeats: !distinct })
      : fc.constant(denseLayout(shape.length));
    return layout.chain((where) => {
      const count = storedShape(shape, where).reduce((product, n) => product * n, 1);
      return values(count, dtype, options).map((drawn) => layOut(drawn, shape, dtype, where));
    });
  });
}

/**
 * Pairs of tensors whose shapes broadcast together: axes of one may be missing or of size 1 where the
 * other's are not.
 *
 * @example
 * ```ts
 * fc.assert(fc.property(broadcastPairs(), ([x, y]) => x.add(y).rank === Math.max(x.rank, y.rank)));
 * ```
 */
export function broadcastPairs(options: TensorOptions = {}): fc.Arbitrary<[Tensor, Tensor]> {
  const reduced = (shape: Shape): fc.Arbitrary<Shape> =>
    fc
      .tuple(
        fc.nat({ max: shape.length }),
        fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length, size: 'max' }),
      )
      .map(([missing, ones]) => shape.map((n, k) => (ones[k] === true ? 1 : n)).slice(missing));
  return shapeArbitrary(options.shape).chain((joint) => {
    const small = reduced(joint).chain((shape) => tensors({ ...options, shape }));
    const whole = tensors({ ...options, shape: joint });
    return fc
      .tuple(whole, small, fc.boolean())
      .map(([x, y, swap]): [Tensor, Tensor] => (swap ? [y, x] : [x, y]));
  });
}

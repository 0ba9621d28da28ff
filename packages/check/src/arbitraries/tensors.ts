import type { DType, Shape, Tensor } from '@tikhonov/core';
import type { ShapeRange, ValueRange } from '@tikhonov/core/engine';
import fc from 'fast-check';
import { denseLayout, layOut, layouts, storedShape } from './layouts.ts';
import { shapes } from './shapes.ts';
import { steps } from './steps.ts';
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
  const from = shapeArbitrary(options.shape);
  return steps((draw) => {
    const shape = draw(from);
    const layout = views
      ? draw(layouts(shape.length, { repeats: !distinct }))
      : denseLayout(shape.length);
    const count = storedShape(shape, layout).reduce((product, n) => product * n, 1);
    return layOut(draw(values(count, dtype, options)), shape, dtype, layout);
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
  const from = shapeArbitrary(options.shape);
  return steps((draw) => {
    const joint = draw(from);
    const x = draw(tensors({ ...options, shape: joint }));
    const y = draw(tensors({ ...options, shape: draw(reduced(joint)) }));
    return draw(fc.boolean()) ? [y, x] : [x, y];
  });
}

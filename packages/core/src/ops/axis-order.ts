import { asTensor, type TensorLike } from '../as-tensor.ts';
import { type AxisLike, axisList, normalizeAxis } from '../axes.ts';
import { ShapeError, showShape } from '../errors.ts';
import { permute } from '../primitives/transpose.ts';
import type { Tensor } from '../tensor.ts';

/**
 * Two axes exchanged, without a copy.
 *
 * @throws ShapeError for an axis out of range
 * @example
 * ```ts
 * swapaxes(zeros([2, 3, 4]), 0, -1).shape; // => [4, 3, 2]
 * ```
 */
export function swapaxes(x: TensorLike, axis1: number, axis2: number): Tensor {
  const source = asTensor(x, 'swapaxes');
  const a = normalizeAxis('swapaxes', axis1, source.shape);
  const b = normalizeAxis('swapaxes', axis2, source.shape);
  const order = source.shape.map((_, k) => (k === a ? b : k === b ? a : k));
  return permute(source, order);
}

/**
 * Axes moved to new places; the others keep their order. Nothing is copied.
 *
 * @param from  one axis or several, of `x`
 * @param to  where each of them goes, in the result
 * @throws ShapeError for axes out of range, named twice, or in different number
 * @example
 * ```ts
 * moveaxis(zeros([2, 3, 4]), 0, -1).shape; // => [3, 4, 2]
 * ```
 */
export function moveaxis(x: TensorLike, from: AxisLike, to: AxisLike): Tensor {
  const source = asTensor(x, 'moveaxis');
  const resolve = (axes: AxisLike): number[] =>
    axisList(axes).map((axis) => normalizeAxis('moveaxis', axis, source.shape));
  const [sources, targets] = [resolve(from), resolve(to)];
  const distinct = (axes: number[]): boolean => new Set(axes).size === axes.length;
  if (sources.length !== targets.length || !distinct(sources) || !distinct(targets)) {
    throw new ShapeError(
      `moveaxis: cannot move axes [${sources.join(', ')}] to [${targets.join(', ')}] of ${showShape(source.shape)}.\n  Give as many targets as axes, none twice.`,
    );
  }
  const others = source.shape.map((_, k) => k).filter((k) => !sources.includes(k));
  const order = source.shape.map((_, k) => {
    const at = targets.indexOf(k);
    return at === -1 ? others.shift()! : sources[at]!;
  });
  return permute(source, order);
}

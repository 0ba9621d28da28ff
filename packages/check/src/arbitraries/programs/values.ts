import { type DType, isFloating, type Shape, type Tensor, tensor } from '@tikhonov/core';
import type { ShapeRange, ValueRange } from '@tikhonov/core/engine';
import { Noise } from '../../agreement/noise.ts';
import { tensors } from '../tensors.ts';
import type { Author, Dice } from './author.ts';

/** Around the lengths of vectors (2, 4) and what is left over after them. */
const sizes = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 11, 16, 17, 33];

const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** A shape within the range: often that of a value that there is, else sizes around those of vectors. */
export function drawShape(author: Author, range: ShapeRange = {}): Shape {
  const { dice } = author;
  const { minRank = 0, minSize = 0 } = range;
  const maxRank = range.maxRank ?? Math.max(3, minRank);
  const maxSize = range.maxSize ?? Infinity;
  const fits = (shape: Shape): boolean =>
    shape.length >= minRank &&
    shape.length <= maxRank &&
    shape.every((n) => n >= minSize && n <= maxSize);
  const there = author.known.map(({ value }) => value.shape).filter(fits);
  if (there.length > 0 && !dice.once(3)) return dice.pick(there.slice(-8));
  // One long axis now and then, to see loops that are unrolled come to their end.
  if (minRank <= 1 && maxRank >= 1 && maxSize > 1000 && dice.once(40)) {
    return [dice.integer(100, 1100)];
  }
  const shape = Array.from(
    { length: dice.integer(Math.max(minRank, Math.min(1, maxRank)), maxRank) },
    () => {
      if (minSize === 0 && dice.once(40)) return 0;
      const allowed = sizes.filter((n) => n >= minSize && n <= maxSize);
      return allowed.length === 0 ? minSize : dice.pick(allowed);
    },
  );
  if (minRank === 0 && dice.once(15)) return [];
  const most = dice.once(12) ? 1200 : 160;
  while (sizeOf(shape) > most) {
    const axis = shape.indexOf(Math.max(...shape));
    shape[axis] = Math.max(minSize, 1, shape[axis]! >> 1);
    if (shape[axis] === Math.max(minSize, 1)) break;
  }
  return shape;
}

/** The part of the range between two of the points to avoid. */
export function intervalOf(
  dice: Dice,
  { min = -3, max = Math.max(3, min), avoid = [] }: ValueRange,
): [number, number] {
  const margin = 0.0625;
  const points = avoid.filter((p) => p > min - margin && p < max + margin).sort((a, b) => a - b);
  const lows = [min, ...points.map((p) => p + margin)];
  const highs = [...points.map((p) => p - margin), max];
  const free = lows
    .map((low, k): [number, number] => [low, highs[k]!])
    .filter(([low, high]) => low <= high);
  return free.length === 0 ? [min, max] : dice.pick(free);
}

const odd = [
  NaN,
  NaN,
  NaN,
  NaN,
  Infinity,
  -Infinity,
  -0,
  0,
  2 ** -1074,
  -(2 ** -149),
  2 ** -127,
  1e-30,
];

/** A tensor that is not computed; small ones are often views. */
export function drawTensor(
  dice: Dice,
  shape: Shape,
  dtype: DType,
  [min, max]: readonly [number, number],
  withOdd: boolean,
): Tensor {
  if (isFloating(dtype) && (sizeOf(shape) > 60 || withOdd)) {
    const noise = new Noise(dice.integer(0, 2 ** 30));
    const data = Float64Array.from({ length: sizeOf(shape) }, () =>
      withOdd && noise.uniform() < 0.3
        ? odd[Math.floor(noise.uniform() * odd.length)]!
        : min + noise.uniform() * (max - min),
    );
    return tensor(data, { shape, dtype });
  }
  return dice.of(tensors({ shape, dtype, min, max }));
}

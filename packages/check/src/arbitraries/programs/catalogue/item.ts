import type { DType, Shape, Tensor } from '@tikhonov/core';
import type { ValueRange } from '@tikhonov/core/engine';
import type { Author, Known } from '../author.ts';
import { callWith } from '../calls.ts';
import { operandFor } from '../fit.ts';
import { drawShape } from '../values.ts';

/** An operation that programs may contain, and how it is written into one. */
export interface Item {
  readonly name: string;
  /** How likely it is next to others. @defaultValue 1 */
  readonly weight?: number;
  readonly write: (author: Author) => void;
}

/** Writes some operations into a function. */
export type Fill = (author: Author, count: number) => void;

/** The dtype of the operation that comes next. */
export const floatOf = (author: Author): DType => author.dice.pick(author.floats);

/** A floating operand. */
export const float = (
  author: Author,
  shape: Shape,
  dtype: DType,
  range?: ValueRange,
  finite = false,
): Known => operandFor(author, { shape, dtype, range, finite });

/** A size around those of vectors. */
export const size = (author: Author, min: number, max: number): number =>
  author.dice.once(3) ? max : author.dice.integer(min, max);

/** An axis from the front or the back. */
export const axisOf = (author: Author, rank: number): number =>
  author.dice.integer(-rank, rank - 1);

/** Some axes, one, or all. */
export function someAxes(author: Author, rank: number): number[] | number | undefined {
  const { dice } = author;
  if (rank === 0 || dice.once(4)) return undefined;
  if (dice.once(2)) return axisOf(author, rank);
  return Array.from({ length: rank }, (_, k) => k).filter(() => dice.once(2));
}

/** A function of one tensor of any shape. */
export const unary = (
  name: string,
  f: (x: Tensor, options: never) => Tensor,
  range?: ValueRange,
  options?: (author: Author) => unknown,
): Item => ({
  name,
  write: (author) => {
    const x = float(author, drawShape(author), floatOf(author), range);
    const given = options?.(author);
    author.one(callWith(name, f, 1, ...(given === undefined ? [] : [given])), x);
  },
});

/** A function of two tensors that broadcast together. */
export const binary = (
  name: string,
  f: (x: Tensor, y: Tensor) => Tensor,
  ranges: readonly [ValueRange?, ValueRange?] = [],
): Item => ({
  name,
  write: (author) => {
    const [joint, dtype] = [drawShape(author), floatOf(author)];
    const operands = [
      float(author, joint, dtype, ranges[0]),
      float(author, narrowed(author, joint), dtype, ranges[1]),
    ];
    const [x, y] = author.dice.once(3) && ranges.length === 0 ? operands.reverse() : operands;
    author.one(callWith(name, f, 2), x!, y!);
  },
});

/** A shape that broadcasts to the given one: axes of size 1, or none in front. */
export function narrowed(author: Author, shape: Shape): Shape {
  const { dice } = author;
  if (!dice.once(3)) return shape;
  return shape
    .map((n) => (dice.once(2) ? 1 : n))
    .slice(dice.once(2) ? dice.integer(0, shape.length) : 0);
}

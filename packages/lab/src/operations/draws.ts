import { type Operation, operation } from '@tikhonov/check';
import type { ReduceOptions, Shape, Tensor } from '@tikhonov/core';
import type { CaseDraw, ValueRange } from '@tikhonov/core/engine';

type Options = Omit<Operation, 'name' | 'cases'>;

/** What a case of one tensor needs to know. */
export interface UnaryOptions extends Options, ValueRange {
  readonly minRank?: number;
  readonly minSize?: number;
}

const split = ({ min, max, avoid, distinct, minRank, minSize, ...rest }: UnaryOptions) => ({
  range: {
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(avoid === undefined ? {} : { avoid }),
    ...(distinct === undefined ? {} : { distinct }),
  },
  shape: {
    ...(minRank === undefined ? {} : { minRank }),
    ...(minSize === undefined ? {} : { minSize }),
  },
  rest,
});

/** A function of one tensor of any shape. */
export function unary(
  name: string,
  f: (x: Tensor) => Tensor,
  options: UnaryOptions = {},
): Operation {
  const { range, shape, rest } = split(options);
  return operation(name, (draw) => [f, draw.tensor(draw.shape(shape), range)], rest);
}

/** A function of one tensor that takes options, which are drawn. */
export function unaryWith<O>(
  name: string,
  f: (x: Tensor, options: O) => object,
  drawOptions: (draw: CaseDraw, x: Tensor) => O,
  options: UnaryOptions = {},
): Operation {
  const { range, shape, rest } = split(options);
  return operation(
    name,
    (draw) => {
      const x = draw.tensor(draw.shape(shape), range);
      const drawn = drawOptions(draw, x);
      return [(y) => f(y!, drawn), x];
    },
    rest,
  );
}

/** A reduction over drawn axes. */
export const reduction = (
  name: string,
  f: (x: Tensor, options: ReduceOptions) => Tensor,
  options: UnaryOptions = {},
): Operation =>
  unaryWith(
    name,
    f,
    (draw, x) => ({ axis: draw.axes(x.rank), keepdims: draw.pick([false, true]) }),
    options,
  );

/** An axis from the front or the back. */
export const anyAxis = (draw: CaseDraw, rank: number): number => draw.integer(-rank, rank - 1);

/** A function of two tensors that broadcast together. */
export const binary = (
  name: string,
  f: (x: Tensor, y: Tensor) => Tensor,
  options: Options & { readonly x?: ValueRange; readonly y?: ValueRange } = {},
): Operation => {
  const { x, y, ...rest } = options;
  return operation(
    name,
    (draw) => {
      const shape = draw.shape();
      return [(a, b) => f(a!, b!), draw.tensor(shape, x), draw.tensor(reduced(draw, shape), y)];
    },
    rest,
  );
};

/** A shape that broadcasts to the given one. */
export const reduced = (draw: CaseDraw, shape: Shape): Shape =>
  shape.map((n) => draw.pick([n, n, 1])).slice(draw.pick([0, 0, Math.min(1, shape.length)]));

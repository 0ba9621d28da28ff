import { random, type Tensor, tensor } from '@tikhonov/core';
import { fromView, type View } from '@tikhonov/core/engine';
import type { Dataset } from '../dataset.ts';

// Batches are made by copying rows, not by `indexSelect`: a compiled step of 30 microseconds must not
// wait for its data. Every batch is a tensor of its own, as somebody may keep it.

/** A tensor whose rows lie one after the other. */
export interface Rows extends View {
  /** Elements of a row. */
  readonly width: number;
}

/** The rows of a tensor; shares its data if they are dense. */
function rowsOf(x: Tensor): Rows {
  const stride = x.shape.map((_, axis) => x.shape.slice(axis + 1).reduce((n, d) => n * d, 1));
  const isDense = x.shape.every((d, axis) => d <= 1 || x.view.stride[axis] === stride[axis]);
  const view = isDense ? x.view : { ...x.view, data: x.data(), offset: 0 };
  return { ...view, stride, width: stride[0]! };
}

/** Consecutive rows, shared. */
const rangeOfRows = (rows: Rows, start: number, stop: number): Tensor =>
  fromView({
    dtype: rows.dtype,
    data: rows.data,
    shape: [stop - start, ...rows.shape.slice(1)],
    stride: rows.stride,
    offset: rows.offset + start * rows.width,
  });

/** Rows in any order, copied; those from `counted` on are 0. */
function copyOfRows(rows: Rows, index: Int32Array, counted: number): Tensor {
  const { data, offset, width } = rows;
  const count = index.length;
  const Elements = data.constructor as new (length: number) => typeof data;
  const out = new Elements(count * width);
  for (let i = 0, to = 0; i < counted; i++, to += width) {
    const from = offset + index[i]! * width;
    if (width < shortRow) for (let j = 0; j < width; j++) out[to + j] = data[from + j]!;
    else out.set(data.subarray(from, from + width), to);
  }
  const shape = [count, ...rows.shape.slice(1)];
  return fromView({ dtype: rows.dtype, data: out, shape, stride: rows.stride, offset: 0 });
}

/** Below this many elements a loop is faster than a copy by the engine. */
const shortRow = 32;

/** Where one pass over a data set goes. */
export interface Route {
  readonly batchSize: number;
  /** Number of batches. */
  readonly length: number;
  /** The first batch. */
  readonly start: number;
  /** Of the order; null for that of the rows. */
  readonly key: Tensor | null;
  /** Whether a short last batch is filled up with rows from the start of the order. */
  readonly pad: boolean;
}

/** Some rows, and which they are. */
export interface Stretch {
  readonly x: Tensor;
  readonly y: Tensor;
  /** `[b]`, 0 for filling; only if the data set has weights. */
  readonly sampleWeight?: Tensor;
  /** int32 `[b]` */
  readonly index: Tensor;
  /** Number of rows that are not filling. */
  readonly size: number;
}

/** A data set as rows; made once, as inputs that are not dense are copied. */
export interface Examples {
  readonly x: Rows;
  readonly y: Rows;
  readonly sampleWeight?: Rows;
}

/** The rows of a data set. */
export const examplesOf = ({ x, y, sampleWeight }: Dataset): Examples => ({
  x: rowsOf(x),
  y: rowsOf(y),
  ...(sampleWeight === undefined ? {} : { sampleWeight: rowsOf(sampleWeight) }),
});

/** Walks along a route. */
export function* stretches(examples: Examples, route: Route): Generator<Stretch, void, undefined> {
  const { x, y, sampleWeight } = examples;
  const { batchSize, key, pad } = route;
  const n = x.shape[0]!;
  const order = key === null ? null : random.permutation(key, n).data();
  for (let i = route.start; i < route.length; i++) {
    const from = i * batchSize;
    const size = Math.min(batchSize, n - from);
    const count = pad ? batchSize : size;
    const index = Int32Array.from({ length: count }, (_, j) => {
      const place = (from + j) % n;
      return order === null ? place : order[place]!;
    });
    const isRange = order === null && count === size;
    const taken = (rows: Rows, counted: number = count): Tensor =>
      isRange ? rangeOfRows(rows, from, from + size) : copyOfRows(rows, index, counted);
    const part = { x: taken(x), y: taken(y), index: tensor(index), size };
    yield sampleWeight === undefined ? part : { ...part, sampleWeight: taken(sampleWeight, size) };
  }
}

import { random, type Tensor } from '@tikhonov/core';
import { fromView, type View } from '@tikhonov/core/engine';
import { type Batch, batches, type Dataset } from '@tikhonov/data';

/** Options of `minibatches`. */
export interface MinibatchesOptions {
  readonly batchSize: number;
  readonly dropLast: boolean;
}

/** Passes over a data set, always in batches of the same sizes. */
export interface Minibatches {
  /** Batches in a pass. */
  readonly length: number;
  /** One pass: in a random order, or in that of the rows; without its first `skipped` batches. */
  pass(key: Tensor | null, skipped?: number): Iterable<Batch>;
}

/**
 * The batches of `data.batches`, made for speed: what a compiled step takes 30 microseconds for must not
 * wait for its rows. Every batch is a tensor of its own, as somebody may keep it.
 */
export function minibatches(dataset: Dataset, options: MinibatchesOptions): Minibatches {
  const { batchSize, dropLast } = options;
  const { length } = batches(dataset, { batchSize, dropLast });
  const [x, y] = [rowsOf(dataset.x), rowsOf(dataset.y)];
  return {
    length,
    *pass(key, skipped = 0) {
      const order =
        key === null ? null : Int32Array.from(random.permutation(key, dataset.size).data());
      for (let i = skipped; i < length; i++) {
        const start = i * batchSize;
        const stop = Math.min(dataset.size, start + batchSize);
        yield {
          x: order === null ? range(x, start, stop) : gather(x, order, start, stop),
          y: order === null ? range(y, start, stop) : gather(y, order, start, stop),
          size: stop - start,
        };
      }
    },
  };
}

/** A tensor whose rows lie one after the other. */
interface Rows extends View {
  /** Elements of a row. */
  readonly width: number;
}

function rowsOf(x: Tensor): Rows {
  const stride = x.shape.map((_, axis) => x.shape.slice(axis + 1).reduce((n, d) => n * d, 1));
  const isDense = x.shape.every((d, axis) => d <= 1 || x.view.stride[axis] === stride[axis]);
  const view = isDense ? x.view : { ...x.view, data: x.data(), offset: 0 };
  return { ...view, stride, width: stride[0]! };
}

/** Consecutive rows, shared. */
const range = (rows: Rows, start: number, stop: number): Tensor =>
  fromView({
    dtype: rows.dtype,
    data: rows.data,
    shape: [stop - start, ...rows.shape.slice(1)],
    stride: rows.stride,
    offset: rows.offset + start * rows.width,
  });

/** The rows at `order[start .. stop)`, copied. */
function gather(rows: Rows, order: Int32Array, start: number, stop: number): Tensor {
  const { data, offset, width } = rows;
  const count = stop - start;
  // A copy of as many elements: of the right type, and never zeroed for nothing.
  const out = data.slice(offset, offset + count * width);
  for (let i = 0, to = 0; i < count; i++, to += width) {
    const from = offset + order[start + i]! * width;
    if (width < shortRow) for (let j = 0; j < width; j++) out[to + j] = data[from + j]!;
    else out.set(data.subarray(from, from + width), to);
  }
  const shape = [count, ...rows.shape.slice(1)];
  return fromView({ dtype: rows.dtype, data: out, shape, stride: rows.stride, offset: 0 });
}

/** Below this many elements a loop is faster than a copy by the engine. */
const shortRow = 32;

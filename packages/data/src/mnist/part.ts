import { random, type Tensor, tensor } from '@tikhonov/core';
import { fromView, showShape } from '@tikhonov/core/engine';
import { Dataset } from '../dataset.ts';
import { FormatError } from '../formats/format-error.ts';
import { type IdxFile, openIdx } from '../formats/idx-header.ts';
import { split } from '../split.ts';
import { requireCount } from '../validate.ts';
import { attributionOf } from './attribution.ts';
import type { PartOptions } from './options.ts';

/** The files of a part. */
export interface PartFiles {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

const classes = 10;

/**
 * Images with their labels. The pixels of the rows asked for are converted once, into the memory that the
 * data set keeps; those of 60,000 images are 188 MB.
 *
 * @param where  the part too, for messages, such as 'mnistFrom (train)'
 * @throws FormatError if a file is damaged, is not of bytes, or the two do not fit together
 * @throws RangeError for more rows than there are
 */
export async function partOf(
  where: string,
  files: PartFiles,
  options: PartOptions,
): Promise<Dataset> {
  const images = await open(`${where}: images`, files.images, 3);
  const labels = await open(`${where}: labels`, files.labels, 1);
  const n = images.shape[0]!;
  if (n !== labels.shape[0]) {
    throw new FormatError(
      `${where}: ${n} images and ${labels.shape[0]} labels.\n  Take both files from the same data set, and the same part of it.`,
    );
  }
  const above = labels.body.find((label) => label >= classes);
  if (above !== undefined) {
    throw new FormatError(
      `${where}: the label ${above} is outside [0, ${classes}).\n  For data with more classes use readIdx.`,
    );
  }
  const y = tensor(Int32Array.from(labels.body));
  const rows = options.size === undefined ? null : drawn(y, options);
  const shape = shapeOf(images, options);
  return new Dataset({
    ...attributionOf(labels.body),
    x: pixels(images.body, rows, { ...options, shape }),
    y: rows === null ? y : tensor(rows.map((row) => labels.body[row]!)),
    classes,
  });
}

async function open(where: string, bytes: Uint8Array, rank: number): Promise<IdxFile> {
  const file = await openIdx(where, bytes);
  if (file.type === 'uint8' && file.shape.length === rank && !file.shape.includes(0)) return file;
  throw new FormatError(
    `${where}: the file holds ${file.type} ${showShape(file.shape)}, not uint8 ${rank === 3 ? '[n, height, width]' : '[n]'} with n >= 1.\n  Are the files in the right places?`,
  );
}

/** Of equal shares of every class, in the order of the file. */
function drawn(y: Tensor, { size = 1, sizeName, seed }: PartOptions): Int32Array {
  const n = y.shape[0]!;
  requireCount(...sizeName, size, n);
  const numbers = new Dataset({
    x: tensor(Int32Array.from({ length: n }, (_, i) => i)),
    y,
    classes,
  });
  const [part] = split(numbers, { sizes: [size], key: random.foldIn(random.key(seed), 'mnist') });
  return Int32Array.from(part.x.data()).sort();
}

function shapeOf({ shape }: IdxFile, { flatten }: PartOptions): readonly number[] {
  const [, height, width] = shape as readonly [number, number, number];
  return flatten ? [height * width] : [1, height, width];
}

function pixels(
  bytes: Uint8Array,
  rows: Int32Array | null,
  { normalize, shape }: PartOptions & { readonly shape: readonly number[] },
): Tensor {
  const size = shape.reduce((n, d) => n * d, 1);
  const count = rows?.length ?? bytes.length / size;
  const out = new Float32Array(count * size);
  // A look-up is faster than a division, and rounds the same.
  const values = Float32Array.from({ length: 256 }, (_, byte) => (normalize ? byte / 255 : byte));
  for (let i = 0, to = 0; i < count; i++) {
    const from = (rows === null ? i : rows[i]!) * size;
    for (let j = 0; j < size; j++) out[to++] = values[bytes[from + j]!]!;
  }
  const whole = [count, ...shape];
  const stride = whole.map((_, axis) => whole.slice(axis + 1).reduce((n, d) => n * d, 1));
  // Not `tensor`, which would copy.
  return fromView({ dtype: 'float32', data: out, shape: whole, stride, offset: 0 });
}

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { ones, Tensor, tensor, zeros } from '@tikhonov/core';
import { readCsv, readIdx, readNpy, readNpz, writeNpy, writeNpz } from '@tikhonov/data';
import {
  decodeCheckpoint,
  encodeCheckpoint,
  loadSafetensors,
  saveSafetensors,
} from '@tikhonov/train';

/** A format, and valid files of it to begin with. */
export interface FuzzedFormat {
  readonly name: string;
  /** The most bytes of tensors and buffers that reading may take for each byte of the file. */
  readonly bytesPerByte: number;
  /** Whether files may be compressed: then `maxBytes` comes on top, for what is inflated and its tensors. */
  readonly inflates?: boolean;
  files(): Promise<readonly Uint8Array[]>;
  /** Reads the file; returns every tensor that came out of it. */
  read(file: Uint8Array): Promise<readonly Tensor[]>;
  /** Makes a changed file valid again where that leads deeper: its checksum, its compression. */
  repaired?(file: Uint8Array): Uint8Array;
}

/** Compressed files may inflate to this; the reader is told so. */
export const maxBytes: number = 2 ** 16;

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const grid = tensor([
  [1, -0, 2.5],
  [Infinity, NaN, 3],
]);
const tensors = {
  w: grid,
  'layers.0.bias': tensor([1, 2], { dtype: 'float64' }),
  labels: tensor([3, 1, 2], { dtype: 'int32' }),
  mask: tensor([true, false]),
  none: zeros([0, 4]),
};

const safetensors: FuzzedFormat = {
  name: 'safetensors',
  // Bytes become int32.
  bytesPerByte: 8,
  files: async () => [
    saveSafetensors(tensors, { metadata: { format: 'pt' } }),
    saveSafetensors({ w: tensor(1) }),
    small(),
  ],
  read: async (file) => Object.values(loadSafetensors(file).tensors),
};

/** A file of types that are converted. */
function small(): Uint8Array {
  const header = text(
    '{"a":{"dtype":"I8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"F16","shape":[2],"data_offsets":[4,8]}}',
  );
  return Uint8Array.from([header.length, ...new Uint8Array(7), ...header, ...text('abcdefgh')]);
}

const npy: FuzzedFormat = {
  name: 'npy',
  bytesPerByte: 8,
  files: async () => [
    ...[...Object.values(tensors)].map((x) => writeNpy(x)),
    writeNpy(grid, { fortranOrder: true }),
  ],
  read: async (file) => [readNpy(file)],
};

const npz: FuzzedFormat = {
  name: 'npz',
  bytesPerByte: 8,
  inflates: true,
  files: async () => [
    await writeNpz({ x: grid, y: tensor([1]) }),
    await writeNpz({ x: ones([100]), y: grid }, { compress: true }),
  ],
  read: async (file) => Object.values(await readNpz(file, { maxBytes })),
};

const idx: FuzzedFormat = {
  name: 'idx',
  bytesPerByte: 8,
  inflates: true,
  files: async () => [
    new Uint8Array([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]),
    new Uint8Array([0, 0, 0x0d, 1, 0, 0, 0, 1, 0x3f, 0x80, 0, 0]),
    gzipSync(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9])),
  ],
  read: async (file) => [await readIdx(file, { maxBytes })],
  repaired: (file) => gzipSync(file),
};

const csv: FuzzedFormat = {
  name: 'csv',
  // Text becomes strings and arrays of them.
  bytesPerByte: 64,
  files: async () => [
    text('height,width,kind\n1,2,"small, ""flat"""\r\n3.5,-4e3,big\n'),
    text('a,b\n1,2\n3,4\n\n5,6'),
  ],
  read: async (file) => {
    const table = await readCsv(file);
    const labels = table.columns.map((name) => table.labels(name).y);
    return [...labels, table.tensor(table.columns.slice(0, 2))];
  },
};

const checkpoint: FuzzedFormat = {
  name: 'checkpoint',
  bytesPerByte: 10,
  files: async () => [
    await encodeCheckpoint({
      tensors: { 'model.w': grid },
      state: {
        epoch: 2,
        best: Number.NaN,
        kept: { values: { w: grid } },
        list: [1, null, true, 'text'],
      },
    }),
  ],
  read: async (file) => {
    const { tensors: found, state } = await decodeCheckpoint(file);
    return [...Object.values(found), ...tensorsIn(state)];
  },
  repaired: signed,
};

/** The formats whose readers must stand anything. */
export const formats: readonly FuzzedFormat[] = [safetensors, npy, npz, idx, csv, checkpoint];

function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(tensorsIn);
}

/** The checkpoint with a checksum that is right, as somebody would write it who means harm. */
function signed(file: Uint8Array): Uint8Array {
  const start = 8 + '{"__metadata__":{"checksum":"'.length;
  const copy = file.slice();
  if (copy.length < start + 64) return copy;
  copy.fill(0x30, start, start + 64);
  copy.set(text(createHash('sha256').update(copy).digest('hex')), start);
  return copy;
}

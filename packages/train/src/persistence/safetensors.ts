import { type DType, Tensor } from '@tikhonov/core';
import { fromView, kindOf, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import {
  decodeElements,
  dtypeOfElement,
  encodeElements,
  requireBytes,
} from '@tikhonov/data/engine';
import { longestHeader, splitSafetensors } from './safetensors-header.ts';

/** Options of `saveSafetensors`. */
export interface SaveSafetensorsOptions {
  /** Texts by name, kept in the file's header. @defaultValue none */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What `loadSafetensors` finds. */
export interface Safetensors {
  /** By name, in the order of the file's header. */
  readonly tensors: Record<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const known: OptionNames<SaveSafetensorsOptions> = { metadata: true };

const codes: Readonly<Record<DType, string>> = {
  float64: 'F64',
  float32: 'F32',
  uint32: 'U32',
  int32: 'I32',
  bool: 'BOOL',
};

/** Larger elements first, so that each lies at a multiple of its size. */
const order: readonly DType[] = ['float64', 'float32', 'uint32', 'int32', 'bool'];

/**
 * Tensors as a safetensors file, which PyTorch and others open without running code. Names are kept as
 * they are: what `stateDict()` of a model gives, `load_state_dict` of the same model in PyTorch takes.
 * The data begin at a multiple of 8 bytes, larger elements first, then by name, as the format's own
 * implementation lays them out. Equal tensors give equal bytes.
 *
 * @param tensors  by name, any shapes and dtypes
 * @returns the file
 * @throws TypeError for anything but tensors and texts; RangeError for a name that files cannot have
 * @see Hugging Face, "Safetensors: simple, safe way to store tensors" (2022)
 * @example
 * ```ts
 * const model = nn.mlp([2, 3, 1], { seed: 0 });
 * const file = train.saveSafetensors(model.stateDict(), { metadata: { epochs: '3' } });
 * const { tensors, metadata } = train.loadSafetensors(file);
 * metadata.epochs; // => '3'
 * nn.mlp([2, 3, 1], { seed: 1 }).loadStateDict(tensors).missing; // => []
 * ```
 */
export function saveSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  options: SaveSafetensorsOptions = {},
): Uint8Array {
  requireOptions('saveSafetensors', options, known);
  requireTensors(tensors);
  const entries = Object.entries(tensors).sort(
    ([a, x], [b, y]) => order.indexOf(x.dtype) - order.indexOf(y.dtype) || (a < b ? -1 : 1),
  );
  const header = headerOf(entries, options.metadata);
  const start = 8 + header.length;
  const file = new Uint8Array(start + entries.reduce((sum, [, x]) => sum + bytesOf(x), 0));
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  let at = start;
  for (const [, x] of entries) {
    file.set(encodeElements(x.data()), at);
    at += bytesOf(x);
  }
  return file;
}

/**
 * The tensors of a safetensors file. float16 and bfloat16 become float32; int64 (as in PyTorch's
 * `num_batches_tracked`) and smaller integers become int32, uint64 becomes uint32, if all values fit.
 * The file is checked as a whole before anything is made; memory is at most four times that of the data.
 *
 * @param file  the bytes
 * @throws FormatError unless the file keeps every rule of the format: a header of at most 100 MB that
 * is JSON with each name once, sizes that fit shapes, data without gaps, overlaps or a rest
 * @example
 * ```ts
 * const file = train.saveSafetensors({ w: tensor([[1, 2]]), b: tensor([true]) });
 * const { tensors } = train.loadSafetensors(file);
 * tensors.w.toArray(); // => [[1, 2]]
 * tensors.b.dtype; // => 'bool'
 * ```
 */
export function loadSafetensors(file: Uint8Array): Safetensors {
  requireBytes('loadSafetensors', file);
  const { metadata, tensors } = splitSafetensors('loadSafetensors', file);
  const entries = tensors.map(({ name, type, shape, bytes }): [string, Tensor] => {
    const data = decodeElements(`loadSafetensors: '${name}'`, { type, bytes });
    const stride = shape.map((_, axis) => shape.slice(axis + 1).reduce((n, d) => n * d, 1));
    return [name, fromView({ dtype: dtypeOfElement[type], data, shape, stride, offset: 0 })];
  });
  return { metadata, tensors: Object.fromEntries(entries) };
}

const bytesOf = ({ size, dtype }: Tensor): number =>
  size * (dtype === 'float64' ? 8 : dtype === 'bool' ? 1 : 4);

function headerOf(
  entries: readonly (readonly [string, Tensor])[],
  metadata: Readonly<Record<string, string>> | undefined,
): Uint8Array {
  const fields: [string, unknown][] = [];
  if (metadata !== undefined) fields.push(['__metadata__', checkedMetadata(metadata)]);
  let begin = 0;
  for (const [name, x] of entries) {
    const end = begin + bytesOf(x);
    fields.push([name, { dtype: codes[x.dtype], shape: x.shape, data_offsets: [begin, end] }]);
    begin = end;
  }
  // Not one object: it would put names that look like integers first.
  const text = `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
  const bytes = new TextEncoder().encode(text);
  const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8).fill(0x20);
  padded.set(bytes);
  if (padded.length <= longestHeader) return padded;
  throw new RangeError(
    `saveSafetensors: the header would have ${padded.length} bytes; ${longestHeader} is the limit.\n  Save fewer tensors in a file, or less metadata.`,
  );
}

function requireTensors(tensors: Readonly<Record<string, Tensor>>): void {
  if (typeof tensors !== 'object' || tensors === null || tensors instanceof Tensor) {
    throw new TypeError(
      `saveSafetensors: needs tensors by name, got ${kindOf(tensors)}.\n  Pass model.stateDict(), or { w }.`,
    );
  }
  for (const [name, x] of Object.entries(tensors)) {
    if (!(x instanceof Tensor)) {
      throw new TypeError(
        `saveSafetensors: '${name}' must be a Tensor, got ${kindOf(x)}.\n  Read a cell with cell.read().`,
      );
    }
    if (name === '__metadata__' || name === '__proto__') {
      throw new RangeError(`saveSafetensors: a tensor cannot be called '${name}'.\n  Rename it.`);
    }
  }
}

function checkedMetadata(
  metadata: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  for (const [name, text] of Object.entries(metadata)) {
    if (typeof text === 'string' && name !== '__proto__') continue;
    throw new TypeError(
      `saveSafetensors: the metadata '${name}' must be text, got ${kindOf(text)}.\n  Use JSON.stringify for anything else.`,
    );
  }
  return metadata;
}

import { FormatError } from '@tikhonov/data';
import { dataView, type ElementType, elementSize, exactSize, utf8 } from '@tikhonov/data/engine';
import { type Json, parseJson } from './json-text.ts';

/** Where a tensor lies in a file. */
export interface StoredTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A file's parts; nothing is copied. */
export interface SafetensorsParts {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly StoredTensor[];
}

/** The limit of the format's own implementation, in bytes. */
export const longestHeader = 100_000_000;

const types: ReadonlyMap<Json | undefined, ElementType> = /* @__PURE__ */ new Map([
  ['F64', 'float64'],
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['I64', 'int64'],
  ['I32', 'int32'],
  ['I16', 'int16'],
  ['I8', 'int8'],
  ['U64', 'uint64'],
  ['U32', 'uint32'],
  ['U16', 'uint16'],
  ['U8', 'uint8'],
  ['BOOL', 'bool'],
] as const);

/**
 * Takes a file apart and checks that it is one: the header within its limit and within the file, every
 * name once, sizes that fit their shapes, and data without gaps, overlaps or a rest.
 *
 * @throws FormatError if it is not
 */
export function splitSafetensors(where: string, file: Uint8Array): SafetensorsParts {
  const fail = (problem: string): never => {
    throw new FormatError(
      `${where}: ${problem}.\n  The file is cut short or damaged, or no safetensors file.`,
    );
  };
  if (file.length < 8) fail(`${file.length} bytes are too few for a header`);
  const length = Number(dataView(file).getBigUint64(0, true));
  if (length > longestHeader) {
    // Only now: two bytes of a pickle may as well be the length of a header.
    requireNoOther(where, file);
    fail(`the header would have ${length} bytes; ${longestHeader} is the limit`);
  }
  if (8 + length > file.length)
    fail(`the header would end at byte ${8 + length} of ${file.length}`);
  const header = file.subarray(8, 8 + length);
  if (header[0] !== 0x7b) fail("the header does not begin with '{'");
  const entries = parseJson(where, utf8(where, header));
  if (!(entries instanceof Map)) return fail('the header is no object');
  const data = file.subarray(8 + length);
  const metadata = metadataOf(entries.get('__metadata__'), fail);
  const located = [...entries]
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => locate(where, name, entry, fail));
  requireContiguous(located, data.length, fail);
  const tensors = located.map(({ begin, end, ...rest }) => ({
    ...rest,
    bytes: data.subarray(begin, end),
  }));
  return { metadata, tensors };
}

/** Beginnings of files of other kinds. */
const others: readonly (readonly [string, string])[] = [
  ['PK\x03\x04', 'a zip archive, such as torch.save and Keras write'],
  ['\x80\x02', 'a Python pickle, such as old versions of torch.save wrote'],
  ['\x89HDF\r\n', 'an HDF5 file, such as Keras wrote'],
  ['\x93NUMPY', 'a NumPy array'],
  ['GGUF', 'a GGUF file'],
];

/** A file of another kind is neither damaged nor cut short. */
function requireNoOther(where: string, file: Uint8Array): void {
  const start = String.fromCharCode(...file.subarray(0, 8));
  const other = others.find(([magic]) => start.startsWith(magic));
  if (other === undefined) return;
  throw new FormatError(
    `${where}: this is ${other[1]}, no safetensors file.\n  Convert it in Python: safetensors.torch.save_file(tensors, path).`,
  );
}

type Fail = (problem: string) => never;

interface Located extends Omit<StoredTensor, 'bytes'> {
  readonly begin: number;
  readonly end: number;
}

function metadataOf(value: Json | undefined, fail: Fail): Record<string, string> {
  if (value === undefined) return {};
  if (!(value instanceof Map)) return fail('__metadata__ is no object');
  const entries = [...value].map(([name, text]): [string, string] => {
    if (name === '__proto__' || typeof text !== 'string') {
      return fail(
        `the metadata '${shortened(name)}' must be text under another name than __proto__`,
      );
    }
    return [name, text];
  });
  return Object.fromEntries(entries);
}

function locate(where: string, name: string, entry: Json, fail: Fail): Located {
  const seen = `'${shortened(name)}'`;
  if (name === '__proto__') return fail('a tensor is called __proto__');
  if (!(entry instanceof Map) || entry.size !== 3) {
    return fail(`${seen} must have dtype, shape and data_offsets, and nothing else`);
  }
  const type = types.get(entry.get('dtype'));
  const code = entry.get('dtype');
  if (typeof code === 'string' && /^(F4|F6|F8|C64|C128)(_\w+)?$/.test(code)) {
    throw new FormatError(
      `${where}: ${seen} has dtype ${code}, which is not supported; known are ${[...types.keys()].join(', ')}.\n  Convert it where the file comes from: x.to(torch.float32).`,
    );
  }
  if (type === undefined) {
    return fail(
      `${seen} has dtype ${shortened(JSON.stringify(entry.get('dtype')) ?? 'none')}; known are ${[...types.keys()].join(', ')}`,
    );
  }
  const shape = entry.get('shape');
  const offsets = entry.get('data_offsets');
  if (!isSizes(shape) || shape.length > 64) return fail(`${seen} has no valid shape`);
  if (!isSizes(offsets) || offsets.length !== 2) return fail(`${seen} has no valid data_offsets`);
  const [begin, end] = [offsets[0]!, offsets[1]!];
  const size = exactSize(shape);
  if (size === null || size * elementSize[type] !== end - begin) {
    return fail(
      `${seen} of shape ${shortened(`[${shape.join(', ')}]`)} needs ${size === null ? 'more than 2^53' : size * elementSize[type]} bytes, not those of [${begin}, ${end}]`,
    );
  }
  return { name, type, shape, begin, end };
}

const isSizes = (value: Json | undefined): value is readonly number[] =>
  Array.isArray(value) &&
  value.every((n) => Number.isSafeInteger(n) && !Object.is(n, -0) && n >= 0);

function requireContiguous(located: readonly Located[], total: number, fail: Fail): void {
  let covered = 0;
  for (const { name, begin, end } of located.toSorted(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin !== covered) {
      const what = begin < covered ? 'overlaps another tensor' : 'leaves a gap';
      fail(`'${shortened(name)}' ${what}: it begins at ${begin}, data before it end at ${covered}`);
    }
    covered = end;
  }
  if (covered !== total) fail(`the tensors take ${covered} bytes, the file has ${total}`);
}

const shortened = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}...` : text);

/** A stream of whole numbers: the same for the same seed, on every machine. */
export type Draw = (below: number) => number;

/** As `mulberry32`: one number a call, from a counter that is mixed. */
export function drawFrom(seed: number): Draw {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Sizes and counts at which readers go wrong. */
const numbers = [
  0,
  1,
  7,
  8,
  9,
  127,
  128,
  255,
  256,
  65535,
  65536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
];

/** What formats are made of. */
const words = [
  ...[
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    ':',
    ',',
    '"',
    "'",
    '\\',
    '\n',
    '\r\n',
    ' ',
    '\0',
    '-',
    '.',
    '0',
  ],
  ...[
    '-1',
    '99999999999999999999',
    '1e999',
    'NaN',
    'null',
    'True',
    '9007199254740993',
    '4294967296',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '__metadata__',
    '"$tensor"',
    '"$number"',
    '"a":',
    '\ufeff',
  ],
  ...['F16', 'I64', 'U8', 'BOOL', "'<f8'", "'|O'", '<i8', 'shape', 'data_offsets', 'descr'],
].map((word) => new TextEncoder().encode(word));

/** The file with one to four changes of the kinds that disks, networks and attackers make. */
export function mutateBytes(file: Uint8Array, other: Uint8Array, draw: Draw): Uint8Array {
  let bytes = file;
  for (let changes = 1 + draw(1 + draw(4)); changes > 0; changes--)
    bytes = changed(bytes, other, draw);
  return bytes;
}

function changed(bytes: Uint8Array, other: Uint8Array, draw: Draw): Uint8Array {
  const at = draw(bytes.length + 1);
  const length = draw(Math.min(64, bytes.length - at) + 1);
  switch (draw(9)) {
    case 0:
      return edited(bytes, at, (byte) => byte ^ (1 << draw(8)));
    case 1:
      return edited(bytes, at, () => draw(256));
    case 2:
      return bytes.slice(0, at);
    case 3:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length));
    case 4:
      return joined(bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at));
    case 5:
      return joined(
        bytes.subarray(0, at),
        words[draw(words.length)]!,
        bytes.subarray(at + draw(2) * length),
      );
    case 6:
      return withNumber(bytes, at, draw);
    case 7:
      return joined(bytes.subarray(0, at), other.subarray(draw(other.length + 1)));
    default:
      return edited(bytes, digitFrom(bytes, at), () => 0x30 + draw(10));
  }
}

function edited(bytes: Uint8Array, at: number, edit: (byte: number) => number): Uint8Array {
  const copy = bytes.slice();
  if (at < copy.length) copy[at] = edit(copy[at]!);
  return copy;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function withNumber(bytes: Uint8Array, at: number, draw: Draw): Uint8Array {
  const copy = bytes.slice();
  const size = [1, 2, 4, 8][draw(4)]!;
  if (at + size > copy.length) return copy;
  const view = new DataView(copy.buffer);
  const value = numbers[draw(numbers.length)]!;
  const littleEndian = draw(2) === 0;
  if (size === 1) view.setUint8(at, value);
  if (size === 2) view.setUint16(at, value, littleEndian);
  if (size === 4) view.setUint32(at, value, littleEndian);
  if (size === 8) view.setBigUint64(at, BigInt(value) << BigInt(8 * draw(5)), littleEndian);
  return copy;
}

/** The next byte that is a digit: sizes in headers are text. */
function digitFrom(bytes: Uint8Array, at: number): number {
  const found = bytes.subarray(at).findIndex((byte) => byte >= 0x30 && byte <= 0x39);
  return found < 0 ? at : at + found;
}

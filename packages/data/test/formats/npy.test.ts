import { describe, expect, test } from '@jest/globals';
import { type DType, slice, tensor, transpose, zeros } from '@tikhonov/core';
import { readNpy, writeNpy } from '@tikhonov/data';
import { fixture, formatError } from './fixture.ts';

const grid = [
  [0, 1, 2],
  [3, 4, 5],
];
const quarters = grid.map((row) => row.map((v) => v / 4));

describe('files of NumPy', () => {
  test.each<[string, DType, unknown]>([
    ['c-order-f4', 'float32', quarters],
    ['fortran-order-f8', 'float64', quarters],
    ['big-endian-f4', 'float32', quarters],
    ['big-endian-i2', 'int32', grid.map((row) => row.map((v) => v - 3))],
    ['i1', 'int32', grid.map((row) => row.map((v) => v - 3))],
    ['u1', 'int32', grid.map((row) => row.map((v) => v + 250))],
    ['i4', 'int32', grid.map((row) => row.map((v) => v - 3))],
    ['u4', 'uint32', grid.map((row) => row.map((v) => v + 2 ** 32 - 6))],
    ['i8', 'int32', [-(2 ** 31), -1, 0, 2 ** 31 - 1]],
    ['u8', 'uint32', [0, 2 ** 32 - 1]],
    [
      'bool',
      'bool',
      [
        [true, false],
        [false, true],
      ],
    ],
    ['scalar', 'float64', 2.5],
    ['empty', 'float32', []],
    ['version-1', 'int32', grid],
    ['version-2', 'int32', grid],
    ['version-3', 'int32', grid],
  ])('%s is read as %s, value for value', (name, dtype, values) => {
    const x = readNpy(fixture(`${name}.npy`));
    expect(x.dtype).toBe(dtype);
    expect(x.toArray()).toEqual(values);
  });

  test('float16 is read exactly, subnormals, -0, infinities and NaN included', () => {
    const x = readNpy(fixture('f2.npy'));
    // 6e-8 and 6.1e-5 rounded to multiples of 2^-24.
    const expected = [
      0,
      -0,
      1.5,
      -2.25,
      Infinity,
      -Infinity,
      Number.NaN,
      65504,
      2 ** -24,
      1023 * 2 ** -24,
    ];
    expect(x.dtype).toBe('float32');
    expect(x.toArray()).toEqual(expected);
  });

  test('an empty array keeps its shape', () => {
    expect(readNpy(fixture('empty.npy')).shape).toEqual([0, 3]);
  });

  test('what does not fit is refused, not wrapped', async () => {
    expect(await formatError(() => readNpy(fixture('i8-too-big.npy')))).toBe(
      'readNpy: element 1 is 2147483648, which 32 bits do not hold.\n' +
        '  int64 is read as int32; save the array as float64 if it holds such values.',
    );
  });

  test.each([
    ['complex', "'<c16' cannot be read"],
    ['text', "'<U3' cannot be read"],
    ['record', 'arrays of records are not supported'],
    ['object', 'pickles, which can run any code'],
  ])('an array of kind %s is refused by name', async (name, text) => {
    expect(await formatError(() => readNpy(fixture(`${name}.npy`)))).toContain(text);
  });
});

describe('writing', () => {
  test('the bytes are those that NumPy writes', () => {
    expect(writeNpy(tensor(quarters))).toEqual(fixture('c-order-f4.npy'));
    const doubles = tensor(quarters, { dtype: 'float64' });
    expect(writeNpy(doubles, { fortranOrder: true })).toEqual(fixture('fortran-order-f8.npy'));
    const bools = tensor([
      [true, false],
      [false, true],
    ]);
    expect(writeNpy(bools)).toEqual(fixture('bool.npy'));
    expect(writeNpy(tensor(2.5, { dtype: 'float64' }))).toEqual(fixture('scalar.npy'));
    expect(writeNpy(zeros([0, 3]))).toEqual(fixture('empty.npy'));
  });

  test.each<DType>(['float32', 'float64', 'int32', 'uint32', 'bool'])(
    '%s comes back, views and both orders included',
    (dtype) => {
      const base = tensor(
        [
          [0, 1, 1],
          [1, 0, 7],
        ],
        { dtype },
      );
      const views = [base, transpose(base), slice(base, [{}, { start: 1, stop: 3 }])];
      for (const x of views) {
        for (const fortranOrder of [false, true]) {
          const back = readNpy(writeNpy(x, { fortranOrder }));
          expect(back.dtype).toBe(dtype);
          expect(back.toArray()).toEqual(x.toArray());
        }
      }
    },
  );

  test('the payload of a NaN and -0 survive', () => {
    const bits = new Uint32Array([0x7fc12345, 0x80000000]);
    const back = readNpy(writeNpy(tensor(new Float32Array(bits.buffer))));
    expect(new Uint32Array(back.data().buffer)[1]).toBe(0x80000000);
    expect(back.toArray()).toEqual([Number.NaN, -0]);
  });

  test('what is read does not change with the bytes', () => {
    const bytes = Buffer.from(writeNpy(tensor([1, 2])));
    const x = readNpy(bytes);
    bytes.fill(0);
    expect(x.toArray()).toEqual([1, 2]);
  });
});

describe('damaged files', () => {
  const good = fixture('c-order-f4.npy');
  const header = (text: string, body = 24): Uint8Array =>
    Uint8Array.from([
      ...good.subarray(0, 8),
      text.length & 255,
      text.length >> 8,
      ...new TextEncoder().encode(text),
      ...new Uint8Array(body),
    ]);
  const of = (shape: string, descr = '<f4'): Uint8Array =>
    header(`{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`);

  test('every cut is a FormatError', async () => {
    for (let n = 0; n < good.length; n++) {
      await formatError(() => readNpy(good.subarray(0, n)));
    }
  });

  test('the smallest header that NumPy would take is read', () => {
    expect(readNpy(of('(2L, 3)')).shape).toEqual([2, 3]);
  });

  test.each([
    ['no magic', new Uint8Array(200), 'do not begin like a .npy file'],
    ['a longer shape', of('(2, 4)'), 'shape [2, 4] of float32 needs 32 bytes, the file has 24'],
    ['an overflowing shape', of('(4294967296, 4294967296)'), 'needs more than 2^53 bytes'],
    ['an overflow beside a zero', of('(0, 4294967296, 4294967296)'), 'needs more than 2^53 bytes'],
    ['a negative size', of('(-2, 3)'), 'expected an integer below 2^53'],
    ['a huge number', of('(99999999999999999999,)'), 'expected an integer below 2^53'],
    ['no byte order', of('(2, 3)', 'f4'), "'f4' cannot be read"],
    ['a key twice', header("{'shape': (), 'shape': ()}"), "the key 'shape' appears twice"],
    [
      'a key too many',
      header("{'descr': '<f4', 'fortran_order': False, 'shape': (6,), 'x': True}"),
      'other keys',
    ],
    ['a key too few', header("{'descr': '<f4', 'shape': (6,)}"), 'must have'],
    ['code', header("{'descr': __import__('os')}"), "unknown word '__import__'"],
    [
      'something after it',
      header("{'descr': '<f4', 'fortran_order': False, 'shape': (6,)} 1"),
      'something after',
    ],
  ])('%s is named', async (_, bytes, text) => {
    expect(await formatError(() => readNpy(bytes))).toContain(text);
  });

  test('a version that is unknown is named', async () => {
    const later = good.slice();
    later[6] = 4;
    expect(await formatError(() => readNpy(later))).toContain('version 4.0 is unknown');
  });

  test('what is no file is a TypeError', () => {
    expect(() => readNpy(new ArrayBuffer(8) as never)).toThrow(
      'readNpy: needs a Uint8Array, got an ArrayBuffer.\n  Wrap it: new Uint8Array(buffer).',
    );
    expect(() => writeNpy([1] as never)).toThrow(TypeError);
    expect(() => writeNpy(tensor(1), { fortran: true } as never)).toThrow(
      'unknown option "fortran"',
    );
  });
});

import { describe, expect, test } from '@jest/globals';
import { type Tensor, tensor, transpose, zeros } from '@tikhonov/core';
import { type IdxType, readIdx, writeIdx } from '@tikhonov/data';
import fc from 'fast-check';
import { fixture } from './fixture.ts';

const f32 = { noDefaultInfinity: false, noNaN: false };
const integers = (bits: number, signed: boolean) => {
  const half = 2 ** (bits - 1);
  return fc.integer(signed ? { min: -half, max: half - 1 } : { min: 0, max: 2 * half - 1 });
};

/** Values of every type, and the dtype that they come back as. */
const types: Readonly<Record<IdxType, readonly [fc.Arbitrary<number>, Tensor['dtype']]>> = {
  uint8: [integers(8, false), 'int32'],
  int8: [integers(8, true), 'int32'],
  int16: [integers(16, true), 'int32'],
  int32: [integers(32, true), 'int32'],
  float32: [fc.float(f32), 'float32'],
  float64: [fc.double(f32), 'float64'],
};

describe('what is written is read', () => {
  test.each(Object.keys(types) as IdxType[])('%s', async (type) => {
    const [value, dtype] = types[type];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }),
        fc.infiniteStream(value),
        async (shape, stream) => {
          const size = shape.reduce((n, d) => n * d, 1);
          const values = [...stream.take(size)];
          const back = await readIdx(writeIdx(tensor(values, { shape, dtype }), { type }));
          expect([back.dtype, back.shape]).toEqual([dtype, shape]);
          expect([...back.data()]).toEqual(values);
        },
      ),
      { seed: 7, numRuns: 60 },
    );
  });

  test('a view is written in the order of its own axes', async () => {
    const x = transpose(
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    );
    expect((await readIdx(writeIdx(x))).toArray()).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
  });
});

test('the bytes are those that others wrote', () => {
  const images = tensor(
    Int32Array.from({ length: 24 }, (_, i) => 10 * i),
    { shape: [2, 3, 4] },
  );
  expect(writeIdx(images, { type: 'uint8' })).toEqual(fixture('images.idx'));
  const doubles = tensor(
    Float64Array.from({ length: 6 }, (_, i) => i / 8),
    { shape: [2, 3] },
  );
  expect(writeIdx(doubles)).toEqual(fixture('doubles.idx'));
});

test('the type is that of the dtype unless another one is asked for', () => {
  const codes = (['float64', 'float32', 'int32', 'uint32', 'bool'] as const).map(
    (dtype) => writeIdx(zeros([1], { dtype }))[2],
  );
  expect(codes).toEqual([14, 13, 12, 12, 8]);
});

describe('nothing is rounded or wrapped', () => {
  test.each<readonly [number, Tensor['dtype'], IdxType]>([
    [256, 'int32', 'uint8'],
    [-1, 'int32', 'uint8'],
    [128, 'int32', 'int8'],
    [-32769, 'int32', 'int16'],
    [2 ** 31, 'uint32', 'int32'],
    [0.5, 'float32', 'uint8'],
    [Number.NaN, 'float32', 'int32'],
    [0.1, 'float64', 'float32'],
  ])('%s of %s as %s', (value, dtype, type) => {
    const x = tensor([0, value], { dtype });
    expect(() => writeIdx(x, { type })).toThrow(RangeError);
    expect(() => writeIdx(x, { type })).toThrow(`element 1 is ${value}, and the type is ${type}`);
  });

  test('the message says what the type holds', () => {
    expect(() => writeIdx(tensor([300]), { type: 'uint8' })).toThrow(
      new RangeError(
        'writeIdx: element 0 is 300, and the type is uint8, which holds integers in [0, 255].\n' +
          '  Write a wider type, or round the values first.',
      ),
    );
  });
});

test('other arguments are refused', () => {
  const type: string = 'int64';
  expect(() => writeIdx(tensor([1]), { type: type as IdxType })).toThrow("got 'int64'");
  expect(() => writeIdx(tensor([1]), { kind: 1 } as object)).toThrow('unknown option "kind"');
  const values: unknown = [1];
  expect(() => writeIdx(values as Tensor)).toThrow('x must be a Tensor, got an array');
  expect(() => writeIdx(zeros(Array(256).fill(1)))).toThrow('256 axes');
});

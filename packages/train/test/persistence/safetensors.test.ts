import { describe, expect, test } from '@jest/globals';
import { relu, type Tensor, tensor, transpose, zeros } from '@tikhonov/core';
import * as nn from '@tikhonov/nn';
import { loadSafetensors, saveSafetensors } from '@tikhonov/train';
import { fileOf, fixture, formatError } from './helpers.ts';

/** The module of the same name in the script that made the fixtures. */
class Net extends nn.Module {
  readonly conv: nn.Conv2d;
  readonly norm: nn.BatchNorm2d;
  readonly head: nn.Linear;

  constructor(seed: number) {
    super();
    this.conv = new nn.Conv2d(2, 3, 3, { padding: 1, seed });
    this.norm = new nn.BatchNorm2d(3);
    this.head = new nn.Linear(48, 2, { seed });
  }

  forward(x: Tensor): Tensor {
    const images = relu(this.norm.forward(this.conv.forward(x), { training: false }));
    return this.head.forward(images.reshape([x.shape[0]!, 48]));
  }
}

const headerOf = (file: Uint8Array): Record<string, { data_offsets: [number, number] }> => {
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  return JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
};

describe('files of PyTorch', () => {
  test('a model with convolution, batch norm and linear layer computes what it computed there', () => {
    const { tensors, metadata } = loadSafetensors(fixture('pytorch-net.safetensors'));
    const { x, y, ...state } = tensors;
    const net = new Net(7);
    expect(net.loadStateDict(state)).toEqual({ missing: [], unexpected: [] });
    expect(metadata).toEqual({ format: 'pt' });
    expect(net.norm.numBatchesTracked!.read().item()).toBe(3);
    // Sums of at most 48 float32 products of values below 2.
    const out = net.forward(x!).data();
    for (const [i, value] of y!.data().entries())
      expect(Math.abs(out[i]! - value)).toBeLessThan(1e-5);
  });

  test('all dtypes are read exactly', () => {
    const { tensors, metadata } = loadSafetensors(fixture('dtypes.safetensors'));
    const kinds: Record<string, string> = {
      ...{ float64: 'float64', float32: 'float32', float16: 'float32', bfloat16: 'float32' },
      ...{ int64: 'int32', int32: 'int32', int16: 'int32', int8: 'int32' },
    };
    for (const [name, dtype] of Object.entries(kinds)) {
      expect([name, tensors[name]!.dtype, tensors[name]!.toArray()]).toEqual([
        name,
        dtype,
        [-3, 0, 5],
      ]);
    }
    expect(tensors.uint8!.toArray()).toEqual([0, 255]);
    expect(tensors.bool!.toArray()).toEqual([true, false]);
    const values = [0, -0, 1.5, -2.25, Infinity, -Infinity, Number.NaN, 3.140625];
    expect(tensors['half-values']!.toArray()).toEqual(values);
    expect(tensors['bfloat16-values']!.toArray()).toEqual(values);
    expect(tensors.scalar!.toArray()).toBe(2.5);
    expect(tensors.empty!.shape).toEqual([0, 3]);
    expect(metadata.note).toBe('ünïcode');
  });
});

describe('writing', () => {
  const tensors = {
    b: tensor([true, false, true]),
    '10': tensor([1, 2]),
    a: tensor([[1.5, -0]], { dtype: 'float64' }),
    i: transpose(
      tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { dtype: 'int32' },
      ),
    ),
    u: tensor(2 ** 32 - 1, { dtype: 'uint32' }),
    none: zeros([0, 3]),
  };

  test('everything comes back, with the metadata', () => {
    const metadata = { 'a "b"': '\u2028\n', empty: '' };
    const back = loadSafetensors(saveSafetensors(tensors, { metadata }));
    expect(back.metadata).toEqual(metadata);
    expect(Object.keys(back.tensors).sort()).toEqual(Object.keys(tensors).sort());
    for (const [name, x] of Object.entries(tensors)) {
      expect(back.tensors[name]!.dtype).toBe(x.dtype);
      expect(back.tensors[name]!.toArray()).toEqual(x.toArray());
    }
  });

  test('the layout is that of the format: aligned, larger elements first, then by name', () => {
    const file = saveSafetensors(tensors);
    const entries = headerOf(file);
    const names = Object.keys(entries).sort(
      (p, q) => entries[p]!.data_offsets[0] - entries[q]!.data_offsets[0] || (p < q ? -1 : 1),
    );
    expect(names).toEqual(['a', '10', 'none', 'u', 'i', 'b']);
    expect(Number(new DataView(file.buffer).getBigUint64(0, true)) % 8).toBe(0);
    expect(file[8]).toBe('{'.charCodeAt(0));
    for (const {
      data_offsets: [begin],
    } of Object.values(entries).slice(0, -1))
      expect(begin % 4).toBe(0);
  });

  test('equal states give equal bytes, whatever the order of their names', () => {
    const model = new Net(1).stateDict();
    const turned = Object.fromEntries(Object.entries(model).reverse());
    expect(saveSafetensors(turned)).toEqual(saveSafetensors(model));
  });

  test('what cannot be saved is named', () => {
    expect(() => saveSafetensors({ w: [1] as never })).toThrow(
      "saveSafetensors: 'w' must be a Tensor, got an array.",
    );
    expect(() => saveSafetensors({ __metadata__: tensor(1) })).toThrow(RangeError);
    expect(() => saveSafetensors({}, { metadata: { epoch: 3 as never } })).toThrow(
      "the metadata 'epoch' must be text",
    );
    expect(() => saveSafetensors(tensor(1) as never)).toThrow('needs tensors by name');
  });

  test('long texts in the metadata are read', () => {
    const text = '{"a":"\\\\"}'.repeat(500_000);
    const file = saveSafetensors({}, { metadata: { text } });
    expect(loadSafetensors(file).metadata.text === text).toBe(true);
  });
});

describe('damaged files', () => {
  const entry = '{"dtype":"F32","shape":[2],"data_offsets":[0,8]}';

  test('the smallest file with a tensor is read', () => {
    expect(loadSafetensors(fileOf(`{"w":${entry}}`, 8)).tensors.w!.toArray()).toEqual([0, 0]);
    expect(loadSafetensors(fileOf('{}  ')).tensors).toEqual({});
  });

  test('every cut is a FormatError', async () => {
    const file = fixture('dtypes.safetensors');
    for (let n = 0; n < file.length; n++)
      await formatError(() => loadSafetensors(file.subarray(0, n)));
  });

  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), '0 bytes are too few for a header'],
    ['a header above the limit', new Uint8Array(8).fill(255), '100000000 is the limit'],
    [
      'a header beyond the file',
      fileOf('{}').subarray(0, 9),
      'the header would end at byte 10 of 9',
    ],
    ['another beginning', fileOf(' {}'), "does not begin with '{'"],
    ['bytes that are no UTF-8', fileOf('{"w').map((b, i) => (i === 9 ? 255 : b)), 'not UTF-8'],
    ['a name twice', fileOf(`{"w":${entry},"w":${entry}}`, 8), "'w' appears twice"],
    [
      'a name twice, once escaped',
      fileOf(`{"w":${entry},"\\u0077":${entry}}`, 8),
      "'w' appears twice",
    ],
    ['a field twice', fileOf('{"w":{"dtype":"F32","dtype":"F32"}}'), "'dtype' appears twice"],
    ['__proto__', fileOf(`{"__proto__":${entry}}`, 8), 'a tensor is called __proto__'],
    [
      '__proto__ in the metadata',
      fileOf('{"__metadata__":{"__proto__":"x"}}'),
      'under another name',
    ],
    [
      'metadata that is no text',
      fileOf('{"__metadata__":{"a":1}}'),
      "the metadata 'a' must be text",
    ],
    [
      'an unknown dtype',
      fileOf('{"w":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}', 2),
      'has dtype F8_E4M3, which is not supported',
    ],
    [
      'a dtype of the prototype',
      fileOf('{"w":{"dtype":"toString","shape":[2],"data_offsets":[0,8]}}', 8),
      'has dtype "toString"',
    ],
    ['a field too many', fileOf(`{"w":${entry.replace('{', '{"x":1,')}}`, 8), 'nothing else'],
    ['a negative size', fileOf(`{"w":${entry.replace('[2]', '[-2]')}}`, 8), 'no valid shape'],
    ['a broken size', fileOf(`{"w":${entry.replace('[2]', '[2.5]')}}`, 8), 'no valid shape'],
    ['a size that is -0', fileOf(`{"w":${entry.replace('[2]', '[-0]')}}`, 8), 'no valid shape'],
    [
      'an overflowing shape',
      fileOf(`{"w":${entry.replace('[2]', '[4294967296,4294967296,0]')}}`, 8),
      'needs more than 2^53 bytes',
    ],
    [
      'a shape that does not fit',
      fileOf(`{"w":${entry.replace('[2]', '[3]')}}`, 8),
      'needs 12 bytes, not those of [0, 8]',
    ],
    [
      'turned offsets',
      fileOf(`{"w":${entry.replace('[0,8]', '[8,0]')}}`, 8),
      'needs 8 bytes, not those of [8, 0]',
    ],
    [
      'a gap at the beginning',
      fileOf(`{"w":${entry.replace('[0,8]', '[4,12]')}}`, 12),
      "'w' leaves a gap",
    ],
    [
      'an overlap',
      fileOf(`{"w":${entry},"v":${entry.replace('[0,8]', '[4,12]')}}`, 12),
      "'v' overlaps another tensor",
    ],
    [
      'the same data twice',
      fileOf(`{"w":${entry},"v":${entry}}`, 8),
      "'v' overlaps another tensor",
    ],
    ['a rest', fileOf(`{"w":${entry}}`, 9), 'the tensors take 8 bytes, the file has 9'],
    [
      'deep nesting',
      fileOf(`{"w":${'['.repeat(100_000)}`),
      'more than 64 values within one another',
    ],
    ['no object', fileOf('{"w":3}'), "'w' must have dtype, shape and data_offsets"],
    ['something after the header', fileOf('{}{}'), 'something after the end'],
    [
      'a bool of 2',
      (() => {
        const file = fileOf('{"w":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}', 1);
        file[file.length - 1] = 2;
        return file;
      })(),
      'is 2, not 0 or 1',
    ],
  ])('%s is named', async (_, file, text) => {
    expect(await formatError(() => loadSafetensors(file))).toContain(text);
  });

  test('a file of another kind is called by its name, with the way from it', async () => {
    const bytes = (text: string): Uint8Array =>
      Uint8Array.from(text.padEnd(64, 'x'), (letter) => letter.charCodeAt(0));
    const cases: readonly [string, string][] = [
      ['PK\x03\x04\x00\x00\x08\x08', 'a zip archive, such as torch.save'],
      ['\x80\x02\x8a\x0al\xfc\x9cF', 'a Python pickle'],
      ['\x89HDF\r\n\x1a\n', 'an HDF5 file'],
      ['\x93NUMPY\x01\x00', 'a NumPy array'],
    ];
    for (const [start, kind] of cases) {
      const message = await formatError(() => loadSafetensors(bytes(start)));
      expect(message).toMatch(`loadSafetensors: this is ${kind}`);
      expect(message).toMatch('Convert it in Python: safetensors.torch.save_file');
    }
    // A header may have as many bytes as a pickle begins with: 0x280.
    const header = '{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'.padEnd(0x280, ' ');
    expect(loadSafetensors(fileOf(header, 1)).tensors.w!.shape).toEqual([1]);
    const message = await formatError(() =>
      loadSafetensors(fileOf('{"w":{"dtype":"F8_E5M2","shape":[1],"data_offsets":[0,1]}}', 1)),
    );
    expect(message).not.toMatch('damaged');
    expect(message).toMatch('Convert it where the file comes from');
  });

  test('what is no file is a TypeError', () => {
    expect(() => loadSafetensors('x' as never)).toThrow(TypeError);
  });
});

import { describe, expect, test } from '@jest/globals';
import { tensor, zeros } from '@tikhonov/core';
import { readNpz, writeNpz } from '@tikhonov/data';
import { zipSync } from 'fflate';
import { fixture, formatError } from './fixture.ts';

describe('files of NumPy', () => {
  test('np.savez', async () => {
    const arrays = await readNpz(fixture('stored.npz'));
    expect(Object.keys(arrays).sort()).toEqual(['arr_0', 'labels']);
    expect(arrays.arr_0!.toArray()).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(arrays.labels!.toArray()).toEqual([1, 0, 2]);
    expect(arrays.labels!.dtype).toBe('int32');
  });

  test('np.savez_compressed', async () => {
    const { zeros: nothing, grid } = await readNpz(fixture('deflated.npz'));
    expect(nothing!.shape).toEqual([50, 40]);
    expect(nothing!.data().every((v) => v === 0)).toBe(true);
    expect(grid!.toArray()).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });

  test('only the arrays asked for are read', async () => {
    const { grid, ...others } = await readNpz(fixture('deflated.npz'), {
      names: ['grid'],
      maxBytes: 500,
    });
    expect(grid!.shape).toEqual([2, 3]);
    expect(others).toEqual({});
    await expect(readNpz(fixture('stored.npz'), { names: ['x'] })).rejects.toThrow(
      "readNpz: there is no array 'x'; there is labels, arr_0.",
    );
  });
});

test.each([false, true])(
  'what is written comes back (compress: %s), and twice alike',
  async (compress) => {
    const arrays = {
      'layers.0.weight': tensor([[1, 2]]),
      'ünï/y': tensor([true]),
      none: zeros([0, 2]),
    };
    const bytes = await writeNpz(arrays, { compress });
    const back = await readNpz(bytes);
    expect(Object.keys(back)).toEqual(Object.keys(arrays));
    for (const [name, x] of Object.entries(arrays))
      expect(back[name]!.toJSON()).toEqual(x.toJSON());
    expect(await writeNpz(arrays, { compress })).toEqual(bytes);
  },
);

describe('limits', () => {
  test('an archive that inflates beyond maxBytes is refused before anything is inflated', async () => {
    const bytes = await writeNpz({ x: zeros([1 << 20]) }, { compress: true });
    expect(await formatError(() => readNpz(bytes, { maxBytes: 1e6 }))).toBe(
      'readNpz: the file inflates to 4194432 bytes, more than maxBytes = 1000000.\n' +
        '  If you trust it, pass a larger maxBytes.',
    );
    expect((await readNpz(bytes)).x!.size).toBe(1 << 20);
    await expect(readNpz(bytes, { maxBytes: -1 })).rejects.toThrow(RangeError);
  });

  test('a size that the compressed bytes cannot hold is not believed', async () => {
    const bytes = await writeNpz({ x: zeros([1000]) }, { compress: true });
    const entry = directoryOf(bytes);
    new DataView(bytes.buffer).setUint32(entry + 24, 2 ** 31, true);
    const error = await formatError(() => readNpz(bytes, { maxBytes: 2 ** 40 }));
    expect(error).toContain('cannot hold 2147483648');
  });

  test('a size that is smaller or larger than the truth is noticed', async () => {
    for (const change of [-1, 1, 100]) {
      const bytes = await writeNpz({ x: zeros([1000]) }, { compress: true });
      const view = new DataView(bytes.buffer);
      const at = directoryOf(bytes) + 24;
      view.setUint32(at, view.getUint32(at, true) + change, true);
      expect(await formatError(() => readNpz(bytes))).toContain('to another size than');
    }
  });

  test('files that overlap are refused', async () => {
    const bytes = await writeNpz({ x: tensor([1]), y: tensor([1]) });
    const first = directoryOf(bytes);
    const second = first + 46 + 'x.npy'.length;
    const view = new DataView(bytes.buffer);
    view.setUint32(second + 42, view.getUint32(first + 42, true), true);
    expect(await formatError(() => readNpz(bytes))).toContain('files in it overlap');
  });
});

describe('damaged files', () => {
  test('every changed bit of an element or a compressed byte is noticed', async () => {
    for (const name of ['stored.npz', 'deflated.npz']) {
      const bytes = fixture(name);
      const body = bytes.subarray(0, directoryOf(bytes));
      for (let i = 64; i < body.length; i += 7) {
        const changed = bytes.slice();
        changed[i]! ^= 1 << (i % 8);
        const same = await readNpz(changed).then(
          (arrays) => JSON.stringify(arrays),
          () => 'refused',
        );
        expect(['refused', JSON.stringify(await readNpz(bytes))]).toContain(same);
      }
    }
  });

  test('every cut is a FormatError', async () => {
    const bytes = fixture('stored.npz');
    for (let n = 0; n < bytes.length; n++) await formatError(() => readNpz(bytes.subarray(0, n)));
  });

  test('what is no array is named', async () => {
    const bytes = zipSync({ 'notes.txt': new Uint8Array(3) });
    expect(await formatError(() => readNpz(bytes))).toContain(
      "holds 'notes.txt', which is no array",
    );
  });

  test('no name reaches the prototype', async () => {
    const bytes = zipSync({ '__proto__.npy': new Uint8Array(0) });
    await formatError(() => readNpz(bytes));
    expect(Object.hasOwn(Object.prototype, 'dtype')).toBe(false);
  });
});

/** Where the first entry of the directory begins. */
function directoryOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 6, true);
}

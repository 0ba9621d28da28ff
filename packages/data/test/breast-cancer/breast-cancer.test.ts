import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { loadBreastCancer } from '@tikhonov/data';
import { columns } from '../../src/breast-cancer/packed.ts';
import { classCounts } from '../helpers.ts';

describe('loadBreastCancer', () => {
  test('gives back the original CSV, byte for byte', async () => {
    const { x, y, featureNames } = await loadBreastCancer({ dtype: 'float64' });
    const labels = y.data();
    const rows = x.toArray<number[][]>().map((row, i) => [...row, labels[i]].join());
    const csv = `${[[...featureNames!, 'label'].join(), ...rows].join('\n')}\n`;
    expect(createHash('sha256').update(csv).digest('hex')).toBe(
      '5c3e458a6f8780b7dd2bc07e65dc975d149b6f8324cb7442a6ead4c5c9858d07',
    );
  });

  test('has the published class counts, names, source and licence', async () => {
    const set = await loadBreastCancer();
    expect([set.x.shape, set.x.dtype, set.classes]).toEqual([[569, 30], 'float32', 2]);
    expect(classCounts(set)).toEqual([212, 357]);
    expect(set.featureNames).toEqual(columns.map(({ name }) => name));
    expect([set.name, set.license]).toEqual(['breast-cancer', 'CC BY 4.0']);
    expect(set.source).toMatch('10.24432/C5DW2B');
    const notice = readFileSync(new URL('../../DATA-LICENSES.md', import.meta.url), 'utf8');
    expect(notice).toMatch('doi 10.24432/C5DW2B');
  });

  test('refuses bad options', async () => {
    await expect(loadBreastCancer({ dtype: 'int32' })).rejects.toThrow("got 'int32'");
    await expect(loadBreastCancer({ scale: 1 } as never)).rejects.toThrow('unknown option "scale"');
  });
});

import { describe, expect, test } from '@jest/globals';
import { type FuzzedFormat, formats } from '../src/fuzz-formats/formats.ts';
import { fuzzFormat } from '../src/fuzz-formats/fuzz.ts';

describe.each(formats.map((format) => [format.name, format] as const))('%s', (_, format) => {
  test('700 changed files are read or refused, nothing else', async () => {
    const report = await fuzzFormat(format, { seed: 1, from: 0, to: 700 });
    expect(report.failures).toEqual([]);
    expect(report.accepted + report.refused).toBe(700);
    // Both happen, or the changes were too small or too large to tell anything.
    expect(Math.min(report.accepted, report.refused)).toBeGreaterThan(3);
  });

  test('the files to begin with are valid', async () => {
    for (const file of await format.files()) expect(await format.read(file)).toBeDefined();
  });
});

describe('a reader that is broken is found out', () => {
  const npy = formats.find(({ name }) => name === 'npy')!;
  const failuresOf = async (read: FuzzedFormat['read']): Promise<string> => {
    const { failures } = await fuzzFormat({ ...npy, read }, { seed: 0, from: 0, to: 50 });
    return failures.join('\n');
  };

  test('by an error of another kind', async () => {
    const found = await failuresOf(async (file) => {
      if (file.length > 100) throw new RangeError('Invalid typed array length');
      return [];
    });
    expect(found).toContain('RangeError: Invalid typed array length');
  });

  test('by memory taken on trust', async () => {
    const kept: Uint8Array[] = [];
    const found = await failuresOf(async () => {
      kept.push(new Uint8Array(2 ** 22));
      return [];
    });
    expect(found).toMatch(/it took 4\d+ bytes/);
    expect(kept.length).toBeGreaterThan(0);
  });

  test('by a trace on a prototype', async () => {
    const found = await failuresOf(async () => {
      Object.defineProperty(Object.prototype, 'polluted', {
        configurable: true,
        enumerable: true,
        value: 1,
      });
      return [];
    });
    Reflect.deleteProperty(Object.prototype, 'polluted');
    expect(found).toContain("a prototype has 'polluted'");
  });
});

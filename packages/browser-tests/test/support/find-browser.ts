import { delimiter, join } from 'node:path';
import { type Machine, playwrightCli, thisMachine } from './machine.ts';

const names = [
  ...['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'],
  'chrome.exe',
];

const usual = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

function installed({ env, exists, downloaded }: Machine): string | undefined {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return [downloaded, ...onPath, ...usual].find(exists);
}

/**
 * The file of a Chromium: the one that `CHROMIUM_PATH` names; Playwright's; one that is installed; or one
 * that is installed now, by the system's packages if this is root, else by Playwright. `npm install`
 * brings none.
 *
 * @throws Error that says what was tried and what to do, if there is none
 */
export async function findBrowser(machine: Machine = thisMachine): Promise<string> {
  const { env, exists, isRoot, run, say } = machine;
  const named = env.CHROMIUM_PATH;
  if (named !== undefined && named !== '') {
    if (exists(named)) return named;
    throw new Error(
      `browser tests: CHROMIUM_PATH is ${named}, and there is no such file.\n` +
        '  Name the executable of Chromium or Chrome, or unset it.',
    );
  }
  const here = installed(machine);
  if (here !== undefined) return here;
  if (isRoot) {
    say('browser tests: no Chromium here; apt-get installs one, once');
    const done = (await run('apt-get', ['update'])) && (await run('apt-get', aptInstall));
    const found = done ? installed(machine) : undefined;
    if (found !== undefined) return found;
  }
  say('browser tests: no Chromium here; Playwright installs one, once');
  const done = await run(process.execPath, [playwrightCli, 'install', 'chromium']);
  const found = done ? installed(machine) : undefined;
  if (found !== undefined) return found;
  const tried = isRoot ? 'apt-get and Playwright could not' : 'Playwright could not';
  throw new Error(
    `browser tests: this machine has no Chromium or Chrome, and ${tried} install one.\n` +
      '  Install Chromium and run the tests again, or name one: CHROMIUM_PATH=/path/to/chromium.',
  );
}

const aptInstall = ['install', '-y', '--no-install-recommends', 'chromium'];

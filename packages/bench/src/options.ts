import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { nodeVersions } from './node.ts';
import type { Peer } from './peer.ts';

/** What the command line says. */
export interface Options {
  readonly workloads?: string;
  readonly peers?: string;
  readonly rounds?: string;
  readonly repeats?: string;
  readonly steps?: string;
  readonly json?: string;
  readonly node?: string;
  readonly memory: boolean;
  readonly methods?: string;
  readonly overhead: boolean;
  readonly 'cold-start': boolean;
  readonly help: boolean;
}

/** Reads it; `--node` is for the processes that are started, as `BENCH_NODE` is. */
export function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      workloads: { type: 'string' },
      peers: { type: 'string' },
      rounds: { type: 'string' },
      repeats: { type: 'string' },
      steps: { type: 'string' },
      json: { type: 'string' },
      node: { type: 'string' },
      memory: { type: 'boolean', default: false },
      methods: { type: 'string' },
      overhead: { type: 'boolean', default: false },
      'cold-start': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.node !== undefined) process.env.BENCH_NODE = values.node;
  return values;
}

/** The number of an option, or its default. */
export function wholeNumber(
  option: 'rounds' | 'repeats' | 'steps',
  options: Options,
  fallback: number,
  least: number = 1,
): number {
  const text = options[option];
  const value = text === undefined ? fallback : Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`--${option}: needs a whole number >= ${least}, got "${text}".`);
}

/** Prints a line of the results. */
export const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Prints a line beside the results. */
export const note = (line: string): void => void process.stderr.write(`bench: ${line}\n`);

/** What the figures were taken on. */
export function machine(): Readonly<Record<'node' | 'v8' | 'cpu', string>> {
  const { node, v8 } = nodeVersions();
  return { node: `v${node}`, v8, cpu: cpus()[0]?.model ?? '' };
}

/** Writes the lines of `--json`, if it was given. */
export function writeLines({ json }: Options, lines: readonly object[]): void {
  if (json === undefined) return;
  const where = machine();
  writeFileSync(json, lines.map((line) => `${JSON.stringify({ ...line, ...where })}\n`).join(''));
}

/** Why each peer that cannot run here is skipped; installs what it may. */
export async function unavailable(chosen: readonly Peer[]): Promise<Map<string, string>> {
  const reasons = new Map<string, string>();
  for (const { id, requires } of chosen) {
    const reason = (await requires?.meet()) ?? null;
    if (reason === null) continue;
    note(`${id} is skipped: ${reason}`);
    reasons.set(id, reason);
  }
  return reasons;
}
